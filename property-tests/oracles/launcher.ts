import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeCase, type LaunchCase } from './case.ts';
import { type Observation, parseObservation } from './observation.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('launcher.c', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/launcher', import.meta.url));
const FLAGS = ['-static', '-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror'];

/** A kernel that says what it makes of ELF files. */
export interface KernelOracle extends AsyncDisposable {
  observe(launch: LaunchCase): Promise<Observation>;
  /** The same for many at once, where each by itself would take long. */
  observeAll?(launches: readonly LaunchCase[]): Promise<Observation[]>;
}

/** @returns the path of launcher.c as a static executable; built where it is not yet */
export async function buildLauncher(arch: 'amd64' | 'i386'): Promise<string> {
  const flags = [arch === 'amd64' ? '-m64' : '-m32', ...FLAGS];
  const hash = createHash('sha256')
    .update(flags.join('\0'))
    .update(await readFile(SOURCE));
  const path = join(CACHE, hash.digest('hex').slice(0, 16), 'launcher');
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  try {
    await run('gcc', [...flags, SOURCE, '-o', aside]);
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
  return path;
}

/** Longer than any case takes on a loaded machine. */
const DEADLINE_MS = 30_000;

/** The running kernel. Cases are asked one after the other. */
export class HostKernel implements KernelOracle {
  private readonly process: ChildProcess;
  private lines: string[] = [];
  private rest = '';
  private waiting: { resolve: (lines: string[]) => void; reject: (error: Error) => void } | undefined;
  private asked = 0;
  private ended: Error | undefined;

  private constructor(launcher: string) {
    this.process = spawn(launcher, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdout?.setEncoding('latin1').on('data', (text: string) => this.hear(text));
    this.process.stdin?.on('error', (error) => this.fail(error));
    this.process.on('error', (error) => this.fail(error));
    this.process.on('exit', (status, signal) => this.fail(new Error(`the launcher ended: ${signal ?? status}`)));
  }

  static async start(): Promise<HostKernel> {
    return new HostKernel(await buildLauncher('amd64'));
  }

  async observe(launch: LaunchCase): Promise<Observation> {
    const id = this.asked++;
    if (this.ended) throw this.ended;
    const timer = setTimeout(() => this.process.kill('SIGKILL'), DEADLINE_MS);
    try {
      const lines = await new Promise<string[]>((resolve, reject) => {
        this.waiting = { resolve, reject };
        this.process.stdin?.write(encodeCase(id, launch));
      });
      if (lines[0] !== `case ${id}`) throw new Error(`the launcher answered ${lines[0]}, not case ${id}`);
      return parseObservation(lines.slice(1));
    } finally {
      clearTimeout(timer);
    }
  }

  private hear(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== 'end') this.lines.push(line);
      else {
        const { lines: complete, waiting } = this;
        this.lines = [];
        this.waiting = undefined;
        waiting?.resolve(complete);
      }
    }
  }

  private fail(error: Error): void {
    this.ended ??= error;
    this.waiting?.reject(error);
    this.waiting = undefined;
  }

  /** It ends with its input; a case under way is killed with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null || this.process.pid === undefined) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin?.end();
    await gone;
  }
}
