import type {
  AltStack,
  IntervalTimer,
  PrctlSetting,
  ResourceLimit,
  SignalAction,
  TlsDescriptor,
} from '../snapshot/snapshot.ts';
import { PRCTLS, type PrctlRow } from '../snapshot/prctl.ts';
import type { Loan } from './loan.ts';

/**
 * What only the process itself can ask the kernel. Everything here is a system call made by the stopped process, or by
 * its copy where a copy has the same answer.
 */

const SIGNALS = 64;
const RLIM_NLIMITS = 16;

function word(loan: Loan, bytes: Buffer, index: number): bigint {
  return loan.arch.wordSize === 8 ? bytes.readBigUInt64LE(index * 8) : BigInt(bytes.readUInt32LE(index * 4));
}

export function askPrctls(loan: Loan, wanted: (row: PrctlRow) => boolean): PrctlSetting[] {
  return PRCTLS.filter(wanted).map((row) => {
    const pointer = row.form === 'pointer';
    const result = loan.call('prctl', BigInt(row.get), pointer ? loan.results : 0n);
    // EINVAL: the kernel does not know the option, so nothing can have changed it.
    if (result < 0n) return { name: row.name, value: row.initial };
    return { name: row.name, value: pointer ? BigInt(loan.takeResults(4).readInt32LE(0)) : result };
  });
}

/** rt_sigaction(2) of every signal. */
export function askActions(loan: Loan): SignalAction[] {
  return Array.from({ length: SIGNALS }, (_, i) => {
    loan.call('rt_sigaction', BigInt(i + 1), 0n, loan.results, 8n);
    const bytes = loan.takeResults(32);
    const [handler, flags, restorer] = [0, 1, 2].map((index) => word(loan, bytes, index));
    return {
      signo: i + 1,
      handler: handler ?? 0n,
      flags: flags ?? 0n,
      restorer: restorer ?? 0n,
      mask: bytes.readBigUInt64LE(3 * loan.arch.wordSize),
    };
  });
}

export function askAltstack(loan: Loan): AltStack {
  loan.call('sigaltstack', 0n, loan.results);
  const bytes = loan.takeResults(24);
  return { sp: word(loan, bytes, 0), flags: bytes.readInt32LE(loan.arch.wordSize), size: word(loan, bytes, 2) };
}

/** getitimer(2) of the three timers. struct timeval is two words. */
export function askTimers(loan: Loan): IntervalTimer[] {
  return [0, 1, 2].map((which) => {
    loan.call('getitimer', BigInt(which), loan.results);
    const bytes = loan.takeResults(32);
    const time = (index: number): bigint => word(loan, bytes, index) * 1_000_000n + word(loan, bytes, index + 1);
    return { which, intervalUs: time(0), valueUs: time(2) };
  });
}

/** getrlimit(2) of all resources. From outside this would need CAP_SYS_RESOURCE for another user's process, even of root. */
export function askLimits(loan: Loan): ResourceLimit[] {
  return Array.from({ length: RLIM_NLIMITS }, (_, resource) => {
    loan.call('prlimit64', 0n, BigInt(resource), 0n, loan.results);
    const bytes = loan.takeResults(16);
    return { resource, soft: bytes.readBigUInt64LE(0), hard: bytes.readBigUInt64LE(8) };
  });
}

/** The exact break: brk(2) with an impossible address returns it. */
export const askBreak = (loan: Loan): bigint => BigInt.asUintN(loan.arch.wordSize * 8, loan.call('brk', 0n));

/** get_robust_list(2) of the thread itself: a 64-bit caller is not told the list of a 32-bit one. */
export function askRobustList(loan: Loan): { head: bigint; length: bigint } {
  const { wordSize } = loan.arch;
  loan.call('get_robust_list', 0n, loan.results, loan.results + 8n);
  const bytes = loan.takeResults(16);
  const value = (at: number): bigint => (wordSize === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUInt32LE(at)));
  return { head: value(0), length: value(8) };
}

/** PR_GET_TID_ADDRESS; needs CONFIG_CHECKPOINT_RESTORE. The kernel writes a 64-bit pointer even for i386 under a 64-bit kernel. */
export function askTidAddress(loan: Loan): bigint {
  loan.putArguments(new Uint8Array(8));
  const result = loan.call('prctl', 40n, loan.results);
  return result < 0n ? 0n : loan.takeResults(8).readBigUInt64LE(0);
}

/** Whether the process has segment descriptors of its own. @source modify_ldt(2), func 0 */
export const hasLdt = (loan: Loan): boolean => loan.call('modify_ldt', 0n, loan.results, 64n) > 0n;

/** struct user_desc of 16 bytes each, as ptrace's NT_386_TLS gives them. Empty descriptors are left out. */
export function parseTls(bytes: Uint8Array): TlsDescriptor[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = Array.from({ length: bytes.length / 16 }, (_, i) => ({
    entry: view.getInt32(i * 16, true),
    base: BigInt(view.getUint32(i * 16 + 4, true)),
    limit: BigInt(view.getUint32(i * 16 + 8, true)),
    flags: view.getUint32(i * 16 + 12, true),
  }));
  // An empty descriptor reads as read_exec_only | seg_not_present. @source arch/x86/kernel/tls.c fill_user_desc
  return read.filter(({ base, limit, flags }) => !(base === 0n && limit === 0n && (flags & 0x28) === 0x28));
}
