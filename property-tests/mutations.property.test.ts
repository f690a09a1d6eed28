import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { RULE_IDS, type RuleId, type Rules, RULES } from '../src/predict/rules.ts';
import { launch, type Launch } from './arbitraries/launch.ts';
import { readCorpus } from './corpus.ts';
import { caseOf, disagreements, inputOf } from './loader.ts';
import { openOracle } from './oracle.ts';
import type { LaunchCase } from './oracles/case.ts';
import type { Observation } from './oracles/observation.ts';
import { SEED } from './settings.ts';
import type { World } from './world.ts';

/** Within how many cases a model with one wrong row must be found out. */
const CASES = 2000;

/** What one of thousands of draws would show, and so no test that must always end the same way. */
const ONLY_BY_CHANCE: Partial<Record<RuleId, string>> = {
  'break-leaves-a-page': 'only the lowest and the highest of 8192 places that the break may be drawn from tell',
};

/** What only a launch by root shows. */
const ONLY_TO_ROOT: Partial<Record<RuleId, string>> = {
  'search-ends-at-lowest-address': 'not root: nothing is mapped below 64 KiB anyway',
};
const isRoot = process.getuid?.() === 0;

/** What only a 32-bit program shows. */
const ONLY_OF_32_BITS: readonly RuleId[] = [
  'missing-stack-header-means-exec-32',
  'vdso32-of-three-pages',
  'search-ends-at-lowest-address',
];

interface Seen {
  readonly value: Launch;
  readonly launched: LaunchCase;
  readonly seen: Observation;
}

let world: World;
const observations: Seen[] = [];

beforeAll(async () => {
  await using oracle = await openOracle();
  world = oracle.world;
  const corpus = readCorpus().map(([, value]) => value);
  for (const value of [...corpus, ...fc.sample(launch, { seed: SEED, numRuns: CASES - corpus.length })]) {
    const launched = caseOf(value);
    observations.push({ value, launched, seen: await oracle.kernel.observe(launched) });
  }
}, 120_000);

/** The first case that a model with these rules gets wrong, or -1. */
const caughtBy = (rules: Rules): number =>
  observations.findIndex(
    ({ value, launched, seen }) => disagreements(inputOf({ ...world, rules }, value, launched), seen).length > 0,
  );

it('the property tests find nothing wrong with the model as it is', () => {
  expect(caughtBy(world.rules)).toBe(-1);
});

describe('the property tests notice a model in which it is otherwise that', () => {
  it.for(RULE_IDS)('%s', (id, { skip }) => {
    const lack = world.kernel.ia32 || !ONLY_OF_32_BITS.includes(id) ? undefined : lacksArch('i386');
    const reason = lack ?? ONLY_BY_CHANCE[id] ?? (isRoot ? undefined : ONLY_TO_ROOT[id]);
    skip(reason !== undefined, reason);
    const mutant = { ...world.rules, [id]: !world.rules[id] };
    expect(caughtBy(mutant) === -1 ? `no case of ${CASES} tells whether ${RULES[id].what}` : 'noticed').toBe('noticed');
  });
});
