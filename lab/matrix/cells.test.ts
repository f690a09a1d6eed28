import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { expect, it } from 'vitest';
import { CELLS } from '../cell.ts';
import { matrixCells, selectorOf } from './cells.ts';

const select = (...targets: string[]) => matrixCells({ targets, moments: 2, seed: '1' });

it('the chosen cells are at least twelve targets, of both architectures', async () => {
  const cells = await select();
  expect(new Set(cells.map(({ cell }) => cell.target.name)).size).toBeGreaterThanOrEqual(12);
  expect(new Set(cells.map(({ cell }) => cell.arch)).size).toBe(2);
  expect(cells.every(({ cell }) => CELLS.includes(cell))).toBe(true);
});

it('a target is tried for both architectures, the one of 32 bits below 3 GiB', async () => {
  const chosen = (await select('tls')).map(({ name, below3GiB }) => [name, below3GiB]);
  expect(chosen).toEqual([
    ['tls/x86-64/pie', false],
    ['tls/i386/pie', true],
  ]);
});

it('every cell is selected by its name again', async () => {
  for (const cell of await select()) expect(await select(selectorOf(cell))).toEqual([cell]);
});

it('a C file of the user is frozen at moments, for both architectures', async () => {
  await withDir(
    async ({ path }) => {
      const file = join(path, 'mine.c');
      await writeFile(file, 'int main(void) { return 0; }\n');
      const cells = await select(file);
      expect(cells.map(({ name }) => name)).toEqual(
        ['x86-64/pie@1', 'x86-64/pie@2', 'i386/pie@1', 'i386/pie@2'].map((rest) => `${file}/${rest}`),
      );
      expect(cells.map(selectorOf)).toEqual(cells.map(() => file));
      expect(cells.every(({ moment = -1 }) => moment >= 0 && moment < 1)).toBe(true);
    },
    { prefix: 'elfreeze-cells-', unsafeCleanup: true },
  );
});

it('what is no cell is said to be none', async () => {
  await expect(select('brk-unalinged')).rejects.toThrow('no target or cell is called brk-unalinged');
  await expect(select('missing.c')).rejects.toThrow('no target or cell is called missing.c');
});
