/** Offset of XSTATE_BV, which components are not in their initial state. @source Intel SDM vol. 1, 13.4 */
const XSTATE_BV = 512;
const HEADER_END = 576;
const FP = 1n;
const SSE = 2n;

/**
 * Extents of the extended components in the standard format. The places of components up to PKRU differ between
 * vendors (AMD leaves no room for MPX), so they come from CPUID leaf 0xD of the machine that saved the state.
 */
export interface XstateComponent {
  readonly bit: number;
  readonly offset: number;
  readonly size: number;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** XSTATE_BV of a standard-format area, always with FP and SSE, whose bytes are valid at all times in what ptrace gives. */
export function componentsInUse(xstate: Uint8Array): bigint {
  return xstate.length < HEADER_END ? FP | SSE : view(xstate).getBigUint64(XSTATE_BV, true) | FP | SSE;
}

/** Highest end of any component: the area's end where AVX-512 or later is in use, 832 for AVX, 576 for SSE. */
export function trimmedSize(xstate: Uint8Array): number {
  const used = componentsInUse(xstate) & ~(FP | SSE);
  if (used === 0n) return HEADER_END;
  // Only AVX: bytes 576 … 831 on every CPU. Anything above keeps its place to the end of the area.
  return used === 4n ? 832 : xstate.length;
}

/**
 * The 112-byte struct _fpstate_32 header before the FXSAVE area of an i386 frame: the x87 state in FSAVE form, which
 * the kernel takes the environment from. @source arch/x86/kernel/fpu/regset.c convert_from_fxsr, __convert_from_fxsr
 */
export function fsaveHeader(xstate: Uint8Array): Uint8Array {
  const fx = view(xstate);
  const header = new Uint8Array(112);
  const out = view(header);
  const swd = fx.getUint16(2, true);
  out.setUint32(0, fx.getUint16(0, true) | 0xffff0000, true);
  out.setUint32(4, swd | 0xffff0000, true);
  out.setUint32(8, fullTag(xstate, swd) | 0xffff0000, true);
  out.setUint32(12, fx.getUint32(8, true), true); // fip
  out.setUint32(16, fx.getUint16(12, true) | (fx.getUint16(6, true) << 16), true); // fcs | fop
  out.setUint32(20, fx.getUint32(16, true), true); // foo
  out.setUint32(24, fx.getUint16(20, true), true); // fos
  for (let i = 0; i < 8; i++) header.set(xstate.subarray(32 + 16 * i, 32 + 16 * i + 10), 28 + 10 * i);
  out.setUint16(108, swd, true);
  out.setUint16(110, 0, true); // X86_FXSR_MAGIC: an FXSAVE area follows
  return header;
}

const TAG = { valid: 0, zero: 1, special: 2, empty: 3 } as const;

/** Two bits a register out of FXSAVE's one: what FSAVE would have stored. @source Intel SDM vol. 1, 10.5.1.1 */
function fullTag(xstate: Uint8Array, swd: number): number {
  const abridged = xstate[4] ?? 0;
  const top = (swd >> 11) & 7;
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) {
    const st = xstate.subarray(32 + 16 * ((physical - top) & 7), 32 + 16 * ((physical - top) & 7) + 10);
    const tag = (abridged >> physical) & 1 ? registerTag(st) : TAG.empty;
    tags |= tag << (2 * physical);
  }
  return tags;
}

function registerTag(st: Uint8Array): number {
  const exponent = ((st[9] ?? 0) & 0x7f) * 256 + (st[8] ?? 0);
  if (exponent === 0x7fff) return TAG.special;
  const significand = st.subarray(0, 8);
  if (exponent === 0) return significand.every((byte) => byte === 0) ? TAG.zero : TAG.special;
  return (significand[7] ?? 0) & 0x80 ? TAG.valid : TAG.special;
}
