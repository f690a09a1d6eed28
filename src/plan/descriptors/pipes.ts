import type { DescriptorOf, PipeContents } from '../../snapshot/snapshot.ts';
import type { RestoreContext } from './context.ts';
import { F, setCloexec } from './number.ts';

const O_DIRECT = 0o40000;

/** A pipe with both ends in the process, all descriptors that share them, and what it held. */
export function restorePipe({ inode }: DescriptorOf<'pipe'>, { program, snapshot, above, done }: RestoreContext): void {
  const ends = snapshot.descriptors.filter((d) => d.kind === 'pipe' && d.inode === inode && d.description === d.fd);
  const contents: PipeContents | undefined = snapshot.pipes.find((pipe) => pipe.inode === inode);
  const pair = program.put(new Uint8Array(16));
  const [read, write] = [program.slot(), program.slot()];
  const packets = ends.some(({ flags }) => flags & O_DIRECT) ? O_DIRECT : 0;
  program.call('pipe2', [pair, BigInt(packets)], 'make a pipe');
  // Both ends go above every number of the process's own, so that neither is in another's way.
  for (const [slot, offset] of [
    [read, 0n],
    [write, 4n],
  ] as const) {
    const low = program.slot();
    program.do('copy', [program.slotAddress(low), pair + offset, 4n], 'look which end it is');
    program.call('fcntl', [low, F.DUPFD_CLOEXEC, above], 'move the end of the pipe away', { keep: slot });
    program.call('close', [low], 'close the temporary descriptor');
    program.releaseSlot();
  }
  const [sample] = ends;
  if (sample?.kind === 'pipe')
    program.call(
      'fcntl',
      [write, F.SETPIPE_SZ, BigInt(sample.capacity)],
      `give the pipe room for ${sample.capacity} bytes`,
    );
  for (const packet of contents?.packets ?? []) {
    program.call(
      'write',
      [write, program.put(packet), BigInt(packet.length)],
      `put ${packet.length} bytes back into the pipe`,
      { expect: { kind: 'exactly', value: BigInt(packet.length) } },
    );
  }
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
