import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { selectCells } from '../cell.ts';
import { Compiler } from '../compile.ts';
import { unlessItRuns } from '../i386.ts';
import { Host } from '../places/host.ts';
import { FAULTS } from './faults.ts';
import { PLANT, runOnce, SpoiltPlace } from './planted.ts';
import { formatDifference } from './verdict.ts';

const interrupted = new AbortController().signal;
const host = await Host.open(interrupted);
const plant = await (await Compiler.find()).tool(PLANT);

afterAll(() => host[Symbol.asyncDispose]());

/** What a fault may lead to once the process goes on, and what others say of it: not the judge's own word. */
const CONSEQUENCES = ['output', 'end', 'elfreeze compare'];

describe.concurrent.each(['x86-64', 'i386'] as const)('planted in a restored %s process', (arch) => {
  beforeEach(unlessItRuns(arch));
  it.for(FAULTS)('$name is found and named, and nothing else', async (fault, { skip }) => {
    if (fault.rootOnly !== undefined && process.getuid?.() !== 0) skip(fault.rootOnly);
    const [cell] = selectCells({ selectors: [fault.target], arches: [arch], linkages: ['pie'] });
    const place = new SpoiltPlace(host, fault, plant);
    const { verdict } = await runOnce(cell!, place, interrupted);
    if (verdict.outcome !== 'differs') expect.fail(`the verdict is ${JSON.stringify(verdict)}`);
    const told = verdict.differences
      .filter(({ kind }) => (fault.foundBy === 'target' ? kind === 'output' : !CONSEQUENCES.includes(kind)))
      .map(formatDifference);
    expect(told).toEqual(place.expected?.map((pattern) => expect.stringMatching(pattern)));
  });
});
