import { ElfreezeError } from '../../base/errors.ts';
import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import { eightBytes } from '../program/program.ts';
import type { RestoreContext } from './context.ts';
import { moveTo, putFlags } from '../files/number.ts';

const TFD_TIMER_ABSTIME = 1;
/** @source include/uapi/linux/timerfd.h; needs CONFIG_CHECKPOINT_RESTORE */
const TFD_IOC_SET_TICKS = 0x4008_5400n;
const SECOND = 1_000_000_000n;

/** Made disarmed: it is set when everything else is there. */
export function restoreTimerfd(descriptor: DescriptorOf<'timerfd'>, { program }: RestoreContext): void {
  const { fd, clock } = descriptor;
  const made = program.slot();
  program.call('timerfd_create', [BigInt(clock), 0n], `make the timerfd ${fd}`, { keep: made });
  moveTo(program, made, descriptor);
  putFlags(program, descriptor);
  program.releaseSlot();
}

/**
 * A timer that was set to a time of day keeps it; any other has as much time left as it had. One that expires once, and has,
 * does so again at once.
 * @throws UNSUPPORTED where the kernel takes no number of expirations: a 64-bit one from a 32-bit process
 */
export function armTimerfd(timer: DescriptorOf<'timerfd'>, { program }: RestoreContext): void {
  const { fd, setFlags, intervalNs, ticks, deadlineNs } = timer;
  const expiresAgain = intervalNs === 0n && ticks > 0n;
  const value = expiresAgain ? 1n : deadlineNs || timer.valueNs;
  const flags = deadlineNs > 0n ? setFlags : setFlags & ~TFD_TIMER_ABSTIME;
  const time = (ns: bigint): Buffer[] => [eightBytes(ns / SECOND), eightBytes(ns % SECOND)];
  const spec = program.put(Buffer.concat([...time(intervalNs), ...time(value)]));
  program.call('timerfd_settime', [BigInt(fd), BigInt(flags), spec, 0n], `set the timerfd ${fd}`);
  if (ticks === 0n || expiresAgain) return;
  if (program.arch.wordSize === 4) {
    const what = `fd ${fd} → timerfd with ${ticks} expirations that were not read, in a process of 32 bits`;
    throw new ElfreezeError('UNSUPPORTED', what);
  }
  const args = [BigInt(fd), TFD_IOC_SET_TICKS, program.put(eightBytes(ticks))];
  program.call('ioctl', args, `have the timerfd ${fd} tell of ${ticks} expirations`);
}
