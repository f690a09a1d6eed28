import { CPU_FEATURES } from '../../arch/cpu-features.ts';
import { MEMBARRIERS } from '../../snapshot/membarrier.ts';
import { PRCTLS, type PrctlSetting } from '../../snapshot/prctl.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { RELATION } from '../../restorer/steps.ts';
import { eightBytes, type Program } from '../program/program.ts';
import type { SignalAction } from '../../snapshot/signals.ts';

const ALL_SIGNALS = 0xffff_ffff_ffff_ffffn;
const SIG_SETMASK = 2n;
const UNCATCHABLE = [9, 19];
const SIGSET_SIZE = 8n;
const PR_SET_MM = { option: 35n, MAP: 14n, MAP_SIZE: 15n } as const;

/** Complains before anything is changed when the CPU lacks what the process may have chosen its code by. */
export function checkCpu(program: Program, snapshot: Snapshot): void {
  const required = CPU_FEATURES.filter(({ name }) => snapshot.cpu.required.includes(name));
  const lacks = (name: string): string =>
    `this CPU lacks ${name}, which the process may have chosen its code by when it was frozen`;
  for (const { name, leaf, register, bit } of required)
    program.do('cpuid', [leaf, 0n, register, 1n << bit], lacks(name));
  const states = new Map(required.flatMap(({ name, xcr0 }) => (xcr0 === undefined ? [] : [[xcr0, name] as const])));
  for (const [xcr0, name] of states) program.do('xgetbv', [xcr0], lacks(name));
}

export function blockSignals(program: Program): void {
  program.call('rt_sigprocmask', [SIG_SETMASK, program.put(eightBytes(ALL_SIGNALS)), 0n, SIGSET_SIZE], 'block signals');
}

/** Names by number. @source getrlimit(2), include/uapi/asm-generic/resource.h */
const RLIMITS: readonly string[] = [
  'CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME',
]; // prettier-ignore
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

const nameOfLimit = (resource: number): string => `RLIMIT_${RLIMITS[resource] ?? resource}`;

/**
 * Asks whether each limit can be given, and until then lifts the caller's own as far as that may go: neither those nor the
 * process's, which may lie below what it uses, are to be in the way of its memory, threads and files.
 */
export function liftLimits(program: Program, snapshot: Snapshot): void {
  const callers = program.answer;
  const callersHard = callers + 8n;
  for (const { resource, soft, hard } of snapshot.limits) {
    const name = nameOfLimit(resource);
    const read = (): void => program.call('prlimit64', [0n, BigInt(resource), 0n, callers], `read ${name}`);
    read();
    program.do('check', [callersHard, 8n, BigInt(RELATION.ge), soft], '', 2);
    const wanted = program.put(Buffer.concat([eightBytes(hard), eightBytes(hard)]));
    const value = soft === RLIM_INFINITY ? 'unlimited' : String(soft);
    const sentence = `set ${name} to ${value}, above the caller's hard limit`;
    program.call('prlimit64', [0n, BigInt(resource), wanted, 0n], sentence);
    read();
    program.do('copy', [callers, callersHard, 8n], `lift ${name}`);
    program.attempt('prlimit64', [0n, BigInt(resource), callers, 0n], `lift ${name}`);
  }
}

/** Hard limits that the caller does not have cannot be given. Last: nothing is to be made under them. */
export function restoreLimits(program: Program, snapshot: Snapshot): void {
  const callers = program.answer;
  for (const { resource, soft, hard } of snapshot.limits) {
    const name = nameOfLimit(resource);
    const both = program.put(Buffer.concat([eightBytes(soft), eightBytes(hard)]));
    program.attempt('prlimit64', [0n, BigInt(resource), both, 0n], `set ${name}`, 3);
    program.call('prlimit64', [0n, BigInt(resource), 0n, callers], `read ${name}`);
    program.do('store', [callers, 8n, soft], `keep the caller's hard ${name}`);
    program.call('prlimit64', [0n, BigInt(resource), callers, 0n], `set ${name}`);
  }
}

const O_WRONLY_CLOEXEC = 0o2000001n;
const AT_FDCWD = -100n;

/** As far as /proc is there, and the caller may: less than it was ever set to by the privileged is a privilege. @source proc_pid_oom_score_adj(5) */
export function restoreOomScore(program: Program, { oomScoreAdj }: Snapshot): void {
  if (oomScoreAdj === 0) return;
  const text = Buffer.from(String(oomScoreAdj));
  const [fd, expect] = [program.slot(), { kind: 'any' }] as const;
  const path = program.putString('/proc/self/oom_score_adj');
  program.call('openat', [AT_FDCWD, path, O_WRONLY_CLOEXEC], 'open the OOM score', { expect, keep: fd });
  program.call('write', [fd, program.put(text), BigInt(text.length)], `set the OOM score to ${oomScoreAdj}`, {
    expect,
  });
  program.call('close', [fd], 'close the OOM score', { expect });
  program.releaseSlot();
}

/** What belongs to the process as a whole. */
export function restoreProcess(program: Program, snapshot: Snapshot): void {
  program.call('personality', [BigInt(snapshot.personality)], 'set the personality');
  program.call('umask', [BigInt(snapshot.umask)], 'set the umask');
  for (const { name, register } of MEMBARRIERS)
    if (snapshot.membarriers.includes(name)) program.call('membarrier', [register, 0n, 0n], `register for ${name}`);
  for (const action of snapshot.actions) if (!UNCATCHABLE.includes(action.signo)) restoreAction(program, action);
}

function restoreAction(program: Program, { signo, handler, flags, restorer, mask }: SignalAction): void {
  const bytes = Buffer.concat([program.word(handler), program.word(flags), program.word(restorer), eightBytes(mask)]);
  program.call(
    'rt_sigaction',
    [BigInt(signo), program.put(bytes), 0n, SIGSET_SIZE],
    `set the action of signal ${signo}`,
  );
}

/** Settings of prctl(2), irrevocable ones among the last. */
export function restorePrctls(program: Program, settings: readonly PrctlSetting[], whose = ''): void {
  for (const row of PRCTLS) {
    const value = settings.find(({ name }) => name === row.name)?.value;
    if (value === undefined) continue;
    const { name, call = 'prctl', put, initial, advisory } = row;
    const sentence = `set ${name} to ${value}${whose}`;
    if (value === initial || advisory) program.attempt(call, put(value), sentence);
    else program.call(call, put(value), sentence);
  }
}

const MADV_UNMERGEABLE = 13n;

/** The setting makes mergeable what is there, also the old vdso, which was the kernel's own. */
export function unmergeVdso(program: Program, { prctls, mappings }: Snapshot): void {
  const merges = prctls.some(({ name, value }) => name === 'PR_SET_MEMORY_MERGE' && value !== 0n);
  for (const { start, end } of mappings.filter(({ kind }) => merges && kind === 'vdso'))
    program.attempt('madvise', [start, end - start, MADV_UNMERGEABLE], 'keep the vdso out of merging');
}

/** brk to the byte, and where code, data, stack, arguments and environment are. @source prctl(2) PR_SET_MM_MAP, kernel/sys.c */
export function restoreLayout(program: Program, snapshot: Snapshot): void {
  const { layout } = snapshot;
  const vector = upToNull(layout.auxv, program.arch.wordSize);
  const auxv = program.put(vector);
  const fields = [
    layout.startCode, layout.endCode, layout.startData, layout.endData, layout.startBrk, layout.brk,
    layout.startStack, layout.argStart, layout.argEnd, layout.envStart, layout.envEnd,
  ]; // prettier-ignore
  const map = (pointer: Buffer, auxvSize: number): bigint => {
    const tail = Buffer.alloc(8);
    tail.writeUInt32LE(auxvSize, 0);
    tail.writeUInt32LE(0xffff_ffff, 4); // exe_fd: none, so that no capability is needed
    return program.put(Buffer.concat([...fields.map(eightBytes), pointer, tail]));
  };
  const set = (size: bigint, pointer: Buffer): void => {
    // A kernel whose auxv is shorter than the saved one takes the rest without it.
    program.attempt(
      'prctl',
      [PR_SET_MM.option, PR_SET_MM.MAP, map(pointer, vector.length), size],
      'set the memory layout and the auxv',
      1,
    );
    program.call(
      'prctl',
      [PR_SET_MM.option, PR_SET_MM.MAP, map(Buffer.alloc(pointer.length), 0), size],
      `set the program break to 0x${layout.brk.toString(16)} (for a kernel without CONFIG_CHECKPOINT_RESTORE, freeze with --brk=layout)`,
    );
  };
  if (program.arch.wordSize === 8) return set(104n, eightBytes(auxv));
  // The struct of the kernel, not of the process: 100 bytes under a 32-bit one, 104 under a 64-bit one.
  const size = program.put(new Uint8Array(8));
  program.call(
    'prctl',
    [PR_SET_MM.option, PR_SET_MM.MAP_SIZE, size],
    'ask the kernel for the size of its memory layout (does it have CONFIG_CHECKPOINT_RESTORE?)',
  );
  program.do('check', [size, 4n, BigInt(RELATION.eq), 104n], '', 2);
  set(100n, eightBytes(auxv).subarray(0, 4));
  program.do('check', [size, 4n, BigInt(RELATION.ne), 104n], '', 2);
  set(104n, eightBytes(auxv));
}

/** An auxv up to its AT_NULL pair: what comes after it may be more than another kernel has room for. @source getauxval(3) */
export function upToNull(auxv: Uint8Array, wordSize: 4 | 8): Uint8Array {
  for (let at = 0; at < auxv.length; at += 2 * wordSize)
    if (auxv.subarray(at, at + wordSize).every((byte) => byte === 0)) return auxv.subarray(0, at + 2 * wordSize);
  return auxv;
}

const ITIMER_REAL = 0;

/**
 * A periodic real-time timer that has run out shows no value until its signal is taken, and only then starts anew: set
 * to nothing it would never run again. The timers of CPU time do so at once: without a value they are off, and keep
 * their interval. @source kernel/signal.c dequeue_signal, kernel/time/itimer.c set_cpu_itimer
 */
export function restoreTimers(program: Program, snapshot: Snapshot): void {
  for (const { which, intervalUs, valueUs } of snapshot.itimers) {
    const value = which === ITIMER_REAL && valueUs === 0n ? intervalUs : valueUs;
    const time = (us: bigint): bigint[] => [us / 1_000_000n, us % 1_000_000n];
    program.call(
      'setitimer',
      [BigInt(which), program.putWords(...time(intervalUs), ...time(value)), 0n],
      `set interval timer ${which}`,
    );
  }
}
