import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import type { Cell } from '../cell.ts';
import type { Compiler } from '../compile.ts';
import { ELFREEZE } from '../root.ts';
import { LabError, Running } from '../running.ts';
import type { Arch, Linkage } from '../targets/index.ts';

/** Long enough for a loaded machine: what it guards against is waiting for ever. */
export const DEADLINE_MS = 60_000;
const BUFFER = 64 << 20;

export interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool that is looked for in PATH. */
export function call(tool: string, args: readonly string[]): Promise<Called> {
  // gdb would ask servers for debug information, and read its user's settings.
  const env = { ...process.env, LC_ALL: 'C', DEBUGINFOD_URLS: '', NO_COLOR: '1' };
  return new Promise((resolve, reject) => {
    execFile(tool, args, { maxBuffer: BUFFER, env }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new LabError(`${tool}: ${error.message}`));
      else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** A batch of gdb commands on a file or a process. @returns what it printed */
export async function gdb(on: readonly string[], ...commands: string[]): Promise<string> {
  const { stdout, stderr } = await call('gdb', ['-nx', '-batch', ...commands.flatMap((text) => ['-ex', text]), ...on]);
  return stdout + stderr;
}

/** A program of lab/tools, as the lab compiles its targets. */
export const toolCell = (source: string, arch: Arch, linkage: Linkage): Cell => ({
  name: `${source}/${arch}/${linkage}`,
  target: { name: source, fact: '', arches: [arch], linkages: [linkage], waits: 'stdin', source: `../tools/${source}` },
  arch,
  linkage,
});

export interface Image extends AsyncDisposable {
  readonly path: string;
  readonly executable: string;
  /** What the program wrote before it was frozen. */
  readonly printed: string;
  /** /proc/PID/maps of the program before it was frozen. */
  readonly maps: string;
  /** Starts the program once more, and waits until it waits. */
  startOriginal(): Promise<Running>;
  /** Runs the image. @param environment ELFREEZE_STOP and the like */
  start(environment?: Readonly<Record<string, string>>): Promise<Running>;
}

export interface Program {
  readonly executable: string;
  readonly args?: readonly string[];
}

/** Starts a program, waits until it has said `ready` and waits itself, and freezes it. Nothing of the process is left. */
export async function makeImage(compiler: Compiler, { executable, args = [] }: Program): Promise<Image> {
  const scratch = await temporaryDirectory({ prefix: 'elfreeze-tools-', unsafeCleanup: true });
  const dir = scratch.path;
  const { start: starter } = await compiler.tools();
  const interrupted = new AbortController().signal;
  const start = (program: string, more: readonly string[], role: string, env: Readonly<Record<string, string>>) =>
    Running.start({ starter, executable: program, args: more, cwd: '/', env, dir, role, interrupted });
  const deadline = performance.now() + DEADLINE_MS;
  const startOriginal = async (role: string): Promise<Running> => {
    const running = await start(executable, args, role, { PATH: '/usr/bin:/bin' });
    await running.until('ready', () => running.output.includes('ready\n'), deadline);
    await running.until('waiting', async () => (await running.state()) === 'S', deadline);
    return running;
  };
  await using target = await startOriginal('target');
  const maps = await readFile(`/proc/${target.pid}/maps`, 'utf8');
  const path = join(dir, 'image.elf');
  const frozen = await call(process.execPath, [ELFREEZE, 'freeze', String(target.pid), '-o', path, '--kill']);
  if (frozen.status !== 0) throw new LabError(frozen.stderr);
  await target.finish(deadline);
  let runs = 0;
  return {
    path,
    executable,
    maps,
    printed: target.output,
    startOriginal: () => startOriginal(`original${runs++}`),
    start: (environment = {}) => start(path, [], `run${runs++}`, environment),
    [Symbol.asyncDispose]: () => scratch.cleanup(),
  };
}

/** A copy without symbols. */
export async function stripped(executable: string, copy: string): Promise<string> {
  await copyFile(executable, copy);
  const { status, stderr } = await call('strip', [copy]);
  if (status !== 0) throw new LabError(stderr);
  return copy;
}
