import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure, Row } from './figures.ts';
import { freezeOnce } from './freeze-once.ts';
import type { Track } from './track.ts';

/** Of what there may be many: how many, and what this machine allows. */
const KINDS: readonly { readonly name: string; readonly most: number; readonly limit?: () => Promise<number> }[] = [
  { name: 'files', most: 100_000, limit: mostFiles },
  { name: 'mappings', most: 60_000 },
  { name: 'threads', most: 10_000 },
  { name: 'signals', most: 3_000 },
  { name: 'watches', most: 10_000, limit: mostFiles },
  { name: 'timers', most: 65_000 },
];
const FEW = 4;
/** Files that the program has open besides. */
const OWN_FILES = 100;
/** What each descriptor may cost, in milliseconds. */
const EACH_MS = 0.05;
/** Ten times as many for ten times the cost, and something for sorting. */
const ABOUT_LINEAR = 12;
/** What two freezes of the same differ by. */
const UNSURE_MS = 50;

async function mostFiles(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'latin1');
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? 1024) - OWN_FILES;
}

/** What a freeze costs with N of something and with ten times as many: less than a square. */
export async function scale(track: Track): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, most, limit } of KINDS) {
    const many = Math.min(most, (await limit?.()) ?? most);
    const counts = [FEW, Math.floor(many / 10), many] as const;
    const [few = [], some = [], all = []] = await freezesOf(track, name, counts);
    const above = (values: readonly number[]): number[] => values.map((ms, round) => ms - (few[round] ?? 0));
    const figure = (title: string, values: readonly number[]): Figure => ({ name: title, unit: 'ms', values });
    rows.push({
      name: `freeze with ${many} ${name}, above ${FEW}`,
      ours: figure('elfreeze', above(all)),
      other: figure(`${counts[1]}, above ${FEW}`, above(some)),
      limit: { factor: ABOUT_LINEAR, above: UNSURE_MS },
    });
    if (name !== 'files') continue;
    rows.push({
      name: `freeze with ${many} files`,
      ours: figure('elfreeze', all),
      other: figure(`${FEW} files`, few),
      limit: { factor: 2, above: many * EACH_MS },
    });
  }
  return rows;
}

/** In turn, so that what the machine does meanwhile falls on all alike. */
async function freezesOf(track: Track, kind: string, counts: readonly number[]): Promise<number[][]> {
  const image = join(track.bench.dir, 'image');
  const values: number[][] = [];
  for (const count of counts) {
    await using program = await track.many(kind, count);
    const measured = await track.compete(`freeze with ${count} ${kind}`, [
      { name: 'elfreeze', writes: image, measure: async () => (await freezeOnce(track, program, image)).ms },
    ]);
    values.push(measured.get('elfreeze') ?? []);
    await rm(image, { force: true });
  }
  return values;
}
