import { ElfreezeError, invariant } from '../../base/errors.ts';
import { hex, type Range } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import { encodeSignalFrame, frameSize, type FrameState } from '../../arch/frame.ts';
import { isCodeSelector } from '../../arch/segments.ts';
import { findLoadedNumber, isRestartedCall, NUMBER_SEARCH, settleRegisters, withoutStop } from '../../arch/settle.ts';
import type { Registers } from '../../snapshot/thread.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';
import { NT, Tracee } from '../../sys/ptrace.ts';
import { type Asked, type Question, ROOM } from './ask.ts';
import type { DeadMemory } from './dead-memory.ts';
import type { Gadgets } from './gadgets.ts';

const ALL_BLOCKED = 0xffff_ffff_ffff_ffffn;
/** @source include/uapi/linux/sched.h */
const CLONE = { VM: 0x100, FS: 0x200, FILES: 0x400, PARENT_SETTID: 0x100000 } as const;
const __WALL = 0x40000000n;
const ERESTARTNOINTR = -513n;
/** A pid that nobody has, for a wait that must find nothing unless clone(2) wrote a child's pid over it. */
const NOBODY = 0x7fff_ffffn;
const SS_IMPOSSIBLE = 3; // SS_ONSTACK | SS_DISABLE
const XSTATE_ROOM = 16384;

const align = (value: bigint, to: bigint): bigint => (value + to - 1n) & ~(to - 1n);

/** A stopped thread as it was, and will be again. */
export interface Stopped {
  readonly registers: Registers;
  readonly xstate: Uint8Array;
  readonly sigmask: bigint;
  /** The number of the call it sleeps in when the kernel keeps only restart_syscall. */
  readonly lostSyscall?: number;
  /** The registers with which it would go on in user space. */
  readonly settled: Registers;
}

/** @throws RESTART_LOST UNSUPPORTED */
export function readStopped(tracee: Tracee, arch: Arch, memory: ProcessMemory): Stopped {
  const found = tracee.registers(arch);
  const registers = withoutStop(arch, found);
  // At once: whatever becomes of elfreeze from here on, the stop has ended no call.
  if (registers !== found) tracee.setRegisters(arch, registers);
  const { cs = 0n } = registers;
  if (arch.name === 'i386' && !isCodeSelector(cs))
    throw new ElfreezeError('UNSUPPORTED', `thread ${tracee.pid} → code of a segment of its own (cs ${hex(cs)})`);
  const lostSyscall = isRestartedCall(arch, registers) ? recoverNumber(arch, registers, memory) : undefined;
  return {
    registers,
    xstate: tracee.regset(NT.X86_XSTATE, XSTATE_ROOM),
    sigmask: tracee.sigmask(),
    settled: settleRegisters(arch, registers, lostSyscall),
    ...(lostSyscall === undefined ? {} : { lostSyscall }),
  };
}

/** Where the number is loaded: before the call itself, or on i386 before the call of the vdso's __kernel_vsyscall. */
function recoverNumber(arch: Arch, registers: Registers, memory: ProcessMemory): number {
  const ip = registers[arch.ip] ?? 0n;
  // Its end: pop %ebp; pop %edx; pop %ecx; ret. The return address lies above those three.
  const inVdso = arch.name === 'i386' && memory.readNow(ip, 4).equals(Buffer.from([0x5d, 0x5a, 0x59, 0xc3]));
  const end = inVdso
    ? BigInt(memory.readNow((registers[arch.sp] ?? 0n) + 12n, 4).readUInt32LE(0))
    : ip - arch.syscallLength;
  const number = findLoadedNumber(memory.readNow(end - BigInt(NUMBER_SEARCH), NUMBER_SEARCH));
  if (number !== undefined) return number;
  throw new ElfreezeError(
    'RESTART_LOST',
    `the process sleeps in a system call whose number only the kernel knows (at ${hex(ip)})`,
  );
}

/** Who gives a loan, and with what. */
export interface Lender {
  readonly tracee: Tracee;
  readonly arch: Arch;
  readonly stopped: Stopped;
  readonly memory: ProcessMemory;
  readonly gadgets: Gadgets;
  readonly deadMemory: DeadMemory;
  readonly isFirst: boolean;
}

/**
 * A stopped thread that makes system calls for us, and what it needs to become itself again without us.
 *
 * Dead memory below its stack pointer holds a signal frame with the thread's whole context, and above every borrowed
 * system call lies a return into rt_sigreturn on that frame. While elfreeze lives it takes the thread back at the
 * call's exit and puts the registers back itself, so no sigreturn runs and the kernel's restart state stays. If
 * elfreeze dies, the thread finishes the call, returns into sigreturn, and is as it was.
 */
export class Loan implements Asked {
  readonly tracee: Tracee;
  readonly arch: Arch;
  readonly stopped: Stopped;
  /** Borrowed memory. */
  readonly area: Range;
  readonly memory: ProcessMemory;
  private readonly gadgets: Gadgets;
  private readonly original: Uint8Array;
  private readonly frames: { heal: bigint; wait: bigint; exit: bigint };

  private constructor(
    tracee: Tracee,
    arch: Arch,
    stopped: Stopped,
    memory: ProcessMemory,
    gadgets: Gadgets,
    area: Range,
    frames: Loan['frames'],
    original: Uint8Array,
  ) {
    this.tracee = tracee;
    this.arch = arch;
    this.stopped = stopped;
    this.memory = memory;
    this.gadgets = gadgets;
    this.area = area;
    this.frames = frames;
    this.original = original;
  }

  /**
   * One thread's loan must end before another's begins: those without dead memory of their own have it in the same place.
   * @throws NO_DEAD_MEMORY UNSUPPORTED
   */
  static take({ tracee, arch, stopped, memory, gadgets, deadMemory, isFirst }: Lender): Loan {
    if (tracee.dispatchesSystemCalls())
      throw new ElfreezeError(
        'UNSUPPORTED',
        `thread ${tracee.pid} → its system calls are dispatched to itself (PR_SET_SYSCALL_USER_DISPATCH)`,
      );
    const slack = BigInt(arch.frame.end + gadgets.pops * arch.wordSize + 64);
    const size = align(BigInt(ROOM) + 2n * slack + BigInt(frameSize(arch, stopped.xstate.length)) + 192n, 64n);
    const area = deadMemory.find({ arch, registers: stopped.registers, isFirst, size });

    const pops = BigInt(gadgets.pops * arch.wordSize);
    const exit = align(area.start + BigInt(ROOM) + pops, 16n);
    const wait = align(exit + slack, 16n);
    const heal = align(wait + slack, 64n);
    const original = memory.readNow(area.start, Number(area.end - area.start));
    const loan = new Loan(tracee, arch, stopped, memory, gadgets, area, { heal, wait, exit }, original);
    if (gadgets.implant) memory.write(gadgets.implant.address, gadgets.implant.bytes);
    loan.writeFrames();
    // A call like sigsuspend has a mask of its own. Without it, a signal that came for the call waits for it to be made again,
    // and no handler runs in a thread with other registers, which would end no call.
    loan.tracee.setSigmask(stopped.sigmask);
    // Then the registers: a handler that runs before they do would find the stack of a thread that is not itself.
    loan.tracee.setRegisters(arch, loan.callRegisters(heal, arch.syscalls.getpid, []));
    loan.tracee.setSigmask(ALL_BLOCKED);
    return loan;
  }

  private writeFrames(): void {
    const { arch, gadgets, stopped, frames } = this;
    const { exit_group, wait4 } = arch.syscalls;
    // An altstack with impossible flags is ignored: the thread keeps the one it has. @source kernel/signal.c do_sigaltstack, restore_altstack
    const idle = { sigmask: stopped.sigmask, altstack: { sp: 0n, flags: SS_IMPOSSIBLE, size: 0n } };
    const write = (address: bigint, state: FrameState): void => {
      this.memory.write(address, encodeSignalFrame(arch, address, state, gadgets.sigreturn));
    };
    write(frames.heal, { ...idle, registers: stopped.settled, xstate: stopped.xstate });
    // No handler runs before the thread is itself: it would end the wait for the middleman, or run in the middleman too.
    const deaf = { ...idle, sigmask: ALL_BLOCKED };
    write(frames.wait, { ...deaf, registers: this.callRegisters(frames.heal, wait4, [NOBODY, 0n, __WALL, 0n]) });
    write(frames.exit, { ...deaf, registers: this.callRegisters(frames.heal, exit_group, [0n]) });
  }

  /** Registers that make a system call and then return into the frame at `next`. */
  private callRegisters(next: bigint, nr: number, args: readonly bigint[]): Registers {
    const { arch, gadgets } = this;
    return {
      ...this.stopped.registers,
      ...Object.fromEntries(arch.args.map((name, i) => [name, args[i] ?? 0n])),
      [arch.ax]: BigInt(nr),
      [arch.origAx]: -1n,
      [arch.ip]: gadgets.syscall,
      [arch.sp]: next - BigInt(gadgets.pops * arch.wordSize),
    };
  }

  /** The thread makes the calls one after the other. */
  ask<T>(questions: readonly Question<T>[]): T[] {
    const room = this.area.start;
    return questions.map(({ call, data, args, answer }) => {
      const before = new Uint8Array(ROOM);
      before.set(data ?? []);
      this.memory.write(room, before);
      const result = this.call(call, ...args(room));
      return answer(result, this.memory.readNow(room, ROOM));
    });
  }

  /** The thread makes one system call. @returns its result, negative errno for an error */
  call(name: keyof Arch['syscalls'], ...args: bigint[]): bigint {
    this.tracee.setRegisters(this.arch, this.callRegisters(this.frames.heal, this.arch.syscalls[name], args));
    this.tracee.resumeToSyscall();
    this.tracee.resumeToSyscall();
    return this.resultOf(this.tracee);
  }

  /**
   * The thread forks: the copy is stopped before its first instruction, all its signals blocked, and dies with us.
   * A middleman that shares the thread's memory makes the copy and ends at once, so the copy is nobody's child here
   * and no zombie stays. If elfreeze dies, the thread waits for the middleman itself before it heals.
   * @throws SYSCALL_FAILED when the process may not fork
   */
  fork(): Tracee {
    const { middleman, ownPid } = this.cloneMiddleman(CLONE.FILES);
    try {
      middleman.dieWithTracer();
      middleman.setRegisters(this.arch, this.callRegisters(this.frames.exit, this.arch.syscalls.clone, [0n]));
      middleman.resumeToSyscall();
      const copy = this.cloned(middleman);
      middleman.resumeToSyscall();
      middleman.setRegisters(this.arch, this.callRegisters(this.frames.exit, this.arch.syscalls.exit_group, [0n]));
      middleman.runToEnd();
      return copy;
    } catch (error) {
      middleman.kill();
      throw error;
    } finally {
      this.reap(ownPid);
    }
  }

  /**
   * A process of its own makes calls for us that would change the thread for good, as those that only take rights away. It shares the
   * thread's memory and nothing else, and ends at once; if elfreeze dies, as in `fork`.
   * @throws SYSCALL_FAILED when the process may not fork
   */
  aside<T>(use: (asked: Asked) => T): T {
    const { middleman, ownPid } = this.cloneMiddleman(0);
    try {
      middleman.dieWithTracer();
      return use(this.forCopy(middleman, this.memory));
    } finally {
      middleman.kill();
      this.reap(ownPid);
    }
  }

  private reap(ownPid: bigint): void {
    this.call('wait4', ownPid, 0n, __WALL, 0n);
  }

  /**
   * @param files CLONE_FILES where it shares the descriptors too
   * @returns `ownPid`: its pid in the thread's own pid namespace, which is what clone(2) returns there
   */
  private cloneMiddleman(files: number): { middleman: Tracee; ownPid: bigint } {
    const { arch, frames, gadgets, tracee } = this;
    const flags = BigInt(CLONE.VM | CLONE.FS | CLONE.PARENT_SETTID | files);
    // The kernel writes the child's pid to where the waiting frame keeps wait4's first argument.
    const pidSlot = frames.wait + BigInt(registerOffset(arch, arch.args[0] ?? ''));
    const stack = frames.exit - BigInt(gadgets.pops * arch.wordSize);
    tracee.setRegisters(arch, this.callRegisters(frames.wait, arch.syscalls.clone, [flags, stack, pidSlot]));
    tracee.resumeToSyscall();
    const middleman = this.cloned(tracee);
    tracee.resumeToSyscall();
    return { middleman, ownPid: this.resultOf(tracee) };
  }

  /** The child of a thread that has entered clone(2), at its first stop. */
  private cloned(parent: Tracee): Tracee {
    let child = parent.resumeToClone();
    while (child === undefined && this.resultOf(parent) === ERESTARTNOINTR) {
      // A stop came first: it takes effect, and then the kernel makes the call again. @source kernel/fork.c copy_process
      parent.resumeToSyscall();
      child = parent.resumeToClone();
    }
    if (child === undefined)
      throw new ElfreezeError(
        'SYSCALL_FAILED',
        `process ${this.tracee.pid} cannot fork (errno ${-this.resultOf(parent)})`,
      );
    const tracee = new Tracee(child);
    tracee.wait();
    return tracee;
  }

  private resultOf(tracee: Tracee): bigint {
    return BigInt.asIntN(this.arch.wordSize * 8, tracee.registers(this.arch)[this.arch.ax] ?? 0n);
  }

  /** Another thread of control with the same borrowed memory at the same place: the copy. */
  forCopy(copy: Tracee, memory: ProcessMemory): Loan {
    return new Loan(copy, this.arch, this.stopped, memory, this.gadgets, this.area, this.frames, this.original);
  }

  /** Puts the borrowed memory back without touching registers: for the copy, which never runs on. */
  restoreMemory(): void {
    this.memory.write(this.area.start, this.original);
    const { implant } = this.gadgets;
    if (implant) this.memory.write(implant.address, new Uint8Array(implant.bytes.length));
  }

  /** Gives everything back; the thread is then stopped as it was found. Registers first: memory that a living frame needs goes last. */
  giveBack(): void {
    this.tracee.resumeToSignalPath();
    this.tracee.setSigmask(this.stopped.sigmask);
    this.tracee.setRegisters(this.arch, this.stopped.registers);
    this.restoreMemory();
  }
}

/** Offset of a register inside a signal frame. */
function registerOffset(arch: Arch, register: string): number {
  let at = arch.frame.ucontext + arch.frame.mcontext;
  for (const [name, width] of arch.frame.fields) {
    if (name === register) return at;
    at += width;
  }
  invariant(false, `no ${register} in the signal frame`);
}
