import fc from 'fast-check';
import { KERNEL, PATH, RUNS, SEED } from './settings.ts';

export interface Claim<T> {
  /** The test's title, to find it by. */
  readonly title: string;
  /** Cases if nobody said how many. */
  readonly runs: number;
  /** @returns what is wrong; nothing if the claim holds */
  readonly problems: (value: T) => Promise<readonly string[]>;
  /** The value, readable. */
  readonly show: (value: T) => readonly string[];
  /** What to do with the smallest value that fails. @returns a line about it */
  readonly keep?: (value: T) => string;
}

/** @throws Error that says what is wrong with the smallest value for which the claim fails, and how to see it again */
export async function check<T>(arbitrary: fc.Arbitrary<T>, claim: Claim<T>): Promise<number> {
  const runs = RUNS ?? claim.runs;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    const problems = await claim.problems(value);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
  const replay = PATH === undefined ? {} : { path: PATH, endOnFailure: true };
  const result = await fc.check(property, { seed: SEED, numRuns: runs, ...replay });
  if (!result.failed) return result.numRuns;
  const [value] = result.counterexample!;
  const kept = claim.keep?.(value);
  throw new Error(
    [
      result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance),
      '',
      ...claim.show(value),
      '',
      `seed ${result.seed}, path ${result.counterexamplePath}, after ${result.numRuns} cases and ${result.numShrinks} steps of shrinking`,
      `again: ${replayCommand(claim.title, result.seed, result.counterexamplePath ?? '', runs)}`,
      ...(kept === undefined ? [] : [kept]),
    ].join('\n'),
  );
}

/** Replays only this case, of only this test. */
function replayCommand(title: string, seed: number, path: string, runs: number): string {
  const kernel = KERNEL === undefined ? '' : ` --kernel ${KERNEL}`;
  return `npm run test:property -- --seed ${seed} --path ${path} --runs ${runs}${kernel} -t '${title}'`;
}
