import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import type { Slot } from '../../restorer/steps.ts';
import { eightBytes, type Program } from '../program/program.ts';
import type { RestoreContext } from './context.ts';
import { O_CREATION } from './files.ts';
import { F, moveTo, setCloexec } from '../files/number.ts';

const AT_FDCWD = -100n;
const O_NOCTTY = 0o400;
/** @source include/uapi/asm-generic/ioctls.h; ioctl_tty(2). TIOCGPTPEER: Linux 4.13 */
const TCSETS2 = 0x402c_542bn;
const TIOC = { SWINSZ: 0x5414n, PKT: 0x5420n, SPTLCK: 0x4004_5431n, GPTPEER: 0x5441n } as const;

type Master = DescriptorOf<'ptmx'>;

/** With its slaves: their path is another one now, so they are opened by way of the master. */
export function restorePtmx(master: Master, { program, ends, above, done }: RestoreContext): void {
  const { fd, path, flags, index, locked, packet, hungUp } = master;
  const [low, keeper] = [program.slot(), program.slot()];
  const args = [AT_FDCWD, program.putString(path), openFlags(flags), 0n];
  program.call('openat', args, `make a pseudo-terminal by ${path}`, { keep: low });
  program.call('fcntl', [low, F.DUPFD_CLOEXEC, above], 'move the pseudo-terminal away', { keep: keeper });
  program.call('close', [low], 'close the temporary descriptor');
  set(program, keeper, TIOC.SPTLCK, 0n, 'unlock a pseudo-terminal');
  for (const slave of ends.of('pts', `${index}`)) {
    openSlave(program, keeper, slave.flags, low);
    moveTo(program, low, slave);
    done.add(slave);
  }
  if (hungUp) {
    openSlave(program, keeper, 0, low);
    program.call('close', [low], 'hang the slave of a pseudo-terminal up');
  }
  program.call('ioctl', [keeper, TCSETS2, program.put(master.settings)], `set the pseudo-terminal ${fd}`);
  program.call('ioctl', [keeper, TIOC.SWINSZ, program.put(master.window)], `set the window of pseudo-terminal ${fd}`);
  if (packet) set(program, keeper, TIOC.PKT, 1n, `set the packet mode of pseudo-terminal ${fd}`);
  if (locked) set(program, keeper, TIOC.SPTLCK, 1n, `lock the pseudo-terminal ${fd}`);
  program.call('dup2', [keeper, BigInt(fd)], `make it descriptor ${fd}`);
  setCloexec(program, master);
  program.call('close', [keeper], 'close the temporary descriptor');
  program.releaseSlot(2);
  done.add(master);
}

/** Whichever of the two has the lower number comes first. */
export function restorePts({ index }: DescriptorOf<'pts'>, context: RestoreContext): void {
  const [master] = context.ends.of('ptmx', `${index}`);
  if (master) restorePtmx(master, context);
}

const openFlags = (flags: number): bigint => BigInt((flags & ~O_CREATION) | O_NOCTTY);

function openSlave(program: Program, master: Slot, flags: number, keep: Slot): void {
  const args = [master, TIOC.GPTPEER, openFlags(flags)];
  program.call('ioctl', args, 'open the slave of a pseudo-terminal', { keep });
}

function set(program: Program, master: Slot, request: bigint, value: bigint, sentence: string): void {
  program.call('ioctl', [master, request, program.put(eightBytes(value))], sentence);
}
