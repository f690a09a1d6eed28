import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, loadavg, release, tmpdir, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { CACHE } from '../root.ts';

const run = promisify(execFile);

/** Of the room that a size needs: the process, its copy while it is written to, the image, another tool's, a copy. */
const TIMES = 5;

/** The machine in one line: without it figures say nothing. */
export async function describeMachine(dir: string): Promise<string> {
  const [processor] = cpus();
  const { stdout } = await run('df', ['--output=fstype', dir]);
  const fileSystem = stdout.trim().split('\n').at(-1) ?? '?';
  const parts = [
    `${availableParallelism()} × ${processor?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}`,
    `Node ${process.versions.node}`,
    `${fileSystem} at ${dir}`,
    `load ${loadavg()[0]!.toFixed(1)}`,
    new Date().toISOString().slice(0, 16).replace('T', ' '),
  ];
  return parts.join(', ');
}

/** The cache of the checkout, which is on disk; for whoever may not write there, the folder of temporary files. */
export async function defaultPlace(): Promise<string> {
  return mkdir(CACHE, { recursive: true })
    .then(() => access(CACHE, constants.W_OK))
    .then(
      () => CACHE,
      () => tmpdir(),
    );
}

/** Those that neither fill this machine's memory nor the disk of `dir`. */
export async function sizesThatFit(sizes: readonly number[], dir: string): Promise<number[]> {
  const meminfo = await readFile('/proc/meminfo', 'latin1');
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? freemem() / 1024) / 1024;
  const { stdout } = await run('df', ['--output=avail', '-BM', dir]);
  const disk = Number.parseInt(stdout.trim().split('\n').at(-1) ?? '0', 10);
  return sizes.filter((size) => size * TIMES < Math.min(available, disk));
}
