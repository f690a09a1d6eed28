import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildCli } from './cli.ts';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const README = read('README.md');
const ALL = [
  README,
  ...readdirSync(at('docs')).flatMap((name) => (name.endsWith('.md') ? [read(`docs/${name}`)] : [])),
];

const optionsOf = buildCli().commands.map((command) => ({
  name: command.name(),
  /** As documents name it: `-o FILE`, `--kill`. */
  options: command.options.map(({ short, long }) => (short ? `${short} ` : (long ?? ''))),
}));

/** The rows of README's table of commands. */
const ROWS = README.slice(README.indexOf('## Commands'), README.indexOf('## How it works'))
  .split('\n')
  .filter((line) => line.startsWith('| `'));

describe('documents', () => {
  it.each(optionsOf)('name every option of elfreeze $name', ({ options }) => {
    expect(options.filter((option) => !ALL.some((text) => text.includes(option)))).toEqual([]);
  });

  it('name no option in the table of commands that there is none of', () => {
    const known = [...optionsOf.flatMap(({ options }) => options), '--json'];
    const named = ROWS.flatMap((row) => row.match(/--[a-z-]+/g) ?? []);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((option) => !known.some((each) => each === option))).toEqual([]);
  });

  it('do not say of one thing that it is carried and that it is not', () => {
    const [, carried = ''] = /^Carried: ([^]*?)\n\n/m.exec(README) ?? [];
    const [, refused = ''] = /^Not carried, [^:]*: ([^.]*)\./m.exec(README) ?? [];
    const things = (text: string): string[] => text.split(/[,;]| and |\n/).map((each) => each.trim());
    expect(things(carried).length).toBeGreaterThan(20);
    expect(things(refused).length).toBeGreaterThan(4);
    expect(things(refused).filter((each) => each !== '' && things(carried).includes(each))).toEqual([]);
  });
});
