// Nothing that a process can have is without a row, and no row is without its proof.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../root.ts';
import { TARGETS } from '../targets/index.ts';
import { AREAS } from './areas.ts';
import { FDINFO } from './descriptors.ts';
import { VM_FLAGS } from './memory.ts';
import { inventoryPage } from './page.ts';
import { PROC_FILES, STATUS_FIELDS } from './proc.ts';
import type { Area, Group, List } from './row.ts';

/** Where linux-libc-dev puts headers: those of all machines, and those of this one. */
const INCLUDE = ['/usr/include', '/usr/include/x86_64-linux-gnu'];
const LACKS_HEADERS = INCLUDE.every((folder) => existsSync(folder))
  ? undefined
  : 'no headers of the kernel (linux-libc-dev)';

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const LIMITS = text('docs/limits.md');

function namesOf({ header, names, but }: List): string[] {
  const folder = INCLUDE.find((each) => existsSync(join(each, header)));
  if (folder === undefined) throw new Error(`linux-libc-dev has no ${header}`);
  const found = [...readFileSync(join(folder, header), 'utf8').matchAll(names)].map(([, name = '']) => name);
  return found.filter((name) => !but?.test(name));
}

const stands = (pattern: string, name: string): boolean =>
  pattern.includes('*')
    ? new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\/]/g, String.raw`\$&`).replaceAll('*', '.*')}$`).test(name)
    : pattern === name;

/** Rows that stand for a name, those that name it before those that stand for many. */
function rowsOf({ groups }: Area, name: string): string[] {
  const all = groups.flatMap(({ names }) => names.filter((each) => stands(each, name)));
  return all.includes(name) ? all.filter((each) => each === name) : all;
}

const withoutRow = (area: Area, names: readonly string[]): string[] =>
  names.filter((name) => rowsOf(area, name).length === 0);

describe.each(AREAS.map((area) => [area.title, area] as const))('%s', (_, area) => {
  const listed = (): string[] => [...new Set(area.lists.flatMap(namesOf))];

  it('has one row for everything that the headers list', ({ skip }) => {
    skip(LACKS_HEADERS !== undefined, LACKS_HEADERS);
    expect(area.lists.filter((list) => namesOf(list).length === 0)).toEqual([]);
    expect(withoutRow(area, listed())).toEqual([]);
    expect(listed().filter((name) => rowsOf(area, name).length > 1)).toEqual([]);
  });

  it('has no row for what the headers do not list, unless it is newer', ({ skip }) => {
    skip(LACKS_HEADERS !== undefined, LACKS_HEADERS);
    const known = listed();
    const older = area.lists.length === 0 ? [] : area.groups.filter(({ since }) => since === undefined);
    const unknown = older.flatMap(({ names }) => names).filter((row) => !known.some((name) => stands(row, name)));
    expect(unknown).toEqual([]);
  });

  it('is proved, row by row', () => {
    expect(area.groups.flatMap((group) => faultsOf(group))).toEqual([]);
  });
});

const TARGET = new Map(TARGETS.map((target) => [target.name, target]));
/** What holds.c holds in tests that expect a refusal. */
const HELD = new Set(
  ['refusals', 'rare'].flatMap((file) =>
    [
      ...text(`lab/robustness/${file}.lab.test.ts`).matchAll(/^ {2}\['([\w-]+)', (?:'[A-Z_]+', )?\//gm),
      ...text(`lab/robustness/${file}.lab.test.ts`).matchAll(/it\.for\(\[('[^\]]+)\]\)/g),
    ].flatMap(([, names = '']) => names.split(/[', ]+/).filter((name) => name !== '')),
  ),
);

/** Why a group is not what it says. */
function faultsOf({ verdict, names }: Group): string[] {
  if (names.length === 0) return ['a group of nothing'];
  if (verdict.is === 'carried')
    return verdict.by.filter((name) => !isProof(name)).map((name) => `no target or test ${name} proves anything`);
  if (verdict.is === 'refused')
    return verdict.by
      .filter((name) => !HELD.has(name) && TARGET.get(name)?.limits === undefined)
      .map((name) => `no refusal ${name}`);
  if (verdict.is === 'no state') return [];
  return LIMITS.includes(verdict.words) ? [] : [`docs/limits.md does not say "${verdict.words}"`];
}

const isProof = (name: string): boolean => {
  const target = TARGET.get(name);
  if (name.endsWith('.lab.test.ts')) return existsSync(join(ROOT, 'lab/robustness', name));
  return target !== undefined && target.limits === undefined && target.loses === undefined;
};

it('every refusal that is tested has a row in lab/inventory', () => {
  const named = AREAS.flatMap(({ groups }) =>
    groups.flatMap(({ verdict }) => (verdict.is === 'refused' ? verdict.by : [])),
  );
  expect([...HELD].filter((name) => !named.includes(name))).toEqual([]);
});

describe('this kernel', () => {
  it('has no file in /proc/PID without a row', () => {
    const files = [
      ...readdirSync('/proc/self'),
      ...readdirSync('/proc/self/task').flatMap((tid) => readdirSync(`/proc/self/task/${tid}`)),
    ];
    expect(withoutRow(PROC_FILES, [...new Set(files)])).toEqual([]);
  });

  it('has no line in /proc/PID/status without a row', () => {
    const lines = readFileSync('/proc/self/status', 'utf8').trimEnd().split('\n');
    expect(
      withoutRow(
        STATUS_FIELDS,
        lines.map((line) => line.split(':', 1)[0] ?? ''),
      ),
    ).toEqual([]);
  });

  it('has no VmFlags without a row', () => {
    const flags = [...readFileSync('/proc/self/smaps', 'utf8').matchAll(/^VmFlags: (.*)$/gm)].flatMap(([, line = '']) =>
      line.trim().split(' '),
    );
    expect(flags).toContain('rd');
    expect(withoutRow(VM_FLAGS, [...new Set(flags)])).toEqual([]);
  });

  it('has no line in /proc/PID/fdinfo without a row', () => {
    const infos = readdirSync('/proc/self/fdinfo').flatMap((fd) => {
      const path = `/proc/self/fdinfo/${fd}`;
      return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    });
    const labels = infos.map((line) => /^([\w-]+)/.exec(line)?.[1] ?? line);
    expect(labels).toContain('pos');
    expect(withoutRow(FDINFO, [...new Set(labels)])).toEqual([]);
  });
});

it('docs/inventory.md shows these rows', async () => {
  await expect(inventoryPage()).toMatchFileSnapshot(join(ROOT, 'docs/inventory.md'));
});
