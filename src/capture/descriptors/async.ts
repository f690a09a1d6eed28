import type { AsyncSignals, Descriptor } from '../../snapshot/snapshot.ts';
import { asyncOwner, withDescriptor } from '../../sys/borrowed.ts';
import type { DescriptorContext } from './context.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

const O_ASYNC = 0o20000;
/** By F_OWNER_*. @source fcntl(2); include/uapi/asm-generic/fcntl.h */
const OWNERS: Readonly<Record<number, AsyncSignals['owner']>> = { 0: 'first thread', 1: 'process' };

/** @throws UNSUPPORTED when it is another process that is told, or a process group, or another thread */
export function describeAsync(
  { fd, link, info }: DescriptorState,
  { pid, own }: DescriptorContext,
): Pick<Descriptor, 'async'> {
  if (!(info.flags & O_ASYNC)) return {};
  const { type, id, signal } = withDescriptor(pid, fd, asyncOwner);
  const owner = id === 0 ? 'nobody' : own[0] === id ? OWNERS[type] : undefined;
  if (!owner) refuse(fd, `${link} with O_ASYNC signals to another process or thread`);
  return { async: { owner, signal } };
}
