import { describe, expect, it } from 'vitest';
import { selectCells } from '../cell.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { Runner } from '../experiment/runner.ts';
import { openPlaces } from './open.ts';

const hasEngine = process.env['ELFREEZE_LAB_PLACE'] !== 'host';
const cells = selectCells({ selectors: ['tls/*/pie', 'file-append/x86-64/pie'], arches: [], linkages: [] });
const interrupted = new AbortController().signal;

describe.skipIf(!hasEngine)('places (skipped: no engine)', () => {
  it.each([
    { freezeIn: 'host', restoreIn: 'container' },
    { freezeIn: 'container', restoreIn: 'host' },
  ] as const)('a process frozen in $freezeIn goes on in $restoreIn; files there are other files', async (names) => {
    const dir = await makeLabDirectory();
    try {
      await using places = await openPlaces(names, cells, { dir, interrupted, say: console.log });
      await using runner = await Runner.open({ ...places, dir, interrupted, rerun: '' });
      const outcomes: Record<string, unknown> = {};
      for (const cell of cells) outcomes[cell.name] = (await runner.run({ name: cell.name, cell })).verdict;
      expect(outcomes).toEqual({
        'tls/x86-64/pie': { outcome: 'same' },
        'tls/i386/pie': { outcome: 'same' },
        'file-append/x86-64/pie': {
          outcome: 'unsupported',
          feature: 'is another file than the one that was open when the process was frozen',
        },
      });
    } finally {
      await closeLabDirectory(dir, false);
    }
  });
});
