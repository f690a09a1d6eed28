import { basename } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { KERNEL, PATH, RUNS, SEED } from './settings.ts';

export interface Claim<T> {
  /** The test's title, to find it by. */
  readonly title: string;
  /** Cases if nobody said how many. */
  readonly runs: number;
  /** @returns what is wrong; nothing if the claim holds */
  readonly problems: (value: T) => Promise<readonly string[]>;
  /** The same of many at once, where that is quicker. */
  readonly problemsOfAll?: ((values: readonly T[]) => Promise<readonly (readonly string[])[]>) | undefined;
  /** The value, readable. */
  readonly show: (value: T) => readonly string[];
  /** What to do with the smallest value that fails. @returns a line about it */
  readonly keep?: (value: T) => string;
}

/** A value for which the claim does not hold. */
interface Counterexample<T> {
  readonly value: T;
  readonly path: string;
  readonly problems: string;
}

const AT_ONCE = 100;

/**
 * @returns how many values it held for
 * @throws Error that says what is wrong with the smallest value for which the claim fails, and how to see it again
 */
export async function check<T>(arbitrary: fc.Arbitrary<T>, claim: Claim<T>): Promise<number> {
  const runs = RUNS ?? claim.runs;
  const many = PATH === undefined && claim.problemsOfAll !== undefined;
  const found = many ? await firstOfMany(arbitrary, claim, runs) : undefined;
  if (many && found === undefined) return runs;
  // One that was found among many is shrunk by itself. What depends on the kernel's draws may not show again: it counts as it is.
  const path = PATH ?? found?.path;
  const replay = path === undefined ? {} : { path, endOnFailure: PATH !== undefined };
  const counterexample = (await search(arbitrary, claim, found ? 1 : runs, replay)) ?? found;
  if (counterexample === undefined) return runs;
  throw new Error(report(counterexample, claim, runs));
}

async function search<T>(
  arbitrary: fc.Arbitrary<T>,
  claim: Claim<T>,
  runs: number,
  replay: { readonly path?: string; readonly endOnFailure?: boolean },
): Promise<Counterexample<T> | undefined> {
  // An oracle that fails says nothing about the value: it ends the search instead of being shrunk.
  const broken: unknown[] = [];
  const property = fc.asyncProperty(arbitrary, async (value) => {
    if (broken.length > 0) return;
    const problems = await claim.problems(value).catch((error: unknown) => {
      broken.push(error);
      return [];
    });
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
  const { failed, counterexample, counterexamplePath, errorInstance } = await fc.check(property, {
    seed: SEED,
    numRuns: runs,
    ...replay,
  });
  if (broken.length > 0) throw broken[0];
  if (!failed) return undefined;
  const problems = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { value: counterexample![0], path: counterexamplePath ?? '', problems };
}

async function firstOfMany<T>(
  arbitrary: fc.Arbitrary<T>,
  { problemsOfAll }: Claim<T>,
  runs: number,
): Promise<Counterexample<T> | undefined> {
  const values = fc.sample(arbitrary, { seed: SEED, numRuns: runs });
  for (let at = 0; at < values.length; at += AT_ONCE) {
    const part = values.slice(at, at + AT_ONCE);
    const all = (await problemsOfAll?.(part)) ?? [];
    const wrong = all.findIndex((problems) => problems.length > 0);
    if (wrong >= 0) return { value: part[wrong]!, path: String(at + wrong), problems: all[wrong]!.join('\n') };
  }
  return undefined;
}

/** So that no other file is even looked at. */
const fileOfTest = (): string => basename(expect.getState().testPath ?? '', '.property.test.ts');

/** What vitest finds only this title by, for a shell. */
const patternOf = (title: string): string =>
  `'${title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", String.raw`'\''`)}$'`;

/** What is wrong with a value, by an assertion about it. */
export const asserted =
  <T>(holds: (value: T) => void) =>
  async (value: T): Promise<string[]> => {
    try {
      holds(value);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  };

function report<T>({ value, path, problems }: Counterexample<T>, claim: Claim<T>, runs: number): string {
  const kernel = KERNEL === undefined ? '' : ` --kernel ${KERNEL}`;
  const kept = claim.keep?.(value);
  return [
    problems,
    '',
    ...claim.show(value),
    '',
    `seed ${SEED}, path ${path}`,
    `again: npm run test:property -- --seed ${SEED} --path ${path} --runs ${runs}${kernel} ${fileOfTest()} -t ${patternOf(claim.title)}`,
    ...(kept === undefined ? [] : [kept]),
  ].join('\n');
}
