import type { Arg } from '../../restorer/steps.ts';
import type { Contents, DescriptorOf } from '../../snapshot/files/descriptors.ts';
import { openAgain } from '../files/nameless-files.ts';
import type { Program } from '../program/program.ts';
import type { RestoreContext } from './context.ts';
import { O_CREATION } from './files.ts';
import { F, moveTo, pairNumbers, setCloexec, putFlags } from '../files/number.ts';
import { makePair } from './pair.ts';

/** @source open(2), pipe(2) */
const O = { DIRECT: 0o40000, LARGEFILE: 0o100000, PATH: 0o10000000 } as const;

type Pipe = DescriptorOf<'pipe'>;

/**
 * A pipe with all that the process has of it, and what it held. One open file of each end is as pipe2(2) makes it, without
 * O_LARGEFILE; any other was opened by way of /proc, and is again.
 */
export function restorePipe({ inode, capacity }: Pipe, { program, snapshot, ends, done }: RestoreContext): void {
  const own = ends.of('pipe', `${inode}`);
  const numbers = pairNumbers(snapshot);
  const [read, write] = numbers;
  const packets = own.some(({ flags }) => flags & O.DIRECT) ? O.DIRECT : 0;
  makePair(program, numbers, 'a pipe', (pair) => ({ call: 'pipe2', args: [pair, BigInt(packets)] }));
  refill(program, ends.inPipe(inode), capacity, write);
  const [reader, writer] = (['read', 'write'] as const).map((end) =>
    own.find((each) => each.end === end && !(each.flags & O.LARGEFILE)),
  );
  for (const each of own) {
    if (each === reader || each === writer) take(program, each === reader ? read : write, each);
    else reopen(program, read, each);
    done.add(each);
  }
  program.call('close', [read], 'close the temporary descriptor');
  program.call('close', [write], 'close the temporary descriptor');
}

function take(program: Program, from: bigint, pipe: Pipe): void {
  const { fd, flags } = pipe;
  program.call('dup2', [from, BigInt(fd)], `make it descriptor ${fd}`);
  program.call('fcntl', [BigInt(fd), F.SETFL, BigInt(flags)], `set the flags of descriptor ${fd}`);
  setCloexec(program, pipe);
}

/** Either end leads to both. Packets are asked for afterwards: open(2) does not take that of a pipe. */
function reopen(program: Program, end: bigint, pipe: Pipe): void {
  const { fd, flags } = pipe;
  const opened = program.slot();
  const wanted = BigInt(flags & ~(O_CREATION | O.DIRECT));
  openAgain(program, end, wanted, `open a pipe again, descriptor ${fd} of the process`, opened);
  moveTo(program, opened, pipe);
  if (!(flags & O.PATH)) putFlags(program, pipe);
  program.releaseSlot();
}

/** Gives a pipe its room, and what it held. @param capacity 0 where it was not told */
export function refill(program: Program, packets: Contents['packets'], capacity: number, write: Arg): void {
  if (capacity > 0)
    program.call('fcntl', [write, F.SETPIPE_SZ, BigInt(capacity)], `give the pipe room for ${capacity} bytes`);
  for (const packet of packets) {
    program.call(
      'write',
      [write, program.put(packet), BigInt(packet.length)],
      `put ${packet.length} bytes back into the pipe`,
      { expect: { kind: 'exactly', value: BigInt(packet.length) } },
    );
  }
}
