import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ELFREEZE } from '../root.ts';
import { LabError, type Running } from '../running.ts';
import type { Figure, Limit, Row } from './figures.ts';
import { freezeOnce } from './freeze-once.ts';
import { scale } from './scale.ts';
import type { Track } from './track.ts';

/** Each measures one thing at every size, in MiB. */
export type Group = (track: Track, sizes: readonly number[]) => Promise<Row[]>;

const SMALL = 16;
const ANSWER_MS = 10_000;
/** From this size on a freeze is held against the other tools: below, it is Node's own start that is measured. */
const COMPARED_FROM = 256;

const milliseconds = (name: string, values: readonly number[] = []): Figure => ({ name, unit: 'ms', values });
const mebibytes = (name: string, values: readonly number[] = []): Figure => ({ name, unit: 'MiB', values });
const limited = (limit: Limit | undefined): { limit?: Limit } => (limit ? { limit } : {});

/** How long a freeze takes, what it needs, and how large the image is. */
async function freeze(track: Track, sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    await using hog = await track.hog(size, 'hold');
    const image = join(track.bench.dir, 'image');
    const core = join(track.bench.dir, 'core');
    const copy = join(track.bench.dir, 'copy');
    const peaks: number[] = [];
    const surplus: number[] = [];
    const original = await freezeOnce(track, hog, join(track.bench.dir, 'original'));
    const elfreeze = async (): Promise<number> => {
      const { ms, peakMiB } = await freezeOnce(track, hog, image);
      peaks.push(peakMiB);
      surplus.push((await occupied(image)) - (await resident(hog)));
      return ms;
    };
    const values = await track.compete(`freeze of ${size} MiB`, [
      { name: 'elfreeze', writes: image, measure: elfreeze },
      {
        name: 'gcore',
        writes: `${core}.${hog.pid}`,
        measure: () => timed(track.run('gcore', '-o', core, `${hog.pid}`)),
      },
      { name: 'cp', writes: copy, measure: () => timed(track.run('cp', original.image, copy)) },
    ]);
    for (const path of [image, copy, original.image, `${core}.${hog.pid}`]) await rm(path, { force: true });
    const ours = milliseconds('elfreeze', values.get('elfreeze'));
    const against = (name: string, factor: number): Row => ({
      name: `freeze of ${size} MiB`,
      ours,
      other: milliseconds(name, values.get(name)),
      ...limited(size >= COMPARED_FROM ? { factor } : undefined),
    });
    rows.push(against('gcore', 0.7), against('cp', 1.5));
    rows.push({ name: `  its peak memory`, ours: mebibytes('elfreeze', peaks), limit: { most: 150 } });
    rows.push({
      name: `  the image on disk above resident bytes`,
      ours: mebibytes('elfreeze', surplus),
      limit: { most: 0.25 },
    });
  }
  return rows;
}

/** How long the process stands still when it is not killed, as it sees it itself. */
async function still(track: Track, sizes: readonly number[]): Promise<Row[]> {
  const limits = new Map<number, Limit>([
    [SMALL, { most: 5 }],
    [1024, { most: 40 }],
  ]);
  const rows: Row[] = [];
  for (const size of sizes) {
    await using hog = await track.hog(size, 'gap');
    const image = join(track.bench.dir, 'image');
    const core = join(track.bench.dir, 'core');
    const said: number[] = [];
    const values = await track.compete(`standing still with ${size} MiB`, [
      {
        name: 'elfreeze',
        writes: image,
        measure: () =>
          gapDuring(hog, async () => {
            const { log } = await freezeOnce(track, hog, image);
            said.push((JSON.parse(await readFile(log, 'utf8')) as { stoodStillMs: number }).stoodStillMs);
          }),
      },
      {
        name: 'gcore',
        writes: `${core}.${hog.pid}`,
        measure: () => gapDuring(hog, () => track.run('gcore', '-o', core, `${hog.pid}`)),
      },
    ]);
    for (const path of [image, `${core}.${hog.pid}`]) await rm(path, { force: true });
    const other = milliseconds('gcore', values.get('gcore'));
    const limit = limited(limits.get(size));
    rows.push({
      name: `stands still with ${size} MiB`,
      ours: milliseconds('elfreeze', values.get('elfreeze')),
      other,
      ...limit,
    });
    rows.push({ name: '  by what elfreeze says', ours: milliseconds('elfreeze', said), ...limit });
  }
  return rows;
}

/** How soon an image's program goes on. */
async function start(track: Track, sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const image = join(track.bench.dir, 'image');
    const lazy = join(track.bench.dir, 'lazy');
    {
      await using hog = await track.hog(size, 'mark');
      await freezeOnce(track, hog, image);
      await freezeOnce(track, hog, lazy, '--lazy');
    }
    const bytes = (await stat(image)).size;
    const values = await track.compete(`start with ${size} MiB`, [
      { name: 'lazy', measure: () => track.first(lazy) },
      { name: 'image', measure: () => track.first(image) },
      { name: 'pread', measure: () => track.pread(image, bytes) },
      { name: '/bin/true', measure: () => timed(track.run('/bin/true')) },
    ]);
    for (const path of [image, lazy]) await rm(path);
    const figure = (name: string): Figure => milliseconds(name, values.get(name));
    rows.push({
      name: `start with ${size} MiB`,
      ours: figure('image'),
      other: figure('pread'),
      limit: { factor: 1.3 },
    });
    rows.push({
      name: `start with ${size} MiB, --lazy`,
      ours: figure('lazy'),
      other: figure('/bin/true'),
      limit: { most: 2 },
    });
  }
  return rows;
}

/** What it costs to see an image start before its process is ended, against the start itself. */
async function check(track: Track, sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const image = join(track.bench.dir, 'image');
    const started = join(track.bench.dir, 'started');
    await using hog = await track.hog(size, 'mark');
    await freezeOnce(track, hog, started);
    const values = await track.compete(`rehearsal of ${size} MiB`, [
      {
        name: 'rehearsal',
        writes: image,
        measure: async () => {
          const { log } = await freezeOnce(track, hog, image, '--check');
          return (JSON.parse(await readFile(log, 'utf8')) as { rehearsal: { ms: number } }).rehearsal.ms;
        },
      },
      { name: 'start', measure: () => track.first(started) },
    ]);
    for (const path of [image, started]) await rm(path);
    rows.push({
      name: `rehearsal of ${size} MiB`,
      ours: milliseconds('elfreeze', values.get('rehearsal')),
      other: milliseconds('its start', values.get('start')),
      ...limited(size >= COMPARED_FROM ? { factor: 0.5 } : undefined),
    });
  }
  return rows;
}

/** What elfreeze takes for itself, however little there is to freeze. */
async function own(track: Track): Promise<Row[]> {
  await using hog = await track.hog(0, 'hold');
  const image = join(track.bench.dir, 'image');
  const copy = join(track.bench.dir, 'copy');
  const original = await freezeOnce(track, hog, join(track.bench.dir, 'original'));
  const values = await track.compete('start-up', [
    { name: 'elfreeze', writes: image, measure: () => timed(freezeOnce(track, hog, image)) },
    { name: 'help', measure: () => timed(track.run(process.execPath, ELFREEZE, '--help')) },
    { name: 'cp', writes: copy, measure: () => timed(track.run('cp', original.image, copy)) },
    { name: 'node -e 0', measure: () => timed(track.run(process.execPath, '-e', '0')) },
  ]);
  for (const path of [image, copy, original.image]) await rm(path, { force: true });
  const figure = (name: string): Figure => milliseconds(name, values.get(name));
  return [
    { name: 'freeze of a tiny process', ours: figure('elfreeze'), other: figure('cp'), limit: { above: 150 } },
    { name: 'elfreeze --help', ours: figure('help'), other: figure('node -e 0') },
  ];
}

export const GROUPS: Readonly<Record<string, Group>> = { freeze, still, start, check, own, scale };

const timed = async (run: Promise<{ readonly ms: number }>): Promise<number> => (await run).ms;

/** The longest time between two looks at the clock while `work` was done, in milliseconds. */
async function gapDuring(hog: Running, work: () => Promise<unknown>): Promise<number> {
  await askGap(hog);
  await work();
  return askGap(hog);
}

async function askGap(hog: Running): Promise<number> {
  const before = hog.output.length;
  hog.signal('SIGUSR1');
  await hog.until('answering', () => hog.output.indexOf('\n', before) !== -1, performance.now() + ANSWER_MS);
  const answer = /^gap (\d+)$/m.exec(hog.output.slice(before));
  if (!answer) throw new LabError(`hog said ${hog.output.slice(before)}`);
  return Number(answer[1]) / 1e6;
}

/** Bytes on disk, in MiB. */
const occupied = async (path: string): Promise<number> => ((await stat(path)).blocks * 512) / 2 ** 20;

async function resident({ pid }: Running): Promise<number> {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kibibytes) / 1024;
}
