import type { Registers } from '../snapshot/thread.ts';
import type { Arch } from './arch.ts';

/** Kernel-internal results of an interrupted system call. @source include/linux/errno.h */
const RESTART = {
  ERESTARTSYS: -512n,
  ERESTARTNOINTR: -513n,
  ERESTARTNOHAND: -514n,
  ERESTART_RESTARTBLOCK: -516n,
} as const;
const EINTR = -4n;
export const SA_RESTART = 0x10000000n;

const signed = (arch: Arch, value: bigint): bigint => BigInt.asIntN(arch.wordSize * 8, value);

/**
 * Calls that end with EINTR after a mere stop, unlike all others: rt_sigtimedwait, semop, semtimedop, epoll_wait, epoll_pwait,
 * epoll_pwait2, io_getevents, io_pgetevents. @source signal(7) "Interruption … by stop signals"
 */
const ENDED_BY_STOPS: Readonly<Record<Arch['name'], readonly number[]>> = {
  'x86-64': [128, 65, 220, 232, 281, 441, 208, 333],
  i386: [177, 421, 117, 420, 256, 319, 441, 247, 385, 416], // also their time64 forms; 117 is ipc
};

/**
 * Registers of a thread just stopped, without what the stop did to it: such a call is to be made again, unless a signal
 * handler runs first. One with a time limit waits that long again.
 */
export function withoutStop(arch: Arch, registers: Registers): Registers {
  const number = Number(signed(arch, registers[arch.origAx] ?? -1n));
  const ended = signed(arch, registers[arch.ax] ?? 0n) === EINTR && ENDED_BY_STOPS[arch.name].includes(number);
  return ended ? { ...registers, [arch.ax]: BigInt.asUintN(arch.wordSize * 8, RESTART.ERESTARTNOHAND) } : registers;
}

/** Whether the registers are those of a system call that the kernel would restart. */
export function isInterruptedCall(arch: Arch, registers: Registers): boolean {
  const ax = signed(arch, registers[arch.ax] ?? 0n);
  return (
    signed(arch, registers[arch.origAx] ?? -1n) >= 0n &&
    ax <= RESTART.ERESTARTSYS &&
    ax >= RESTART.ERESTART_RESTARTBLOCK
  );
}

/** Whether the call's number is gone because the kernel had already turned it into restart_syscall(2). */
export const isRestartedCall = (arch: Arch, registers: Registers): boolean =>
  isInterruptedCall(arch, registers) && registers[arch.origAx] === BigInt(arch.syscalls.restart_syscall);

/**
 * The registers with which the thread goes on in user space, as the kernel would leave them.
 * @param lostSyscall the call's number when it had become restart_syscall
 * @param handlerFlags sa_flags of the handler that is about to run, when a signal is about to be handled
 * @source arch/x86/kernel/signal.c handle_signal, arch_do_signal_or_restart
 */
export function settleRegisters(
  arch: Arch,
  registers: Registers,
  lostSyscall?: number,
  handlerFlags?: bigint,
): Registers {
  const settled = { ...registers, [arch.origAx]: -1n };
  if (!isInterruptedCall(arch, registers)) return settled;

  const result = signed(arch, registers[arch.ax] ?? 0n);
  const interrupted =
    handlerFlags !== undefined &&
    result !== RESTART.ERESTARTNOINTR &&
    !(result === RESTART.ERESTARTSYS && (handlerFlags & SA_RESTART) !== 0n);
  if (interrupted) return { ...settled, [arch.ax]: BigInt.asUintN(arch.wordSize * 8, EINTR) };

  const number = isRestartedCall(arch, registers)
    ? BigInt(lostSyscall ?? arch.syscalls.restart_syscall)
    : registers[arch.origAx];
  return { ...settled, [arch.ax]: number ?? 0n, [arch.ip]: (registers[arch.ip] ?? 0n) - arch.syscallLength };
}

/** Bytes before the instruction pointer in which the load of the call's number is looked for. */
export const NUMBER_SEARCH = 24;

/**
 * Finds the number of a call that became restart_syscall: the `mov $number, %eax` that is nearest before it.
 * @param before the NUMBER_SEARCH bytes that end where the system call instruction begins
 * @returns undefined when no instruction there loads a constant
 */
export function findLoadedNumber(before: Uint8Array): number | undefined {
  const view = new DataView(before.buffer, before.byteOffset, before.length);
  for (let at = before.length - 5; at >= 0; at--) {
    if (before[at] !== 0xb8) continue; // mov $imm32, %eax
    const number = view.getUint32(at + 1, true);
    if (number > 0 && number < 1024) return number;
  }
  return undefined;
}
