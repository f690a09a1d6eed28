import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError, type Running } from '../running.ts';
import { sayStep } from '../demo/steps.ts';
import type { Workbench } from '../demo/workbench.ts';

const READY_MS = 120_000;

export interface Run {
  readonly ms: number;
  readonly peakMiB: number;
  /** What it printed. */
  readonly log: string;
}

/** What is measured against one another, the same number of times each. */
export interface Contestant {
  readonly name: string;
  /** Removed before each run, so that every run writes a new file. */
  readonly writes?: string;
  readonly measure: () => Promise<number>;
}

/** Where the contestants run: the clock, the memory that they copy, and how often. */
export class Track {
  readonly bench: Workbench;
  readonly runs: number;

  constructor(bench: Workbench, runs: number) {
    this.bench = bench;
    this.runs = runs;
  }

  /** @param use what it does once its memory is filled: see hog.c */
  async hog(mebibytes: number, use: 'hold' | 'gap' | 'mark'): Promise<Running> {
    const executable = await this.bench.compile('lab/bench/hog.c', 'hog');
    sayStep(`filling ${mebibytes} MiB`);
    const hog = await this.bench.start({
      executable,
      args: [String(mebibytes), use],
      cwd: this.bench.dir,
      env: {},
      dir: this.bench.dir,
      role: `hog-${use}-${mebibytes}`,
    });
    await hog.until('ready', () => hog.output.startsWith('ready\n'), performance.now() + READY_MS);
    return hog;
  }

  /** @param kind of what it has so many: see many.c */
  async many(kind: string, count: number): Promise<Running> {
    const executable = await this.bench.compile('lab/bench/many.c', 'many');
    sayStep(`making ${count} ${kind}`);
    const many = await this.bench.start({
      executable,
      args: [kind, String(count)],
      cwd: this.bench.dir,
      env: {},
      dir: this.bench.dir,
      role: `many-${kind}-${count}`,
    });
    await many.until('ready', () => many.output.startsWith('ready\n'), performance.now() + READY_MS);
    return many;
  }

  /** All in turn, and each round begun by another, so that what the machine does meanwhile falls on all alike. */
  async compete(title: string, contestants: readonly Contestant[]): Promise<Map<string, number[]>> {
    const values = new Map(contestants.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < this.runs; round++) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const { name, writes, measure } = contestants[(round + turn) % contestants.length]!;
        sayStep(`${title}: ${name}, run ${round + 1} of ${this.runs}`);
        if (writes !== undefined) await rm(writes, { force: true });
        values.get(name)!.push(await measure());
      }
    }
    return values;
  }

  /** Until the program has ended. @throws LabError when it fails */
  async run(program: string, ...args: string[]): Promise<Run> {
    const log = join(this.bench.dir, 'log');
    const { ns, peakKiB, status } = await this.stopwatch('run', log, program, ...args);
    if (status !== 0) throw new LabError(`${program} ${args.join(' ')}: exit ${status}`);
    return { ms: ns / 1e6, peakMiB: peakKiB / 1024, log };
  }

  /** Until the image's program goes on. */
  readonly first = async (program: string): Promise<number> => (await this.stopwatch('first', program)).ns / 1e6;

  /** To read so much of a file into fresh memory. */
  readonly pread = async (path: string, bytes: number): Promise<number> =>
    (await this.stopwatch('pread', path, String(bytes))).ns / 1e6;

  private async stopwatch(...args: string[]): Promise<{ ns: number; peakKiB: number; status: number }> {
    const program = await this.bench.compile('lab/bench/stopwatch.c', 'stopwatch');
    const { status, stdout, stderr } = await this.bench.call(program, args);
    if (status !== 0) throw new LabError(`stopwatch ${args.join(' ')}: ${stderr.trim()}`);
    return JSON.parse(stdout) as { ns: number; peakKiB: number; status: number };
  }
}
