import { EM_X86_64 } from '../elf/constants.ts';
import { type Draws, isRandomised, NO_DRAWS, zonesOf } from './conditions.ts';
import { execute, type ExecInput, type Loaded, type Outcome } from './load.ts';

/** What the kernel draws at random: of the stack, the mmap area, a position-independent program, the break, the vdso. */
export type DrawName = keyof Draws;

/** An address that is known, or a range of them: `lowest`, and up to `random` bytes above it. */
export interface Place {
  readonly lowest: bigint;
  readonly random: bigint;
  /** Whose draws decide. */
  readonly by: readonly DrawName[];
}

/** What an exec comes to, and what becomes of it when one variable after the other is drawn differently. */
export interface Spread {
  readonly usual: Outcome;
  readonly others: readonly { readonly by: DrawName; readonly outcome: Outcome }[];
}

/** Where a segment meets the stack at one end of its range, the other end is the usual one. */
export function spreadOf(input: ExecInput): Spread {
  const largest = largestDraws(input);
  const ends = [NO_DRAWS, { ...NO_DRAWS, stack: largest.stack }];
  const tried = ends.map((draws) => ({ draws, outcome: execute(input, draws) }));
  const usual = tried.find(({ outcome }) => outcome.kind === 'loaded') ?? tried[0]!;
  const brk = usual.outcome.kind === 'loaded' ? usual.outcome.brkRandom : 0n;
  const others = differing(usual.draws, { ...largest, brk }).map(({ by, draws }) => ({
    by,
    outcome: execute(input, draws),
  }));
  return { usual: usual.outcome, others };
}

function largestDraws({ program, kernel, conditions }: ExecInput): Draws {
  if (!isRandomised(conditions)) return NO_DRAWS;
  const cls = program.read(18n, 1)[0] === EM_X86_64 ? 64 : 32;
  const { stackRandom, mmapRandom, stackTop } = zonesOf(cls, kernel, conditions);
  return { stack: stackRandom, mmap: mmapRandom, pie: mmapRandom, brk: 0n, vdso: cls === 64 ? stackTop : undefined };
}

/** `from` with one variable after the other at its other end. */
function differing(from: Draws, largest: Draws): { by: DrawName; draws: Draws }[] {
  const names = (Object.keys(largest) as DrawName[]).filter((by) => (largest[by] ?? 0n) !== 0n);
  return names.map((by) => ({ by, draws: { ...from, [by]: from[by] === largest[by] ? NO_DRAWS[by] : largest[by] } }));
}

/** What the draws do to one address. They add up: each moves it by itself. */
export function placeOf(usual: Loaded, { others }: Spread, address: (of: Loaded) => bigint | undefined): Place {
  const base = address(usual) ?? 0n;
  let [lowest, random] = [base, 0n];
  const by: DrawName[] = [];
  for (const { by: name, outcome } of others) {
    const moved = outcome.kind === 'loaded' ? address(outcome) : undefined;
    if (moved === undefined || moved === base) continue;
    by.push(name);
    if (moved < base) lowest -= base - moved;
    random += moved < base ? base - moved : moved - base;
  }
  return { lowest, random, by };
}
