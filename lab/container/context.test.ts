import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../root.ts';
import { hashOf, includedBy } from './context.ts';

const DOCKERIGNORE = readFileSync(join(ROOT, '.dockerignore'), 'utf8');

describe('what goes into an image', () => {
  it('is what .dockerignore names', () => {
    expect(includedBy('# why\n*\n!bin\n!dist/elfreeze.js\n')).toEqual(['bin', 'dist/elfreeze.js']);
  });

  it.each(['!bin\n', '*\nnode_modules\n', '*\n!lab/*.c\n'])(
    'is refused where docker would read %j otherwise',
    (text) => {
      expect(() => includedBy(text)).toThrow('.dockerignore');
    },
  );

  it('is there, but for what a build makes', () => {
    const missing = includedBy(DOCKERIGNORE).filter((name) => !existsSync(join(ROOT, name)));
    expect(missing.filter((name) => !name.startsWith('dist/'))).toEqual([]);
  });

  it('has every package that the build does not bundle', () => {
    const build = readFileSync(join(ROOT, 'lab/setup/build.mjs'), 'utf8');
    const external = /external: \[([^\]]*?)\.\.\./.exec(build)?.[1]?.match(/'[^']+'/g) ?? [];
    const optional = ["'*.node'", "'cpu-features'"];
    expect(external.filter((name) => !optional.includes(name))).toEqual(["'koffi'"]);
    expect(DOCKERIGNORE).toContain('!node_modules/koffi\n');
  });

  it('has another hash when a name, a mode or a byte is another', () => {
    const file = { name: 'a', mode: 0o644, bytes: Buffer.from('x') };
    const others = [
      [{ ...file, name: 'b' }],
      [{ ...file, mode: 0o755 }],
      [{ ...file, bytes: Buffer.from('y') }],
      [],
      [file, file],
    ];
    const hashes = [[file], ...others].map((files) => hashOf(files, []));
    expect(new Set([...hashes, hashOf([file], ['parent'])]).size).toBe(others.length + 2);
  });
});
