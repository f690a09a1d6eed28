import { ElfreezeError } from '../base/errors.ts';
import type { Arch } from '../arch/arch.ts';
import { ARCHES } from '../arch/index.ts';
import { parseStatus } from '../proc/status.ts';
import type { Registers } from '../snapshot/thread.ts';
import { addressOf, ERRNO, errnoName, syscall, type SyscallArg } from './linux.ts';
import { isZombie, procText } from './procfs.ts';
import { decodeStop, type Stop } from './stop.ts';

/** @source include/uapi/linux/ptrace.h */
const REQUEST = {
  POKEDATA: 5,
  CONT: 7,
  SINGLESTEP: 9,
  DETACH: 17,
  SYSCALL: 24,
  SETOPTIONS: 0x4200,
  GETEVENTMSG: 0x4201,
  GETREGSET: 0x4204,
  SETREGSET: 0x4205,
  SEIZE: 0x4206,
  INTERRUPT: 0x4207,
  PEEKSIGINFO: 0x4209,
  GETSIGMASK: 0x420a,
  SETSIGMASK: 0x420b,
  GET_RSEQ_CONFIGURATION: 0x420f,
  GET_SYSCALL_USER_DISPATCH_CONFIG: 0x4211,
} as const;

const OPTION = { TRACESYSGOOD: 1, TRACECLONE: 8, TRACEEXEC: 0x10, EXITKILL: 0x100000 } as const;
/** Its system calls are told from signals, threads that it starts are ours too, and no other program is taken for it. */
const OPTIONS = OPTION.TRACESYSGOOD | OPTION.TRACECLONE | OPTION.TRACEEXEC;
export const NT = { PRSTATUS: 1, X86_XSTATE: 0x202, I386_TLS: 0x200 } as const;
/** @source include/uapi/linux/wait.h */
const W = { NOHANG: 1, STOPPED: 2, EXITED: 4, NOWAIT: 0x01000000, ALL: 0x40000000, P_PID: 1 } as const;
/** siginfo_t: where si_pid, si_code and si_status are. */
const SIGINFO = { size: 128, code: 8, pid: 16, status: 24 } as const;
const CLD_TRAPPED = 4;

/** A stop comes within microseconds when a processor is free; when none is, looking on would keep the tracee from it. */
const SPINS = 100;
const NAP_MS = 0.05;
/** Whoever has been waited for this often takes long. */
const PATIENT = 200;
const LONG_NAP_MS = 1;
/**
 * A process reaches a ptrace stop at once unless it waits uninterruptibly in the kernel. Naps are counted, not the time: it also
 * passes where nobody runs, as in a virtual machine that stands still.
 */
const MOST_NAPS = 10_000;
/** Nanoseconds on a processor, within those naps, after which a thread that does not stop is not for want of one. */
const ENOUGH = 10_000_000n;

/** All that were not seen to end. */
const LIVING = new Set<Tracee>();

/**
 * A thread that this process traces. Everything is synchronous: ptrace belongs to one thread of the tracer, and no
 * turn of the event loop may come between a stop and its wait.
 */
export class Tracee {
  readonly pid: number;
  isGone = false;
  /** It executes another program, with other memory and perhaps other privileges, of which nothing may be touched any more. */
  hasExecuted = false;
  /** By job control, when it was asked to stop. */
  wasStopped = false;
  diesWithTracer = false;

  constructor(pid: number) {
    this.pid = pid;
    LIVING.add(this);
  }

  /** Whether it still is what was seized, and can be given back what it lent. */
  get isOurs(): boolean {
    return !this.isGone && !this.hasExecuted;
  }

  /** Threads that it starts while it runs will be ours too. @throws NOT_PERMITTED NO_SUCH_PROCESS TARGET_ZOMBIE */
  static seize(pid: number): Tracee {
    const result = syscall('ptrace', REQUEST.SEIZE, pid, 0, OPTIONS);
    if (result === -(ERRNO['ESRCH'] ?? 0)) throw new ElfreezeError('NO_SUCH_PROCESS', `there is no process ${pid}`);
    if (result < 0 && isZombie(pid)) throw new ElfreezeError('TARGET_ZOMBIE', `process ${pid} is a zombie`);
    if (result < 0) throw new ElfreezeError('NOT_PERMITTED', `process ${pid} may not be traced: ${errnoName(-result)}`);
    return new Tracee(pid);
  }

  private request(name: keyof typeof REQUEST, addr: SyscallArg = 0, data: SyscallArg = 0): number {
    if (this.hasExecuted && name !== 'DETACH') throw this.executed();
    const result = syscall('ptrace', REQUEST[name], this.pid, addr, data);
    if (result === -(ERRNO['ESRCH'] ?? 0))
      throw new ElfreezeError('TARGET_GONE', `process ${this.pid} is gone (${name})`);
    if (result < 0) throw new ElfreezeError('SYSCALL_FAILED', `ptrace ${name} of ${this.pid}: ${errnoName(-result)}`);
    return result;
  }

  private executed(): ElfreezeError {
    return new ElfreezeError('TARGET_CHANGED', `process ${this.pid} executed another program`);
  }

  /**
   * Waits for this thread's next stop.
   * @param mostNaps without a limit we sleep in the kernel until the stop comes
   * @throws TARGET_CHANGED when it executed another program: whoever shares its memory may make it do so by any instruction of ours
   * @throws TARGET_BUSY when none comes in so many naps, 10 s at least, though it had a processor
   */
  wait(mostNaps: number = MOST_NAPS): Stop {
    const stop = this.nextStop(mostNaps);
    if (stop.kind === 'exec') {
      this.hasExecuted = true;
      throw this.executed();
    }
    return stop;
  }

  /**
   * The stop stays unreaped: a signal whose stop was reaped is the tracer's to deliver, and would die with it.
   * @source kernel/exit.c wait_task_stopped
   */
  private nextStop(mostNaps: number): Stop {
    let naps = 0;
    let ran: bigint | undefined;
    for (let spins = 0; ; spins++) {
      const stop = this.look(mostNaps === Number.POSITIVE_INFINITY ? 0 : W.NOHANG);
      if (stop) return stop;
      if (spins < SPINS) continue;
      if (spins < SPINS + PATIENT) {
        nap(NAP_MS);
        continue;
      }
      if (naps === 0) ran = timeOnProcessor(this.pid);
      naps += 1;
      if (naps > mostNaps) {
        if (!isStarved(this.pid, ran))
          throw new ElfreezeError('TARGET_BUSY', `process ${this.pid} does not stop (${stateOf(this.pid)})`);
        naps = 0;
      }
      // A thread that executes a program waits until its tracer has reaped all others. @source fs/exec.c de_thread
      for (const other of LIVING) if (other !== this) other.look(W.NOHANG);
      nap(LONG_NAP_MS);
    }
  }

  /** @returns its stop, if it is at one; if it has ended, it is waited for */
  private look(options: number): Stop | undefined {
    const info = new DataView(new ArrayBuffer(SIGINFO.size));
    const wait = (how: number): number =>
      syscall('waitid', W.P_PID, this.pid, new Uint8Array(info.buffer), W.EXITED | W.ALL | how, 0);
    const result = wait(W.STOPPED | W.NOWAIT | options);
    if (result === 0 && info.getInt32(SIGINFO.pid, true) !== this.pid) return undefined;
    if (result === 0 && info.getInt32(SIGINFO.code, true) === CLD_TRAPPED)
      return decodeStop(info.getInt32(SIGINFO.status, true));
    // Without a child of this number it has ended too, or has become the first thread by executing a program.
    if (result === 0) wait(0);
    this.isGone = true;
    LIVING.delete(this);
    return { kind: 'gone' };
  }

  /**
   * Runs on to a stop of one of these kinds. Signals get their way at once, a job-control stop too: the parent is told, and
   * the kernel remembers it, so that the thread is stopped once it is let go, however that comes about, unless a SIGCONT
   * came later. Held back until then, a stop would be lost with elfreeze, or come after the SIGCONT.
   */
  private waitExpecting(...kinds: Stop['kind'][]): void {
    for (;;) {
      const stop = this.wait();
      if (kinds.includes(stop.kind)) return;
      if (stop.kind === 'gone') throw new ElfreezeError('TARGET_GONE', `process ${this.pid} ended`);
      if (stop.kind === 'clone')
        throw new ElfreezeError('TARGET_CHANGED', `process ${this.pid} starts a thread that nobody asked it for`);
      // A group-stop or a stop asked for earlier: go on to the one that is wanted.
      this.request('SYSCALL', 0, stop.kind === 'signal' ? stop.signal : 0);
    }
  }

  /** Asks the thread to stop wherever it is, on the way back to user space. */
  interrupt(): void {
    this.request('INTERRUPT');
  }

  /** Waits for a thread that was asked to stop, or was ours from its start. It may end first, and is gone then. */
  waitInterrupted(): void {
    for (;;) {
      const stop = this.wait();
      switch (stop.kind) {
        case 'interrupt':
        case 'group-stop':
        case 'gone':
          this.wasStopped = stop.kind === 'group-stop';
          return;
        default:
          // Something that was on its way before us: a signal, which the program gets, or a clone. Any stop takes the place of the
          // one that was asked for, so it is asked for again. @source kernel/signal.c ptrace_stop "any trap clears pending STOP trap"
          this.interrupt();
          this.request('CONT', 0, stop.kind === 'signal' ? stop.signal : 0);
      }
    }
  }

  /** From a stop, runs to the next system call's entry or exit. */
  resumeToSyscall(): void {
    this.request('SYSCALL');
    this.waitExpecting('syscall');
  }

  /** From a clone's entry, runs to the event. @returns the pid of the child, traced and about to stop; undefined when the call failed and the thread is at its exit */
  resumeToClone(): number | undefined {
    this.request('SYSCALL');
    const stop = this.wait();
    if (stop.kind === 'syscall') return undefined;
    if (stop.kind !== 'clone') throw new ElfreezeError('TARGET_GONE', `process ${this.pid} did not fork`);
    const message = new BigUint64Array(1);
    this.request('GETEVENTMSG', 0, new Uint8Array(message.buffer));
    return Number(message[0]);
  }

  /**
   * Reaches a stop inside the kernel's signal delivery, where giving back the registers of an interrupted system call
   * makes the kernel restart it. @source arch/x86/kernel/signal.c arch_do_signal_or_restart
   */
  resumeToSignalPath(): void {
    this.request('INTERRUPT');
    this.request('SYSCALL');
    // A thread that job control has stopped reports that stop instead.
    this.waitExpecting('interrupt', 'group-stop');
  }

  /** Executes one instruction. */
  step(): void {
    this.request('SINGLESTEP');
    const stop = this.wait();
    if (stop.kind === 'gone') throw new ElfreezeError('TARGET_GONE', `process ${this.pid} ended`);
  }

  /** Writes a word, into code too. @param word of the tracer's width: 8 bytes */
  poke(address: bigint, word: Uint8Array): void {
    this.request('POKEDATA', address, new DataView(word.buffer, word.byteOffset).getBigUint64(0, true));
  }

  /** Lets the thread run to its end. */
  runToEnd(): void {
    this.request('CONT');
    while (this.wait().kind !== 'gone') this.request('CONT');
  }

  /** Once it is gone its number may be another's. */
  kill(): void {
    if (this.isGone) return;
    syscall('kill', this.pid, 9);
    while (this.nextStop(MOST_NAPS).kind !== 'gone');
  }

  /** The kernel kills the process when this one ends. @source kernel/ptrace.c exit_ptrace */
  dieWithTracer(): void {
    this.request('SETOPTIONS', 0, OPTIONS | OPTION.EXITKILL);
    this.diesWithTracer = true;
  }

  /** Lets the thread run on while it stays ours. */
  resume(): void {
    this.request('CONT');
  }

  /** Lets the thread go on, exactly as it was stopped. */
  detach(): void {
    this.request('DETACH');
    LIVING.delete(this);
  }

  /** Lets the thread go on from whatever it is at, if there is something to let go, and it is not to end with us. */
  release(): void {
    if (this.isGone || this.diesWithTracer) return;
    try {
      this.nextStop(PATIENT);
      if (!this.isGone) this.detach();
    } catch (error) {
      if (!(error instanceof ElfreezeError)) throw error;
      // It ended, its number is that of a thread which is not ours, or it does not stop, and is let go when we end.
      LIVING.delete(this);
    }
  }

  /** @returns the bytes of a register set; its length tells the width of the tracee */
  regset(type: number, room: number): Uint8Array {
    const bytes = new Uint8Array(room);
    const iovec = iovecOf(bytes);
    this.request('GETREGSET', type, iovec);
    return bytes.subarray(0, Number(new DataView(iovec.buffer).getBigUint64(8, true)));
  }

  setRegset(type: number, bytes: Uint8Array): void {
    this.request('SETREGSET', type, iovecOf(bytes));
  }

  /** The machine whose code the thread is executing. */
  arch(): Arch {
    return this.regset(NT.PRSTATUS, 256).length === 68 ? ARCHES.i386 : ARCHES['x86-64'];
  }

  /** @throws UNSUPPORTED when it runs code of another width than its program's, as the kernel's far selectors let it */
  registers(arch: Arch): Registers {
    const bytes = this.regset(NT.PRSTATUS, 256);
    if (bytes.length !== arch.registers.length * arch.wordSize) {
      const width = arch.wordSize === 8 ? 32 : 64;
      throw new ElfreezeError(
        'UNSUPPORTED',
        `thread ${this.pid} → code of ${width} bits in a program of ${96 - width}`,
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const read = (i: number): bigint =>
      arch.wordSize === 8 ? view.getBigUint64(i * 8, true) : BigInt(view.getUint32(i * 4, true));
    return Object.fromEntries(arch.registers.map((name, i) => [name, read(i)]));
  }

  setRegisters(arch: Arch, registers: Registers): void {
    const bytes = new Uint8Array(arch.registers.length * arch.wordSize);
    const view = new DataView(bytes.buffer);
    arch.registers.forEach((name, i) => {
      const value = registers[name] ?? 0n;
      if (arch.wordSize === 8) view.setBigUint64(i * 8, BigInt.asUintN(64, value), true);
      else view.setUint32(i * 4, Number(BigInt.asUintN(32, value)), true);
    });
    this.setRegset(NT.PRSTATUS, bytes);
  }

  sigmask(): bigint {
    const mask = new BigUint64Array(1);
    this.request('GETSIGMASK', 8, new Uint8Array(mask.buffer));
    return mask[0] ?? 0n;
  }

  setSigmask(mask: bigint): void {
    this.request('SETSIGMASK', 8, new Uint8Array(new BigUint64Array([mask]).buffer));
  }

  /** Queued signals, oldest first: siginfo_t of 128 bytes each. @param shared those of the whole process */
  pendingSignals(shared: boolean): Uint8Array[] {
    const infos: Uint8Array[] = [];
    const args = new DataView(new ArrayBuffer(16)); // u64 offset, u32 flags, s32 count
    args.setUint32(8, shared ? 1 : 0, true);
    args.setInt32(12, 1, true);
    for (;;) {
      args.setBigUint64(0, BigInt(infos.length), true);
      const info = new Uint8Array(128);
      if (this.request('PEEKSIGINFO', new Uint8Array(args.buffer), info) === 0) return infos;
      infos.push(info);
    }
  }

  /** struct ptrace_rseq_configuration, or undefined before Linux 5.13. */
  rseqConfiguration(): Uint8Array | undefined {
    const bytes = new Uint8Array(24);
    return syscall('ptrace', REQUEST.GET_RSEQ_CONFIGURATION, this.pid, 24, bytes) < 0 ? undefined : bytes;
  }

  /** Whether its system calls may raise SIGSYS instead. Not told before Linux 6.4. @source prctl(2) PR_SET_SYSCALL_USER_DISPATCH */
  dispatchesSystemCalls(): boolean {
    const bytes = new Uint8Array(32); // u64 mode, selector, offset, len
    return syscall('ptrace', REQUEST.GET_SYSCALL_USER_DISPATCH_CONFIG, this.pid, 32, bytes) === 0 && bytes[0] !== 0;
  }
}

/** For a report: `D (disk sleep), in do_exit`. */
function stateOf(pid: number): string {
  try {
    return `${parseStatus(procText(pid, 'status')).state}, in ${procText(pid, 'wchan')}`;
  } catch {
    return 'gone';
  }
}

/** In nanoseconds; undefined when it is gone, and without CONFIG_SCHED_INFO. @source Documentation/scheduler/sched-stats.rst */
function timeOnProcessor(pid: number): bigint | undefined {
  try {
    return BigInt(procText(pid, 'schedstat').split(' ', 1)[0] ?? '');
  } catch {
    return undefined;
  }
}

/** Whether it could run, and was given no processor: for lower priority than others, on a machine that has too much to do. @param ran what it had before */
function isStarved(pid: number, ran: bigint | undefined): boolean {
  const now = timeOnProcessor(pid);
  return ran !== undefined && now !== undefined && now - ran < ENOUGH && stateOf(pid).startsWith('R');
}

const idle = new Int32Array(new SharedArrayBuffer(4));
const nap = (milliseconds: number): unknown => Atomics.wait(idle, 0, 0, milliseconds);

function iovecOf(bytes: Uint8Array): Uint8Array {
  const iovec = new DataView(new ArrayBuffer(16));
  iovec.setBigUint64(0, addressOf(bytes), true);
  iovec.setBigUint64(8, BigInt(bytes.length), true);
  return new Uint8Array(iovec.buffer);
}
