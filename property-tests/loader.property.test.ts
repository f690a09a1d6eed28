import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, type Launch } from './arbitraries/launch.ts';
import { check } from './check.ts';
import { keepLaunch, readCorpus } from './corpus.ts';
import { showLaunch } from './launch-table.ts';
import { caseOf, disagreements, inputOf } from './loader.ts';
import { type Oracle, openOracle } from './oracle.ts';
import { KEEP, PATH } from './settings.ts';

let open: Oracle | undefined;
let oracle: Oracle;
beforeAll(async () => {
  open = oracle = await openOracle();
});
// There is none if it could not be opened.
afterAll(async () => open?.[Symbol.asyncDispose]());

async function problemsOf(value: Launch): Promise<readonly string[]> {
  const launched = caseOf(value);
  return disagreements(inputOf(oracle.world, value, launched), await oracle.kernel.observe(launched));
}

async function problemsOfAll(values: readonly Launch[]): Promise<readonly (readonly string[])[]> {
  const launched = values.map(caseOf);
  const seen = await oracle.kernel.observeAll!(launched);
  return values.map((value, i) => disagreements(inputOf(oracle.world, value, launched[i]!), seen[i]!));
}

describe('the loader model', () => {
  // One that is asked for by its path is the only one.
  describe.skipIf(PATH !== undefined)('says what it once did not', () => {
    it.each(readCorpus())('%s', async (_, value) => {
      const problems = await problemsOf(value);
      expect(problems.length === 0 ? [] : [...problems, ...showLaunch(value)]).toEqual([]);
    });
  });

  it('says of any ELF file what the kernel does with it', async ({ task }) => {
    const start = performance.now();
    const cases = await check(launch, {
      title: task.name,
      runs: 2000,
      problems: problemsOf,
      problemsOfAll: oracle.kernel.observeAll && problemsOfAll,
      show: showLaunch,
      ...(KEEP ? { keep: (value: Launch) => `kept: ${keepLaunch(value)}` } : {}),
    });
    const perMinute = Math.round((cases / (performance.now() - start)) * 60_000);
    console.log(`${cases} files, half of them broken, on ${oracle.name}: ${perMinute} a minute`);
  });
});
