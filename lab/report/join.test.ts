import { expect, it } from 'vitest';
import { joinRuns } from './join.ts';
import { sampleCell, sampleRun } from './sample.ts';

const one = sampleCell({ name: 'one' });
const two = sampleCell({ name: 'two', verdict: { outcome: 'infra', cause: 'no guest', console: '' } });
const again = sampleCell({ name: 'two' });
const there = sampleCell({
  name: 'two',
  places: { freeze: one.places.freeze, restore: { name: 'host', kernel: '7' } },
});

it('parts of a run are one, and what was run again is what counts', () => {
  const parts = [
    { ...sampleRun([one, two]), command: 'a', notes: ['x'] },
    { ...sampleRun([again, there]), command: 'b', notes: ['x', 'y'], started: '2026-11-24T00:00:00.000Z' },
  ];
  expect(joinRuns(parts)).toEqual({
    ...parts[1],
    cells: [one, again, there],
    command: 'a && b',
    milliseconds: 2 * parts[0]!.milliseconds,
    notes: ['x', 'y'],
  });
});

it('one part is itself', () => {
  const run = sampleRun([one]);
  expect(joinRuns([run])).toEqual(run);
  expect(() => joinRuns([])).toThrow('no run to join');
});
