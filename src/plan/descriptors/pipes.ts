import type { DescriptorOf, Snapshot } from '../../snapshot/snapshot.ts';
import type { Slot } from '../../restorer/steps.ts';
import type { Program } from '../program.ts';
import type { RestoreContext } from './context.ts';
import { F, setCloexec } from './number.ts';
import { makePair } from './pair.ts';

const O_DIRECT = 0o40000;

/** A pipe with both ends in the process, all descriptors that share them, and what it held. */
export function restorePipe(
  { inode, capacity }: DescriptorOf<'pipe'>,
  { program, snapshot, above, done }: RestoreContext,
): void {
  const ends = snapshot.descriptors.filter((d) => d.kind === 'pipe' && d.inode === inode && d.description === d.fd);
  const packets = ends.some(({ flags }) => flags & O_DIRECT) ? O_DIRECT : 0;
  const [read, write] = makePair(program, above, 'a pipe', (pair) => ({
    call: 'pipe2',
    args: [pair, BigInt(packets)],
  }));
  refill(program, snapshot, inode, capacity, write);
  for (const end of ends) {
    if (end.kind !== 'pipe') continue;
    program.call('dup2', [end.end === 'read' ? read : write, BigInt(end.fd)], `make it descriptor ${end.fd}`);
    program.call('fcntl', [BigInt(end.fd), F.SETFL, BigInt(end.flags)], `set the flags of descriptor ${end.fd}`);
    setCloexec(program, end);
    done.add(end);
  }
  program.call('close', [read], 'close the temporary descriptor');
  program.call('close', [write], 'close the temporary descriptor');
  program.releaseSlot(2);
}

/** Gives a pipe its room, and what it held. */
export function refill(program: Program, snapshot: Snapshot, inode: bigint, capacity: number, write: Slot): void {
  program.call('fcntl', [write, F.SETPIPE_SZ, BigInt(capacity)], `give the pipe room for ${capacity} bytes`);
  const contents = snapshot.pipes.find((pipe) => pipe.inode === inode);
  for (const packet of contents?.packets ?? []) {
    program.call(
      'write',
      [write, program.put(packet), BigInt(packet.length)],
      `put ${packet.length} bytes back into the pipe`,
      { expect: { kind: 'exactly', value: BigInt(packet.length) } },
    );
  }
}
