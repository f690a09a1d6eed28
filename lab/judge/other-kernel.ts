import { isFrom } from '../release.ts';
import { stackPointer } from './compare-registers.ts';
import type { Look, MapsLine, ThreadPeek } from './look.ts';

/** A kernel, as far as it matters here. */
export interface ShownBy {
  readonly arch: 'amd64' | 'i386';
  /** `6.12.107+deb13-cloud-amd64` */
  readonly release: string;
}

/**
 * What a look at a process would have been under another kernel, on another processor, as far as they show the same thing differently. `after` tells only
 * what that kernel does not show at all.
 */
export function forKernel(before: Look, after: Look, was: ShownBy, is: ShownBy): Look {
  const shown = Object.entries(before.facts).filter(
    ([name, value]) =>
      name in after.facts &&
      !(name === 'auxv' && !hasRoom(is, value)) &&
      !(name === 'untag_mask' && was.arch !== is.arch),
  );
  const asShown = (name: string, value: string): string => {
    if (name === 'auxv') return asLong(value, after.facts[name]!);
    return name === 'timers' && is.arch === 'i386' ? withShortPointers(value) : value;
  };
  const facts = Object.fromEntries(shown.map(([name, value]) => [name, asShown(name, value)]));
  // The page of the oldest system calls is there as the kernel was configured, in all its processes.
  const maps = [...before.maps.filter((line) => !isVsyscall(line)), ...after.maps.filter(isVsyscall)];
  if (!before.peek || !after.peek) return { ...before, maps, facts };
  const shownAs = <T extends ThreadPeek>(thread: T, as: ThreadPeek | undefined): T => {
    const numbered = was.arch === is.arch ? thread : renumbered(thread);
    const { rseq, ...rest } = {
      ...numbered,
      registers: withNulls(numbered.registers, as?.registers ?? {}),
      xstate: withParts(thread.xstate, as?.xstate ?? '', [MASK, ...(is.arch === 'i386' ? unwrittenIn(thread) : [])]),
      pending: was.arch === is.arch ? thread.pending : mapValues(thread.pending, (queue) => queue.map(withShortWords)),
      components: thread.components.filter(({ bit }) => !(bit === PKRU && is.arch === 'i386')),
    };
    return (rseq && showsRseq(is) ? { ...rest, rseq } : rest) as T;
  };
  const continuing = new Map(after.peek.others.map((thread) => [stackPointer(thread), thread]));
  const others = before.peek.others.map((thread) => shownAs(thread, continuing.get(stackPointer(thread))));
  return { ...before, maps, facts, peek: { ...shownAs(before.peek, after.peek), others } };
}

/** Protection keys are for 64-bit kernels only. @source arch/x86/Kconfig X86_INTEL_MEMORY_PROTECTION_KEYS */
const PKRU = 9;

const isVsyscall = ({ path }: MapsLine): boolean => path === '[vsyscall]';

/** PTRACE_GET_RSEQ_CONFIGURATION came with Linux 5.13. */
export const showsRseq = ({ release }: Pick<ShownBy, 'release'>): boolean => isFrom(release, '5.13');

/** Words that Linux before 5.14 keeps of an auxiliary vector; a longer one it does not take. @source linux/mm_types.h, AT_VECTOR_SIZE */
const OLD_ROOM = 46;

/** Whether a kernel keeps all of an auxiliary vector. */
export function hasRoom({ arch, release }: ShownBy, auxv: string): boolean {
  if (arch === 'amd64') return true;
  const bytes = Buffer.from(auxv, 'hex');
  let words = 2;
  for (let at = 0; at + 8 <= bytes.length && bytes.readUInt32LE(at) !== 0; at += 8) words += 2;
  return isFrom(release, '5.14') || words <= OLD_ROOM;
}

/**
 * Selectors 0 to 3 are all none. Old kernels give those of a signal frame the privilege of user space, and so make a 0 to a 3.
 * @source v5.10 arch/x86/ia32/ia32_signal.c, reload_segments
 */
const withNulls = (before: ThreadPeek['registers'], after: ThreadPeek['registers']): ThreadPeek['registers'] =>
  Object.fromEntries(
    Object.entries(before).map(([name, value]) => [
      name,
      isNone(name, value) && isNone(name, after[name]) ? (after[name] ?? value) : value,
    ]),
  );
const isNone = (name: string, value = ''): boolean => SEGMENTS.has(name) && /^0x[0-3]$/.test(value);

/** Part of an XSAVE area, in bytes. */
type Part = readonly [start: number, end: number];

/** MXCSR_MASK of the FXSAVE area: what bits of MXCSR the processor has. @source Intel SDM vol. 1, 11.6.6 */
const MASK: Part = [28, 32];

/**
 * What XSAVE does not write outside of 64-bit mode, by component: YMM8 to YMM15, and what is reserved of BNDCSR. There a 32-bit kernel
 * shows what was in its memory before, of undisturbed processes too (seen on Linux 6.1). @source Intel SDM vol. 1, 13.5.3 and 13.5.4
 */
const UNWRITTEN: Readonly<Record<number, Part>> = { 2: [128, 256], 4: [16, 64] };

const unwrittenIn = ({ components }: ThreadPeek): Part[] =>
  components.flatMap(({ bit, offset }) => {
    const part = UNWRITTEN[bit];
    return part ? [[offset + part[0], offset + part[1]] as const] : [];
  });

/** @param xstate in hexadecimal digits, two for a byte, as `other` */
function withParts(xstate: string, other: string, parts: readonly Part[]): string {
  let shown = xstate;
  for (const [start, end] of parts)
    if (other.length >= 2 * end)
      shown = shown.slice(0, 2 * start) + other.slice(2 * start, 2 * end) + shown.slice(2 * end);
  return shown;
}

/** A timer's value is printed as a pointer of the kernel. @source fs/proc/base.c show_timer */
const withShortPointers = (timers: string): string => timers.replaceAll(/^(signal: \d+\/)0{8}([0-9a-f]{8})$/gm, '$1$2');

/** How many zeros come after the vector's end is the kernel's matter. */
const asLong = (auxv: string, other: string): string => auxv.replace(/(00)+$/, '').padEnd(other.length, '0');

/** Segment selectors of a 64-bit kernel's 32-bit processes, and of a 32-bit kernel's. @source arch/x86/include/asm/segment.h */
const SELECTORS: Readonly<Record<string, string>> = { '0x23': '0x73', '0x2b': '0x7b', '0x63': '0x33', '0x6b': '0x3b' };
const SEGMENTS = new Set(['cs', 'ds', 'es', 'fs', 'gs', 'ss']);

const mapValues = <V>(values: Readonly<Record<string, V>>, change: (value: V) => V): Record<string, V> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

/**
 * A queued signal as a 32-bit tracer is told it: without the word before the union, and with a value of four bytes. Only of signals that
 * processes and timers send: code 0 and below. @source include/uapi/asm-generic/siginfo.h
 */
function withShortWords(siginfo: string): string {
  const bytes = Buffer.from(siginfo, 'hex');
  if (bytes.readInt32LE(8) > 0) return siginfo;
  const short = Buffer.alloc(bytes.length);
  bytes.copy(short, 0, 0, 12);
  bytes.copy(short, 12, 16, 28);
  return short.toString('hex');
}

function renumbered<T extends ThreadPeek>(peek: T): T {
  const registers = Object.fromEntries(
    Object.entries(peek.registers).map(([name, value]) => [
      name,
      SEGMENTS.has(name) ? (SELECTORS[value] ?? value) : value,
    ]),
  );
  return { ...peek, registers, ...(peek.tls !== undefined && { tls: renumberedTls(peek.tls) }) };
}

/** Three struct user_desc, as hexadecimal text; each begins with the number of its entry: 12 to 14, or 6 to 8. */
function renumberedTls(text: string): string {
  const bytes = Buffer.from(text, 'hex');
  for (let at = 0; at < bytes.length; at += 16) bytes.writeUInt32LE(bytes.readUInt32LE(at) - 6, at);
  return bytes.toString('hex');
}
