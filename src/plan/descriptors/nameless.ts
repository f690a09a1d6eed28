import { namelessIndex } from '../../snapshot/nameless-files.ts';
import type { DescriptorOf } from '../../snapshot/snapshot.ts';
import { openAgain, ownerOfKeeper } from '../nameless-files.ts';
import type { RestoreContext } from './context.ts';
import { O_CREATION, seek } from './files.ts';
import { F, keeperOf, moveTo, setCloexec } from './number.ts';

/** Each open file description is opened by way of the file's keeper, but for one that becomes the keeper's own. */
export function restoreNameless(descriptor: DescriptorOf<'nameless'>, { program, snapshot }: RestoreContext): void {
  const { fd, name, flags, position } = descriptor;
  const keeper = keeperOf(snapshot, namelessIndex(snapshot.nameless, descriptor));
  if (ownerOfKeeper(snapshot, descriptor)?.fd === fd) {
    program.call('dup2', [keeper, BigInt(fd)], `make it descriptor ${fd}`);
    program.call('fcntl', [BigInt(fd), F.SETFL, BigInt(flags)], `set the flags of descriptor ${fd}`);
    if (position !== 0n) seek(program, BigInt(fd), position, name);
    return setCloexec(program, descriptor);
  }
  const opened = program.slot();
  openAgain(program, keeper, BigInt(flags & ~O_CREATION), `open ${name}, descriptor ${fd} of the process`, opened);
  if (position !== 0n) seek(program, opened, position, name);
  moveTo(program, opened, descriptor);
  program.releaseSlot();
}
