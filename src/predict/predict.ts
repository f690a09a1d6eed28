import { type Range, sizeOf } from '../base/range.ts';
import type { RandomAccess } from '../elf/access.ts';
import type { Vma } from './address-space.ts';
import { describeBreak, type PredictedBreak } from './predicted-break.ts';
import { DEFAULT_CONDITIONS, type ExecConditions, isRandomised, zonesOf } from './conditions.ts';
import { type Errno, PROT_EXEC, PROT_READ, PROT_WRITE } from './exec.ts';
import type { OpenInterpreter } from './headers.ts';
import type { Kernel } from './kernel.ts';
import type { ExecInput, Loaded, Outcome } from './load.ts';
import { type Place, placeOf, spreadOf } from './places.ts';
import { rulesOf } from './rules.ts';

export interface PredictedMapping {
  readonly start: Place;
  readonly size: bigint;
  /** `rw-p` */
  readonly permissions: string;
  readonly kind: Vma['backing']['kind'];
  /** Of which file it, or the header that asked for it, is. */
  readonly file: 'program' | 'interpreter' | undefined;
  /** Number of that header in the table. */
  readonly header: number | undefined;
  /** In the file; 0 for what is not of a file. */
  readonly offset: bigint;
}

export interface PredictedProcess {
  readonly kind: 'loaded';
  /** Ascending at the lowest addresses. Neighbours that the kernel may join to one line are apart. */
  readonly mappings: readonly PredictedMapping[];
  readonly brk: PredictedBreak;
  /** Where the stack may be, with the room that it may grow into. */
  readonly stackZone: Range;
  readonly interpreter: string | undefined;
  readonly atPhdr: Place;
  readonly atBase: Place;
  readonly atEntry: Place;
  /** The first instruction. */
  readonly entry: Place;
  /** What may become of it instead, by what is drawn. Empty for all but strange files. */
  readonly otherwise: readonly string[];
}

export type Prediction =
  | { readonly kind: 'error'; readonly errno: Errno; readonly why: string }
  | { readonly kind: 'killed'; readonly signal: 'SIGSEGV'; readonly why: string }
  | PredictedProcess;

export interface PredictOptions {
  readonly kernel: Kernel;
  /** What differs from DEFAULT_CONDITIONS. */
  readonly conditions?: Partial<ExecConditions>;
  /** For a program that names an interpreter; without it none is found. */
  readonly openInterpreter?: OpenInterpreter;
}

/** What execve of `program` would do on a kernel: its error, the death of the process, or what is mapped where. */
export function predict(program: RandomAccess, { kernel, conditions, openInterpreter }: PredictOptions): Prediction {
  const input: ExecInput = {
    program,
    openInterpreter: openInterpreter ?? (() => 'ENOENT'),
    kernel,
    rules: rulesOf(kernel),
    conditions: { ...DEFAULT_CONDITIONS, ...conditions },
  };
  const spread = spreadOf(input);
  const { usual, others } = spread;
  if (usual.kind !== 'loaded') return usual;
  const place = (address: (of: Loaded) => bigint | undefined): Place => placeOf(usual, spread, address);
  return {
    kind: 'loaded',
    mappings: usual.mappings.map((vma) => ({
      start: place(({ mappings }) => mappings.find((other) => isSame(other, vma))?.start),
      size: sizeOf(vma),
      permissions: formatProt(vma.prot),
      kind: vma.backing.kind,
      file: 'of' in vma.backing ? vma.backing.of : undefined,
      header: 'header' in vma.backing ? vma.backing.header : undefined,
      offset: vma.offset,
    })),
    brk: describeBreak(
      input,
      usual,
      place(({ startBrk }) => startBrk),
    ),
    stackZone: stackZone(input, usual),
    interpreter: usual.headers.interpreter?.path,
    atPhdr: place(({ atPhdr }) => atPhdr),
    atBase: place(({ atBase }) => atBase),
    atEntry: place(({ atEntry }) => atEntry),
    entry: place(({ entry }) => entry),
    otherwise: [...new Set(others.flatMap(({ outcome }) => endOf(outcome)))],
  };
}

export const formatProt = (prot: number): string =>
  `${prot & PROT_READ ? 'r' : '-'}${prot & PROT_WRITE ? 'w' : '-'}${prot & PROT_EXEC ? 'x' : '-'}p`;
const isSame = (a: Vma, b: Vma): boolean =>
  JSON.stringify(a.backing) === JSON.stringify(b.backing) && a.offset === b.offset && sizeOf(a) === sizeOf(b);
const endOf = (outcome: Outcome): string[] => (outcome.kind === 'loaded' ? [] : [`${outcome.kind}: ${outcome.why}`]);

function stackZone({ kernel, conditions }: ExecInput, { headers, stack }: Loaded): Range {
  const { stackTop, stackRandom } = zonesOf(headers.cls, kernel, conditions);
  const room = conditions.stackLimit ?? 0n;
  const size = room > sizeOf(stack) ? room : sizeOf(stack);
  return { start: stackTop - (isRandomised(conditions) ? stackRandom : 0n) - size, end: stackTop };
}
