import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import { RELATION } from '../../restorer/steps.ts';
import { fileIdentityChecks } from '../files/file-identity.ts';
import { splitDev } from '../../base/device.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';
import type { RestoreContext } from './context.ts';
import { standIn } from './files.ts';
import { F, moveTo, putFlags } from '../files/number.ts';
import { refill } from './pipes.ts';

const AT_FDCWD = -100n;
const O_RDWR_NONBLOCK = 0o4002n;
const O_PATH = 0o10000000n;
const O_DIRECT = 0o40000;
const O_PACKETS = 0o44000n;
const FIONREAD = 0x541bn;

type Fifo = DescriptorOf<'fifo'>;

/** All descriptors that lead to one FIFO: a descriptor for both ways keeps it from ending, and from blocking whoever opens an end. */
export function restoreFifo(first: Fifo, context: RestoreContext): void {
  const { program, ends, done } = context;
  const { path, dev, inode } = first;
  const own = ends.of('fifo', `${dev} ${inode}`);
  for (const end of own) done.add(end);
  whenRehearsed(program, () => rehearse(program, first, own));
  unlessRehearsed(program, `open the FIFO ${path}`, () => openEnds(first, own, context));
}

/** An end that is opened is noticed at the other one, so a rehearsal only looks for the file. */
function rehearse(program: Program, { path, dev, inode }: Fifo, ends: readonly Fifo[]): void {
  const found = program.slot();
  program.call('openat', [AT_FDCWD, program.putString(path), O_PATH, 0n], `open the FIFO ${path}`, { keep: found });
  fileIdentityChecks(program, found, { path, inode, dev: splitDev(dev) });
  program.call('close', [found], 'close the temporary descriptor');
  program.releaseSlot();
  for (const end of ends) standIn(end, program);
}

function openEnds(
  { path, dev, inode, capacity }: Fifo,
  own: readonly Fifo[],
  { program, ends, above }: RestoreContext,
): void {
  const name = program.putString(path);
  const [low, keeper, opened] = [program.slot(), program.slot(), program.slot()];
  program.call('openat', [AT_FDCWD, name, O_RDWR_NONBLOCK, 0n], `open the FIFO ${path}`, { keep: low });
  fileIdentityChecks(program, low, { path, inode, dev: splitDev(dev) });
  program.call('fcntl', [low, F.DUPFD_CLOEXEC, above], `move the FIFO ${path} away`, { keep: keeper });
  program.call('close', [low], 'close the temporary descriptor');
  const waiting = program.answer;
  program.call('ioctl', [keeper, FIONREAD, waiting], `look what is in the FIFO ${path}`);
  program.do('check', [waiting, 4n, BigInt(RELATION.eq), 0n], `others have written into the FIFO ${path}`);
  if (own.some(({ flags }) => flags & O_DIRECT))
    program.call('fcntl', [keeper, F.SETFL, O_PACKETS], `have the FIFO ${path} keep packets apart`);
  refill(program, ends.inPipe(inode), capacity, keeper);
  for (const end of own) {
    const wanted = BigInt(end.flags & ~O_DIRECT);
    program.call('openat', [AT_FDCWD, name, wanted, 0n], `open ${path}, descriptor ${end.fd}`, { keep: opened });
    moveTo(program, opened, end);
    // Which open(2) does not take of a FIFO.
    if (end.flags & O_DIRECT) putFlags(program, end);
  }
  program.call('close', [keeper], 'close the temporary descriptor');
  program.releaseSlot(3);
}
