import { describe, expect, it } from 'vitest';
import { selectCells } from '../cell.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { Runner } from '../experiment/runner.ts';
import { lacksArch } from '../i386.ts';
import { openPlaces } from './open.ts';

const hasEngine = process.env['ELFREEZE_LAB_PLACE'] !== 'host';
/** Each cell, and what becomes of it elsewhere. */
const CELLS: readonly [name: string, verdict: object][] = [
  ['tls/x86-64/pie', { outcome: 'same' }],
  ['tls/i386/pie', { outcome: 'same' }],
  [
    'file-append/x86-64/pie',
    {
      outcome: 'unsupported',
      feature: 'is another file than the one that was open when the process was frozen',
    },
  ],
];
const interrupted = new AbortController().signal;

describe.skipIf(!hasEngine).each([
  { freezeIn: 'host', restoreIn: 'container' },
  { freezeIn: 'container', restoreIn: 'host' },
] as const)('a process frozen in $freezeIn goes on in $restoreIn (skipped: no engine)', (names) => {
  it.for(CELLS)('%s; files there are other files', async ([name, verdict], { skip }) => {
    const [cell] = selectCells({ selectors: [name], arches: [], linkages: [] });
    const lack = lacksArch(cell!.arch);
    skip(lack !== undefined, lack);
    const dir = await makeLabDirectory();
    try {
      await using places = await openPlaces(names, [cell!], { dir, interrupted, say: console.log });
      await using runner = await Runner.open({ ...places, dir, interrupted, rerun: '' });
      expect((await runner.run({ name, cell: cell! })).verdict).toEqual(verdict);
    } finally {
      await closeLabDirectory(dir, false);
    }
  });
});
