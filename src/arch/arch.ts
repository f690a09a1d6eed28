import type { Range } from '../base/range.ts';
import type { ArchName } from '../snapshot/snapshot.ts';
import type { SyscallName } from './syscalls.ts';

/** Instructions in the target's own text that a system call can be made with, and what they pop before returning. */
export interface Gadget {
  readonly bytes: readonly number[];
  /** Words popped between the system call and its `ret`. */
  readonly pops: number;
}

/** A signal frame's layout: offsets from the frame's first byte, and the sigcontext's fields in order. */
export interface FrameLayout {
  /** Offset of ucontext. */
  readonly ucontext: number;
  /** Offset of sigcontext inside ucontext. */
  readonly mcontext: number;
  /** Offset of uc_sigmask inside ucontext. */
  readonly sigmask: number;
  /** First byte after what rt_sigreturn reads. */
  readonly end: number;
  /** Register name or undefined for padding, and its width in bytes, in order. */
  readonly fields: readonly (readonly [name: string | undefined, bytes: number])[];
  /** Name that stands for the address of the saved FPU state. */
  readonly ucFlags: number;
  /** Bytes of FSAVE header before the FXSAVE area. */
  readonly fsaveHeader: number;
  /** How far above the frame's address the stack pointer is when rt_sigreturn is called. */
  readonly spBias: bigint;
}

/** Everything that differs between the machines, as facts. */
export interface Arch {
  readonly name: ArchName;
  readonly elfClass: 32 | 64;
  /** e_machine. */
  readonly machine: number;
  readonly wordSize: 4 | 8;
  /** Fields of user_regs_struct in order, each one word. @source arch/x86/include/asm/user_{32,64}.h */
  readonly registers: readonly string[];
  readonly ip: string;
  readonly sp: string;
  readonly ax: string;
  readonly origAx: string;
  /** Registers that take a system call's arguments. @source syscall(2) */
  readonly args: readonly string[];
  readonly syscalls: Readonly<Record<SyscallName, number>>;
  readonly syscallGadgets: readonly Gadget[];
  /** `mov $__NR_rt_sigreturn, %eax` and the system call. */
  readonly sigreturnGadgets: readonly (readonly number[])[];
  /** Bytes below the stack pointer that a function may use without moving it. */
  readonly redZone: bigint;
  /** Length of the system call instruction. */
  readonly syscallLength: bigint;
  /** Addresses user space can have at all on some kernel. */
  readonly userEnd: bigint;
  readonly frame: FrameLayout;
  /** Where execve may put the new stack: nothing there may be a PT_LOAD. `highest` is the end of the highest mapping. */
  stackZones(highest: bigint): readonly Range[];
  /** Program headers that every supported kernel accepts. @source fs/binfmt_elf.c load_elf_phdrs, ≤ v6.16: size ≤ ELF_MIN_ALIGN */
  readonly maxHeaders: number;
}
