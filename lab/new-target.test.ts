import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeNewTarget } from './new-target.ts';

const TARGETS = join(import.meta.dirname, 'targets');
const NEW = { name: 'brk-shrinks', fact: 'The heap gives back.', group: 'heap' };

let targets: Awaited<ReturnType<typeof temporaryDirectory>>;
const index = () => readFile(join(targets.path, 'index.ts'), 'utf8');

beforeEach(async () => {
  targets = await temporaryDirectory({ prefix: 'elfreeze-new-target-', unsafeCleanup: true });
  for (const name of ['index.ts', 'brk-unaligned.c']) await copyFile(join(TARGETS, name), join(targets.path, name));
});
afterEach(() => targets.cleanup());

describe('a new target', () => {
  it('has a C file that begins with its fact and holds nothing to be right yet', async () => {
    const path = await writeNewTarget(targets.path, NEW);
    expect(path).toBe(join(targets.path, 'brk-shrinks.c'));
    expect(await readFile(path, 'utf8')).toMatch(
      /^\/\/ The heap gives back\.\n#include "target.h"\n[^]*CHECK\(0, "nothing is checked yet"\);\n  return ok\(\);\n\}\n$/,
    );
  });

  it('has the last row of its list, and no other row is changed', async () => {
    const before = await index();
    await writeNewTarget(targets.path, NEW);
    const added = "  target('brk-shrinks', 'stdin', 'The heap gives back.'),\n";
    const after = await index();
    expect(after.replace(added, '')).toBe(before);
    expect(after.indexOf(added)).toBeGreaterThan(after.indexOf('const HEAP'));
    expect(after.slice(after.indexOf(added) + added.length)).toMatch(/^\];\n/);
    expect(after.indexOf(added)).toBeLessThan(after.indexOf('const MAPPINGS'));
  });

  it.each([
    ["Another's words stay.", `  target('brk-shrinks', 'stdin', "Another's words stay."),\n`],
    [
      `${'A long fact '.repeat(8)}holds.`,
      `  target(\n    'brk-shrinks',\n    'stdin',\n    '${'A long fact '.repeat(8)}holds.',\n  ),\n`,
    ],
  ])('has its row laid out as prettier does: %s', async (fact, expected) => {
    await writeNewTarget(targets.path, { ...NEW, fact });
    expect(await index()).toContain(expected);
  });

  it.each([
    ['a name with capitals', { name: 'Brk' }, 'a target is named like brk-grow-after, not "Brk"'],
    ['a path for a name', { name: '../brk' }, 'a target is named like brk-grow-after'],
    ['a file that is there', { name: 'brk-unaligned' }, 'brk-unaligned.c is already there'],
    ['a name that has a row', { name: 'frozen-inside-handler-altstack' }, 'already has a row named frozen-inside'],
    ['a fact that is no sentence', { fact: 'brk' }, 'one sentence on one line'],
    ['a list that is not there', { group: 'stuff' }, 'there is no list stuff; the lists are heap, mappings, stack'],
  ])('is refused with %s, and nothing is written', async (_, rest, message) => {
    const before = await index();
    await expect(writeNewTarget(targets.path, { ...NEW, ...rest })).rejects.toThrow(message);
    expect(await index()).toBe(before);
    expect((await readdir(targets.path)).sort()).toEqual(['brk-unaligned.c', 'index.ts']);
  });
});
