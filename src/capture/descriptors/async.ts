import type { AsyncSignals, Descriptor } from '../../snapshot/files/descriptors.ts';
import { asyncOwner, withDescriptor } from '../../sys/borrowed.ts';
import type { DescriptorContext } from './context.ts';
import { refuse } from './refuse.ts';
import { type DescriptorState, isPathOnly } from './state.ts';

const O_ASYNC = 0o20000;
/** By F_OWNER_*. @source fcntl(2); include/uapi/asm-generic/fcntl.h */
const OWNERS: Readonly<Record<number, AsyncSignals['owner']>> = { 0: 'first thread', 1: 'process' };

/** @throws UNSUPPORTED when it is another process that is told, or a process group, or another thread */
export function describeAsync(
  { fd, link, info, stat }: DescriptorState,
  { pid, own }: DescriptorContext,
): Pick<Descriptor, 'async'> {
  if (!(info.flags & O_ASYNC)) {
    // Who asks to be told of changes in a directory becomes its owner. @source fs/notify/dnotify/dnotify.c fcntl_dirnotify
    if (stat.isDirectory() && !isPathOnly(info) && withDescriptor(pid, fd, asyncOwner).id !== 0)
      refuse(fd, `directory ${link} with signals for its changes (F_NOTIFY)`);
    return {};
  }
  const { type, id, signal } = withDescriptor(pid, fd, asyncOwner);
  const owner = id === 0 ? 'nobody' : own[0] === id ? OWNERS[type] : undefined;
  if (!owner) refuse(fd, `${link} with O_ASYNC signals to another process or thread`);
  return { async: { owner, signal } };
}
