import { namelessIndex } from '../../snapshot/files/nameless-files.ts';
import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import { openAgain, ownerOfKeeper } from '../files/nameless-files.ts';
import type { Program } from '../program/program.ts';
import type { RestoreContext } from './context.ts';
import { O_CREATION, seek } from './files.ts';
import { F, keeperOf, moveTo, setCloexec } from '../files/number.ts';

const O_DIRECT = 0o40000;

/** Each open file description is opened by way of the file's keeper, but for one that becomes the keeper's own. */
export function restoreNameless(descriptor: DescriptorOf<'nameless'>, { program, snapshot }: RestoreContext): void {
  const { fd, name, flags, position } = descriptor;
  const keeper = keeperOf(snapshot, namelessIndex(snapshot.nameless, descriptor));
  if (ownerOfKeeper(snapshot, descriptor)?.fd === fd) {
    program.call('dup2', [keeper, BigInt(fd)], `make it descriptor ${fd}`);
    putFlags(program, descriptor);
    if (position !== 0n) seek(program, BigInt(fd), position, name);
    return setCloexec(program, descriptor);
  }
  const opened = program.slot();
  openAgain(
    program,
    keeper,
    BigInt(flags & ~(O_CREATION | O_DIRECT)),
    `open ${name}, descriptor ${fd} of the process`,
    opened,
  );
  if (position !== 0n) seek(program, opened, position, name);
  moveTo(program, opened, descriptor);
  if (flags & O_DIRECT) putFlags(program, descriptor);
  program.releaseSlot();
}

/** A file in memory, which may stand in for another, may not be one that can be read and written directly. */
function putFlags(program: Program, { fd, flags }: DescriptorOf<'nameless'>): void {
  const sentence = `set the flags of descriptor ${fd}`;
  if (flags & O_DIRECT) program.attempt('fcntl', [BigInt(fd), F.SETFL, BigInt(flags)], sentence, 1);
  program.call('fcntl', [BigInt(fd), F.SETFL, BigInt(flags & ~O_DIRECT)], sentence);
}
