import { describe, expect, it } from 'vitest';
import { parseRun, runJsonSchema, runRecord } from './record.ts';
import { sampleCell, sampleRun } from './sample.ts';

describe('the record of a run', () => {
  it('is what its schema says', () => {
    const run = sampleRun([sampleCell(), sampleCell({ verdict: { outcome: 'infra', cause: 'x', console: '' } })]);
    expect(parseRun(JSON.stringify(run))).toEqual(run);
  });

  it.each([
    ['an address as a number', { startBrk: 4096, maps: [] }],
    ['an address with a leading zero', { startBrk: '0x01', maps: [] }],
    ['an address of more than 64 bits', { startBrk: '0x10000000000000000', maps: [] }],
  ])('has no %s', (_, before) => {
    const run = sampleRun([sampleCell({ before: before as never })]);
    expect(runRecord.safeParse(run).error?.issues.map(({ path }) => path.join('.'))).toEqual([
      'cells.0.before.startBrk',
    ]);
  });

  it('of another version is not read', () => {
    const later = JSON.stringify({ ...sampleRun([]), record: 2 });
    expect(() => parseRun(later)).toThrow(/^this is no record of a run, version 1: [^]*at record$/);
  });

  it('differs in something, or not at all', () => {
    const run = sampleRun([sampleCell({ verdict: { outcome: 'differs', differences: [] } })]);
    expect(runRecord.safeParse(run).success).toBe(false);
  });

  it('has a published schema that names every part of it', () => {
    const schema = runJsonSchema() as { $schema: string; required: string[]; properties: Record<string, unknown> };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(sampleRun([]))));
    expect(schema.required).toContain('cells');
  });
});
