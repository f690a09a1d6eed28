import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CELLS, selectCells } from './cell.ts';
import { ROOT } from './root.ts';
import { TARGETS } from './targets/index.ts';

const ALL = { selectors: [], arches: [], linkages: [] };

describe('selection', () => {
  it('is everything when nothing is asked for', () => expect(selectCells(ALL)).toEqual(CELLS));

  it('goes by target, by cell and by pattern', () => {
    const names = (...selectors: string[]) => selectCells({ ...ALL, selectors }).map(({ name }) => name);
    expect(names('tls/i386/pie')).toEqual(['tls/i386/pie']);
    expect(new Set(names('tls'))).toEqual(new Set(names('tls/*')));
    expect(names('brk-*/x86-64/static')).toEqual([
      'brk-unaligned/x86-64/static',
      'brk-grow-after/x86-64/static',
      'brk-shrink-after/x86-64/static',
    ]);
  });

  it('goes by architecture and linkage', () => {
    expect(
      selectCells({ selectors: ['tls'], arches: ['i386'], linkages: ['pie', 'musl'] }).map(({ name }) => name),
    ).toEqual(['tls/i386/pie', 'tls/i386/musl']);
  });

  it('does not pass over a misspelt name', () => {
    expect(() => selectCells({ ...ALL, selectors: ['tsl'] })).toThrow('no target or cell is called tsl');
  });
});

describe('targets', () => {
  const folder = join(ROOT, 'lab/targets');
  const suffixes = { c: '.c', go: '.go', rust: '.rs' } as const;
  const sources = new Set(
    TARGETS.filter(({ program }) => program === undefined).map(
      ({ name, source, language }) => `${source ?? name}${suffixes[language ?? 'c']}`,
    ),
  );

  it('have one source file each, and no source file is without a row', () => {
    const isSource = (name: string) => Object.values(suffixes).some((suffix) => name.endsWith(suffix));
    expect(new Set(readdirSync(folder).filter(isSource))).toEqual(sources);
  });

  it('have names of their own', () => expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length));

  it.each([...sources])('%s begins with its fact', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^\/\/ \w.*[.:)]\n/);
  });

  it.each(TARGETS)('$name tells its fact in one sentence', ({ fact }) => expect(fact).toMatch(/^\w[^\n]*\.$/));
});
