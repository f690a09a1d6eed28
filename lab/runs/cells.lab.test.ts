import { describe, expect, it } from 'vitest';
import { selectCells } from '../cell.ts';
import { Compiler } from '../compile.ts';
import { NativeRunner } from '../native.ts';

/** `ELFREEZE_LAB_CELLS='tls brk-*'` selects; `all` is every cell. */
const WANTED =
  process.env['ELFREEZE_LAB_CELLS'] ??
  '*/x86-64/pie */i386/pie */x86-64/static */i386/static-pie */x86-64/musl */system';

const compiler = await Compiler.find();
const runner = new NativeRunner(compiler, new AbortController().signal);
const selectors = WANTED === 'all' ? [] : WANTED.split(/\s+/);
const cells = selectCells({ selectors, arches: [], linkages: [] });

describe.each(cells)('$name: $target.fact', (cell) => {
  it.skipIf(compiler.lacks(cell) !== undefined)('is continued as it was', async () => {
    const { verdict, directory, rerun } = await runner.run(cell);
    expect(verdict, `kept ${directory}, rerun: ${rerun}`).toMatchObject({
      outcome: (cell.target.limits ?? cell.target.loses) === undefined ? 'same' : 'unsupported',
    });
  });
});
