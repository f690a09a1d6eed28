import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error a plain JavaScript file without types
import { FOLDERS, MAX_DEPTH } from '../../oxlint.config.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folders = Object.keys(FOLDERS as Record<string, unknown>);

/** Files that break one rule each, and the start of the sentence that must come back. */
const VIOLATIONS: [path: string, source: string, sentence: string][] = [
  ['src/base/a.ts', "export * from 'node:fs';", 'src/base may import nothing from outside itself'],
  ['src/base/b.ts', "export * from '../elf/layout.ts';", 'src/base may import nothing from outside itself'],
  ['src/base/c.ts', "export * from 'zod';", 'src/base may import nothing from outside itself'],
  ['src/base/d.ts', "export type { Z } from '../freeze.ts';", 'src/base may import nothing from outside itself'],
  ['src/elf/a.ts', "export * from '../arch/arch.ts';", 'src/elf may import only src/base'],
  ['src/plan/a.ts', "export * from '../sys/ptrace.ts';", 'src/plan may import only src/base, src/elf'],
  [
    'src/plan/b.ts',
    "export const lazy = () => import('../sys/ptrace.ts');",
    'src/plan may import only src/base, src/elf',
  ],
  ['src/plan/deep/c.ts', "export * from '../../sys/ptrace.ts';", 'src/plan may import only src/base, src/elf'],
  ['src/plan/files/a.ts', "export type { Plan } from '../plan.ts';", 'src/plan/files may import only src/base'],
  ['src/plan/files/b.ts', "export type { Job } from '../job/job.ts';", 'src/plan/files may import only src/base'],
  ['src/plan/d.ts', "export * from '../../src/sys/ptrace.ts';", 'src/plan may import only src/base, src/elf'],
  ['src/plan/e.ts', "export * from 'koffi';", 'src/plan may import only src/base, src/elf'],
  ['src/plan/f.ts', 'export const debug = process.env;', 'instead of the restricted global'],
  ['src/sys/a.ts', "export * from '../plan/plan.ts';", 'src/sys may import only src/base, src/elf, src/arch'],
  ['src/cli/a.ts', "export * from 'koffi';", 'src/cli may import only src/base'],
  ['src/a.ts', "export * from '../lab/main.ts';", 'src may import only src/base'],
  ['src/plan/a.test.ts', "export * from '../../lab/main.ts';", 'src/plan may import only src/base'],
  ['lab/a.ts', "export * from '../src/elf/read.ts';", 'lab may import only src/base'],
  ['lab/compare/a.ts', "export * from '../../src/snapshot/snapshot.ts';", 'lab may import only src/base'],
  ['lab/compare/a.test.ts', "export * from '../../src/main.ts';", 'lab may import only src/base'],
  ['lab/report/page/a.tsx', "export * from 'node:fs';", 'lab/report/page may import only src/base, preact'],
  ['lab/compare/b.ts', "export * from 'fast-check';", 'lab may import only src/base'],
  ['property-tests/a.ts', "export * from '../src/sys/ptrace.ts';", 'property-tests may import only src/base'],
  [
    'property-tests/oracles/a.ts',
    "export * from '../../src/elf/read.ts';",
    'property-tests/oracles may import only node:*',
  ],
];

/** Imports that the table allows. */
const ALLOWED: [path: string, source: string][] = [
  ['src/base/ok.ts', "export * from './range.ts';"],
  ['src/plan/ok.ts', "export * from '../base/range.ts';"],
  ['src/plan/deep/ok.ts', "export * from '../carry.ts';"],
  ['src/plan/files/ok.ts', "export * from '../program/program.ts'; export * from './deep/ok.ts';"],
  ['src/sys/ok.ts', "export * from 'node:fs'; export { load } from 'koffi';"],
  ['src/cli/ok.ts', "export * from '../freeze.ts'; export { z } from 'zod';"],
  ['src/plan/ok.test.ts', "export * from '../sys/ptrace.ts'; export { fc } from 'fast-check';"],
  ['lab/compare/ok.ts', "export * from '../../src/base/range.ts'; export * from '../targets/index.ts';"],
  ['lab/report/page/ok.tsx', "export { render } from 'preact'; export type { T } from '../record.ts';"],
  ['property-tests/ok.ts', "export * from '../src/elf/read.ts'; export * from './oracles/readelf.ts';"],
  // Neither built files nor recorded ones are ours to judge.
  ['dist/src/base/a.ts', "export * from 'node:fs';"],
  ['src/base/testdata/a.ts', "export * from 'node:fs';"],
];

describe('the folder table', () => {
  let copy = '';
  const messages = new Map<string, string[]>();

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'elfreeze-folders-'));
    for (const name of ['oxlint.config.mjs', 'package.json', 'tsconfig.json']) {
      writeFileSync(join(copy, name), readFileSync(join(ROOT, name)));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const [path, source] of [...VIOLATIONS, ...ALLOWED]) {
      mkdirSync(join(copy, dirname(path)), { recursive: true });
      writeFileSync(join(copy, path), `${source}\n`);
    }
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    const args = [oxlint, '-c', 'oxlint.config.mjs', '-f', 'json', 'src', 'lab', 'property-tests', 'dist'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string; help?: string }[] };
    for (const { filename, code, help } of diagnostics) {
      if (code.includes('no-restricted-imports') || code.includes('no-restricted-globals'))
        messages.set(filename, [...(messages.get(filename) ?? []), help ?? '']);
    }
  }, 60_000);

  afterAll(() => rmSync(copy, { recursive: true }));

  it.each(VIOLATIONS)('refuses in %s: %s', (path, _source, sentence) => {
    expect(messages.get(path)?.[0]).toContain(sentence);
  });

  it.each(ALLOWED)('lets %s be: %s', (path) => {
    expect(messages.get(path)).toBeUndefined();
  });

  it('has a row for every folder of TypeScript, and none too deep for it', () => {
    const files = ['src', 'lab', 'property-tests']
      .filter((top) => existsSync(join(ROOT, top)))
      .flatMap((top) =>
        readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
      );
    const stray = files
      .filter((file) => /\.tsx?$/.test(file) && !file.includes('/testdata/'))
      .filter((file) => {
        const row = folders.filter((folder) => file.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];
        const depth = file.split('/').length - 1 - (row ?? '').split('/').length;
        return row === undefined || depth > MAX_DEPTH || (row === 'src' && depth > 0);
      });
    expect(stray).toEqual([]);
  });

  it('stands in CONTRIBUTING.md as it is in the table', () => {
    const printed = execFileSync(process.execPath, [join(ROOT, 'lab/setup/folders.mjs')], { encoding: 'utf8' });
    expect(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')).toContain(printed);
  });
});
