import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findSupervised } from '../agent/process.ts';
import type { CommandSaid, Hands, LookOptions, ProgramStart } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';
import type { Compiler } from '../compile.ts';
import type { Look, Peek } from '../judge/look.ts';
import { type ProcSource, unlessGone } from '../judge/proc-source.ts';
import { lookAt } from '../judge/read-look.ts';
import { LabError } from '../running.ts';
import { GuestProgram } from './guest-program.ts';
import { IN_GUEST } from './guest-system.ts';
import { librariesOf } from './libraries.ts';
import { GuestError, type Vm } from './vm.ts';
import { WarmElfreeze } from './warm-elfreeze.ts';

/** What a cell of the matrix needs of hands. */
export type CellHands = Pick<
  Hands,
  'executable' | 'start' | 'look' | 'elfreeze' | 'makeDirectory' | 'writeFile' | 'digests' | 'remove'
>;

const run = promisify(execFile);

/** Of elfreeze. */
const ENVIRONMENT = { PATH: '/bin', NO_COLOR: '1' } as const;

/** What the lab does in a guest: nothing is compiled there. */
export class GuestHands implements CellHands, Pick<Hands, 'supervised'> {
  private readonly vm: Vm;
  private readonly host: Compiler;
  /** Files that are there already, or on their way. */
  private readonly brought = new Map<string, Promise<void>>();

  private readonly warm: WarmElfreeze | undefined;

  /** @param isWarm elfreeze is not started anew for each command */
  constructor(vm: Vm, host: Compiler, isWarm: boolean) {
    this.vm = vm;
    this.host = host;
    this.warm = isWarm ? new WarmElfreeze(vm, ENVIRONMENT) : undefined;
  }

  /** Compiled here, brought there with the libraries it is started with. */
  async executable(cell: Cell): Promise<string> {
    const path = await this.host.executable(cell);
    const there = join('/lab/targets', basename(dirname(path)), basename(path));
    const { printsFiles } = cell.target;
    const files = printsFiles ? (await run(path, printsFiles)).stdout.trim().split('\n') : [];
    const modules = files.filter((file) => file.endsWith('.so'));
    const libraries = await librariesOf(path, modules);
    for (const file of [...libraries, ...loadedLater(libraries), ...files]) await this.bring(file, file);
    await this.bring(path, there);
    return there;
  }

  async start({ executable, args, cwd, env, stdin }: ProgramStart): Promise<GuestProgram> {
    const process = await this.vm.start(
      { words: [executable, ...args], cwd, env },
      stdin === 'null' ? '/dev/null' : '',
    );
    return new GuestProgram(this.vm, process, IN_GUEST.below);
  }

  look(pid: number, eyes: LookOptions): Promise<Look> {
    return lookAt(guestProc(this.vm, pid), eyes);
  }

  async elfreeze(args: readonly string[]): Promise<CommandSaid> {
    if (this.warm) return this.warm.run(args);
    const words = [IN_GUEST.node, join(IN_GUEST.elfreeze, 'bin/elfreeze'), ...args];
    const { end, stdout, stderr } = await this.vm.run({ words, env: ENVIRONMENT });
    if (end.status === null) throw new LabError(`elfreeze ${args[0]} ended by ${end.signal}`);
    return { status: end.status, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  supervised(pid: number): Promise<number> {
    return findSupervised(pid, async (path) => (await unlessGone(this.vm.read(path)))?.toString('latin1') ?? '');
  }

  makeDirectory(path: string): Promise<void> {
    return this.vm.makeFolder(path);
  }

  writeFile(path: string, bytes: Uint8Array): Promise<void> {
    return this.vm.put(path, Buffer.from(bytes), 0o644);
  }

  async digests(paths: readonly string[]): Promise<Record<string, string>> {
    const digests: Record<string, string> = {};
    for (const path of paths) digests[path] = await this.digestOf(path);
    return digests;
  }

  remove(path: string): Promise<void> {
    return this.vm.remove(path);
  }

  private async digestOf(path: string): Promise<string> {
    try {
      return createHash('sha256')
        .update(await this.vm.read(path))
        .digest('hex');
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      return 'missing';
    }
  }

  private bring(from: string, to: string): Promise<void> {
    const known = this.brought.get(to) ?? this.bringNow(from, to);
    this.brought.set(to, known);
    return known;
  }

  private async bringNow(from: string, to: string): Promise<void> {
    await this.vm.makeFolder(dirname(to));
    // What runs there has come with the same libraries. A loader that is in use cannot be written: ETXTBSY before Linux 5.15.
    if ((await this.vm.list(dirname(to))).includes(basename(to))) return;
    await this.vm.put(to, await readFile(from), 0o755);
  }
}

/** What glibc loads when a thread is cancelled. */
const loadedLater = (libraries: readonly string[]): string[] =>
  libraries.flatMap((path) => (basename(path) === 'libc.so.6' ? [join(dirname(path), 'libgcc_s.so.1')] : []));

/** EIO: the page is there, and may not be read. */
const EIO = constants.errno.EIO;

function guestProc(vm: Vm, pid: number): ProcSource {
  const path = (name: string) => `/proc/${pid}/${name}`;
  return {
    read: (name) => vm.read(path(name)),
    link: (name) => vm.readLink(path(name)),
    list: (name) => vm.list(path(name)),
    readPart: (name, offset, length) =>
      vm.read(path(name), offset, BigInt(length)).catch((error: unknown) => {
        if (error instanceof GuestError && error.errno === EIO) return null;
        throw error;
      }),
    async peek() {
      const { end, stdout, stderr } = await vm.run({ words: [IN_GUEST.peek, String(pid)] });
      if (end.status !== 0) throw new LabError(`peek: ${stderr.toString().trim()}`);
      return JSON.parse(stdout.toString()) as Peek;
    },
    async peekMemory(start, length) {
      const { end, stdout, stderr } = await vm.run({ words: [IN_GUEST.peek, ...[pid, start, length].map(String)] });
      if (end.status !== 0) throw new LabError(`peek: ${stderr.toString().trim()}`);
      return stdout;
    },
  };
}
