import { type Difference, differ } from './difference.ts';

/** Parts of the area in the standard format, [name, start, end). @source Intel SDM vol. 1, 10.5.1 and 13.4 */
const PARTS: readonly (readonly [name: string, start: number, end: number])[] = [
  ['fcw', 0, 2],
  ['fsw', 2, 4],
  ['ftw', 4, 5],
  ['fop', 6, 8],
  ['fip', 8, 16],
  ['fdp', 16, 24],
  ['mxcsr', 24, 28], // what follows, mxcsr_mask, is the CPU's
  ...Array.from({ length: 8 }, (_, i) => [`st${i}`, 32 + 16 * i, 42 + 16 * i] as const),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, 160 + 16 * i, 176 + 16 * i] as const),
  ...Array.from({ length: 16 }, (_, i) => [`ymm${i} (upper half)`, 576 + 16 * i, 592 + 16 * i] as const),
];
const XSTATE_BV = 512;
/** AVX-512 and later: where each lies depends on the CPU. */
const REST = 832;
/** State components below this number have their place in PARTS. */
const NAMED_COMPONENTS = 3n;

/** Component of a part: x87, SSE or AVX. */
const componentOf = (start: number): bigint =>
  start < 24 || (start >= 32 && start < 160) ? 0n : start < 576 ? 1n : 2n;

/** Initial values that are not zero. @source Intel SDM vol. 1, 13.6 */
const INITIAL: Readonly<Record<string, readonly number[]>> = { fcw: [0x7f, 3], mxcsr: [0x80, 0x1f, 0, 0] };

/** Compares the extended state by value: a component may be marked as in use or not when its value is the initial one. */
export function compareXstate(recorded: Uint8Array, found: Uint8Array): Difference[] {
  const named = PARTS.flatMap(([name, start, end]) => {
    return differ('xstate', name, partOf(recorded, name, start, end), partOf(found, name, start, end));
  });
  const [one, two] = [restOf(recorded), restOf(found)];
  const at = Array.from({ length: Math.max(one.length, two.length) }, (_, i) => i).find(
    (i) => (one[i] ?? 0) !== (two[i] ?? 0),
  );
  if (at === undefined) return named;
  const text = (rest: Uint8Array): string => hexOf(rest.subarray(at, at + 16));
  return [...named, { what: 'xstate', where: `from byte ${REST + at} on`, recorded: text(one), found: text(two) }];
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const inUse = (xstate: Uint8Array): bigint =>
  xstate.length < XSTATE_BV + 8 ? 3n : new DataView(xstate.buffer, xstate.byteOffset).getBigUint64(XSTATE_BV, true);

function partOf(xstate: Uint8Array, name: string, start: number, end: number): string {
  const component = componentOf(start);
  // The kernel fills in the initial values itself for x87 and SSE, but mxcsr is also AVX's.
  if ((inUse(xstate) >> component) & 1n || (name === 'mxcsr' && inUse(xstate) & 4n))
    return hexOf(xstate.subarray(start, end));
  return hexOf(Uint8Array.from({ length: end - start }, (_, i) => INITIAL[name]?.[i] ?? 0));
}

/** Components without a name here: zeros when none of them is in use. */
const restOf = (xstate: Uint8Array): Uint8Array =>
  inUse(xstate) >> NAMED_COMPONENTS === 0n ? new Uint8Array() : xstate.subarray(REST);
