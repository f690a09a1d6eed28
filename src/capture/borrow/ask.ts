import { invariant } from '../../base/errors.ts';
import type { Arch } from '../../arch/arch.ts';
import type { SyscallName } from '../../arch/syscalls.ts';
import type { ResourceLimit } from '../../snapshot/snapshot.ts';
import { MEMBARRIER_CMD_GET_REGISTRATIONS, MEMBARRIERS } from '../../snapshot/membarrier.ts';
import { PRCTLS, type PrctlRow, type PrctlSetting } from '../../snapshot/prctl.ts';
import type { AltStack, TlsDescriptor } from '../../snapshot/thread.ts';
import type { IntervalTimer } from '../../snapshot/timers.ts';
import type { SignalAction } from '../../snapshot/signals.ts';

/**
 * What only the process itself can ask the kernel. Everything here is a system call made by the stopped process, or by
 * its copy where a copy has the same answer.
 */
export interface Question<T> {
  readonly call: SyscallName;
  /** What is in the room at first; behind it, and without it, are zeros. */
  readonly data?: Uint8Array;
  /** @param room where the kernel may write: `ROOM` bytes */
  readonly args: (room: bigint) => readonly bigint[];
  readonly answer: (result: bigint, room: Buffer) => T;
}

/** Who makes the calls: the process one by one (`Loan`), or its copy in one go (`Errand`). */
export interface Asked {
  readonly arch: Arch;
  ask<T>(questions: readonly Question<T>[]): T[];
}

/** Bytes that no answer is longer than. */
export const ROOM = 128;

const SIGNALS = 64;
const RLIM_NLIMITS = 16;

function word({ wordSize }: Arch, bytes: Buffer, index: number): bigint {
  return wordSize === 8 ? bytes.readBigUInt64LE(index * 8) : BigInt(bytes.readUInt32LE(index * 4));
}

/** The `index`-th struct timespec of 64 bits in nanoseconds. */
export const wideTime = (room: Buffer, index: number): bigint =>
  room.readBigInt64LE(index * 16) * 1_000_000_000n + room.readBigInt64LE(index * 16 + 8);

function askOne<T>(asked: Asked, question: Question<T>): T {
  const [answer] = asked.ask([{ ...question, answer: (result, room) => ({ is: question.answer(result, room) }) }]);
  invariant(answer !== undefined, 'one question, one answer');
  return answer.is;
}

export const askPrctls = (asked: Asked, wanted: (row: PrctlRow) => boolean): PrctlSetting[] =>
  asked.ask(
    PRCTLS.filter(wanted).flatMap(({ name, call = 'prctl' as const, get, which = 0n, form, initial }) => {
      if (get === undefined) return [];
      const question: Question<PrctlSetting> = {
        call,
        args: (room) => [BigInt(get), form === 'pointer' ? room : which, 0n, 0n, 0n],
        answer: (result, room) => {
          // EINVAL: the kernel does not know the option, so nothing can have changed it.
          if (result < 0n) return { name, value: initial };
          return { name, value: form === 'pointer' ? BigInt(room.readInt32LE(0)) : result };
        },
      };
      return [question];
    }),
  );

/** Names of what was registered for. Before Linux 6.3 only trying tells, and of what all processes may use nothing does. */
export function askMembarriers(asked: Asked): string[] {
  const make = (command: bigint): Question<bigint> => ({
    call: 'membarrier',
    args: () => [command, 0n, 0n],
    answer: (result) => result,
  });
  const [registrations = -1n] = asked.ask([make(MEMBARRIER_CMD_GET_REGISTRATIONS)]);
  if (registrations >= 0n)
    return MEMBARRIERS.filter(({ register }) => (registrations & register) !== 0n).map(({ name }) => name);
  const tried = MEMBARRIERS.flatMap(({ name, use }) => (use === undefined ? [] : { name, use }));
  const results = asked.ask(tried.map(({ use }) => make(use)));
  return tried.filter((_, i) => results[i] === 0n).map(({ name }) => name);
}

/** rt_sigaction(2) of every signal. */
export const askActions = (asked: Asked): SignalAction[] =>
  asked.ask(
    Array.from({ length: SIGNALS }, (_, i) => ({
      call: 'rt_sigaction',
      args: (room) => [BigInt(i + 1), 0n, room, 8n],
      answer: (_result, room) => {
        const [handler, flags, restorer] = [0, 1, 2].map((index) => word(asked.arch, room, index));
        return {
          signo: i + 1,
          handler: handler ?? 0n,
          flags: flags ?? 0n,
          restorer: restorer ?? 0n,
          mask: room.readBigUInt64LE(3 * asked.arch.wordSize),
        };
      },
    })),
  );

export const askAltstack = (asked: Asked): AltStack =>
  askOne(asked, {
    call: 'sigaltstack',
    args: (room) => [0n, room],
    answer: (_result, room) => ({
      sp: word(asked.arch, room, 0),
      flags: room.readInt32LE(asked.arch.wordSize),
      size: word(asked.arch, room, 2),
    }),
  });

/** getitimer(2) of the three timers. struct timeval is two words. */
export const askTimers = (asked: Asked): IntervalTimer[] =>
  asked.ask(
    [0, 1, 2].map((which) => ({
      call: 'getitimer',
      args: (room) => [BigInt(which), room],
      answer: (_result, room) => {
        const time = (index: number): bigint =>
          word(asked.arch, room, index) * 1_000_000n + word(asked.arch, room, index + 1);
        return { which, intervalUs: time(0), valueUs: time(2) };
      },
    })),
  );

/** getrlimit(2) of all resources. From outside this would need CAP_SYS_RESOURCE for another user's process, even of root. */
export const askLimits = (asked: Asked): ResourceLimit[] =>
  asked.ask(
    Array.from({ length: RLIM_NLIMITS }, (_, resource) => ({
      call: 'prlimit64',
      args: (room) => [0n, BigInt(resource), 0n, room],
      answer: (_result, room) => ({ resource, soft: room.readBigUInt64LE(0), hard: room.readBigUInt64LE(8) }),
    })),
  );

/** The exact break: brk(2) with an impossible address returns it. */
export const askBreak = (asked: Asked): bigint =>
  askOne(asked, {
    call: 'brk',
    args: () => [0n],
    answer: (result) => BigInt.asUintN(asked.arch.wordSize * 8, result),
  });

/** get_robust_list(2) by the thread itself. */
export const askRobustList = (asked: Asked): { head: bigint; length: bigint } =>
  askOne(asked, {
    call: 'get_robust_list',
    args: (room) => [0n, room, room + 8n],
    answer: (_result, room) => ({ head: word(asked.arch, room, 0), length: word(asked.arch, room.subarray(8), 0) }),
  });

/** PR_GET_TID_ADDRESS; needs CONFIG_CHECKPOINT_RESTORE. The kernel writes a 64-bit pointer even for i386 under a 64-bit kernel. */
export const askTidAddress = (asked: Asked): bigint =>
  askOne(asked, {
    call: 'prctl',
    args: (room) => [40n, room],
    answer: (result, room) => (result < 0n ? 0n : room.readBigUInt64LE(0)),
  });

/** Whether the process has segment descriptors of its own. @source modify_ldt(2), func 0 */
export const hasLdt = (asked: Asked): boolean =>
  askOne(asked, { call: 'modify_ldt', args: (room) => [0n, room, 64n], answer: (result) => result > 0n });

const ARCH_GET_XCOMP_PERM = 0x1022n;
const XTILEDATA = 1 << 18;
/** Whether the process may use AMX, for which it has to ask. @source Documentation/arch/x86/xstate.rst @since Linux 5.16 */
export const mayUseAmx = (asked: Asked): boolean =>
  askOne(asked, {
    call: 'arch_prctl',
    args: (room) => [ARCH_GET_XCOMP_PERM, room],
    answer: (result, room) => result === 0n && (room.readUInt32LE(0) & XTILEDATA) !== 0,
  });

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
