import { PT_LOAD } from '../elf/constants.ts';
import { NO_DRAWS } from './conditions.ts';
import { execute, type ExecInput, type Loaded, type Outcome } from './load.ts';
import type { Place } from './places.ts';

/** Where the break begins, why there, and what would move it. It ends where it begins until the program asks for more. */
export interface PredictedBreak {
  readonly start: Place;
  /** `segments`: the page after the highest end. `static-pie`: where position-independent programs are loaded. */
  readonly rule: 'segments' | 'static-pie';
  /** The header of the PT_LOAD that ends highest. */
  readonly highest: number | undefined;
  /** With ADDR_NO_RANDOMIZE, or kernel.randomize_va_space below 2. */
  readonly unrandomised: bigint;
  /** The same with the program headers in reverse order; undefined if it would not start then. */
  readonly reversed: bigint | undefined;
  /** Lines of maps that are in one of both orders only. */
  readonly reversedDiffers: number;
}

export function describeBreak(input: ExecInput, loaded: Loaded, start: Place): PredictedBreak {
  const fixed: ExecInput = { ...input, conditions: { ...input.conditions, randomize: 0 } };
  const [plain, reversed] = [execute(fixed, NO_DRAWS), execute(fixed, NO_DRAWS, 'reversed')];
  const [here, there] = [linesOf(plain), linesOf(reversed)];
  const differing = [...here.filter((line) => !there.includes(line)), ...there.filter((line) => !here.includes(line))];
  return {
    start,
    rule: loaded.brkMoved ? 'static-pie' : 'segments',
    highest: highestOf(loaded),
    unrandomised: plain.kind === 'loaded' ? plain.startBrk : loaded.startBrk,
    reversed: reversed.kind === 'loaded' ? reversed.startBrk : undefined,
    reversedDiffers: differing.length,
  };
}

/** The kernel takes the maximum as it walks: the first of equals. */
function highestOf({ headers }: Loaded): number | undefined {
  const ends = headers.phdrs.map(({ type, vaddr, memsz }) => (type === PT_LOAD ? vaddr + memsz : -1n));
  const highest = ends.reduce((most, end) => (end > most ? end : most), -1n);
  return highest === -1n ? undefined : ends.indexOf(highest);
}

const linesOf = (outcome: Outcome): string[] =>
  outcome.kind === 'loaded'
    ? outcome.mappings.map(({ start, end, prot, offset }) => `${start} ${end} ${prot} ${offset}`)
    : [];
