import { PAGE } from '../../base/range.ts';
import { parseSmaps } from '../../proc/smaps.ts';
import { MLOCKALL, type PrctlSetting } from '../../snapshot/prctl.ts';
import { procText } from '../../sys/procfs.ts';
import type { Loan } from '../borrow/loan.ts';

/** Locked mappings of a process. */
export interface LockedMemory {
  /** VmFlags by start: a copy's are not locked. @source kernel/fork.c dup_mmap */
  readonly flags: ReadonlyMap<bigint, readonly string[]>;
  /** What mlockall(2) was told of memory to come. */
  readonly future: readonly PrctlSetting[];
}

const MCL = { FUTURE: 2n, ONFAULT: 4n } as const;
const MAP_PRIVATE_ANONYMOUS = 0x22n;
const EAGAIN = -11n;

/**
 * Whether memory is locked that is mapped from now on, only a new mapping shows: one page that nobody can touch. Were elfreeze killed just
 * then, it would stay. So only those are asked that have locked memory at all.
 * @param vmLck KiB of locked memory
 */
export function askLockedMemory(loan: Loan, pid: number, vmLck: number): LockedMemory {
  if (vmLck === 0) return { flags: new Map(), future: [] };
  const address = loan.call('mmap', 0n, PAGE, 0n, MAP_PRIVATE_ANONYMOUS, -1n, 0n);
  const entries = [...parseSmaps(procText(pid, 'smaps')).values()];
  const locked = new Map(
    entries.filter((each) => each.vmFlags.includes('lo')).map((each) => [each.start, each.vmFlags]),
  );
  // There was no room left for what would be locked.
  if (address === EAGAIN) return { flags: locked, future: [{ name: MLOCKALL, value: MCL.FUTURE }] };
  const at = BigInt.asUintN(loan.arch.wordSize * 8, address);
  const probe = entries.find(({ start, end }) => start <= at && at < end);
  loan.call('munmap', at, PAGE);
  if (!probe?.vmFlags.includes('lo')) return { flags: locked, future: [] };
  const value = probe.vmFlags.includes('lf') ? MCL.FUTURE | MCL.ONFAULT : MCL.FUTURE;
  if (probe.start === at) locked.delete(at);
  return { flags: locked, future: [{ name: MLOCKALL, value }] };
}
