import { ElfreezeError, invariant } from '../base/errors.ts';
import type { AltStack, Registers } from '../snapshot/thread.ts';
import type { Arch } from './arch.ts';
import { componentsInUse, fsaveHeader, trimmedSize } from './xstate.ts';

/** What rt_sigreturn puts back. */
export interface FrameState {
  readonly registers: Registers;
  readonly sigmask: bigint;
  readonly altstack: AltStack;
  /** Standard-format XSAVE area; without it rt_sigreturn resets the FPU to its initial state. */
  readonly xstate?: Uint8Array;
}

const FP_XSTATE_MAGIC1 = 0x46505853;
const FP_XSTATE_MAGIC2 = 0x46505845;

/** Bytes from a frame's first to its last byte, for xstate of at most `xstateSize` bytes (0: none). */
export function frameSize(arch: Arch, xstateSize: number): number {
  return xstateSize === 0 ? arch.frame.end : arch.frame.end + 128 + arch.frame.fsaveHeader + xstateSize + 4;
}

/** Where a register's first field is, from the frame's first byte. */
export function fieldOffset({ frame }: Arch, register: string): number {
  let at = frame.ucontext + frame.mcontext;
  for (const [name, width] of frame.fields) {
    if (name === register) return at;
    at += width;
  }
  throw new ElfreezeError('INTERNAL', `no register ${register} in a frame`);
}

/**
 * A signal frame as the kernel's rt_sigreturn reads it when the stack pointer is `address + arch.frame.spBias`.
 * Its first word, the handler's return address, is `pretcode`.
 * @source arch/x86/kernel/signal_{32,64}.c, arch/x86/kernel/fpu/signal.c
 */
export function encodeSignalFrame(arch: Arch, address: bigint, state: FrameState, pretcode = 0n): Uint8Array {
  const { frame, wordSize } = arch;
  const bytes = new Uint8Array(frameSize(arch, state.xstate?.length ?? 0));
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: bigint): void =>
    wordSize === 8 ? view.setBigUint64(at, value, true) : view.setUint32(at, Number(BigInt.asUintN(32, value)), true);

  word(0, pretcode);
  const uc = frame.ucontext;
  word(uc, BigInt(frame.ucFlags));
  word(uc + 2 * wordSize, state.altstack.sp);
  view.setUint32(uc + 3 * wordSize, state.altstack.flags, true);
  word(uc + 4 * wordSize, state.altstack.size);
  view.setBigUint64(uc + frame.sigmask, state.sigmask, true);

  // The FXSAVE area is aligned to 64 bytes in memory.
  const fx = Number(((address + BigInt(frame.end + frame.fsaveHeader) + 63n) & ~63n) - address);
  const fpstate = state.xstate ? address + BigInt(fx - frame.fsaveHeader) : 0n;
  let at = uc + frame.mcontext;
  for (const [name, width] of frame.fields) {
    const value = name === 'fpstate' ? fpstate : name === undefined ? 0n : state.registers[name];
    invariant(value !== undefined, `no register ${name}`);
    if (width === 2) view.setUint16(at, Number(value & 0xffffn), true);
    else word(at, value);
    at += width;
  }
  if (state.xstate) writeXstate(arch, bytes, fx, state.xstate);
  return bytes;
}

/** The xstate with its software-reserved words, no larger than the components in use need: a CPU with fewer takes it too. */
function writeXstate(arch: Arch, bytes: Uint8Array, fx: number, xstate: Uint8Array): void {
  const features = componentsInUse(xstate);
  const size = trimmedSize(xstate);
  const view = new DataView(bytes.buffer);
  bytes.set(xstate.subarray(0, size), fx);
  bytes.fill(0, fx + 464, fx + 512);
  view.setUint32(fx + 464, FP_XSTATE_MAGIC1, true);
  view.setUint32(fx + 468, arch.frame.fsaveHeader + size + 4, true);
  view.setBigUint64(fx + 472, features, true);
  view.setUint32(fx + 480, size, true);
  view.setUint32(fx + size, FP_XSTATE_MAGIC2, true);
  if (arch.frame.fsaveHeader > 0) bytes.set(fsaveHeader(xstate), fx - arch.frame.fsaveHeader);
}
