import type { Start } from '../running.ts';
import type { Cell } from '../cell.ts';
import type { Look } from '../judge/look.ts';
import type { Segment } from '../judge/segments.ts';
import type { Called } from './call.ts';

/** What a command line said. */
export type CommandSaid = Called<string>;

/** How a program is started, but for what its hands know themselves. */
export type ProgramStart = Required<Omit<Start, 'starter' | 'interrupted'>>;

/** Something about a program that can be waited for. Data, so that the waiting is done beside the program. */
export type Fact =
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'wrote'; readonly path: string }
  /** The letter of /proc/PID/stat. */
  | { readonly kind: 'state'; readonly letter: string }
  /** From now on it has used so many clock ticks of processor time. */
  | { readonly kind: 'worked'; readonly ticks: number }
  /** It is itself, and no more what the lab starts programs with. */
  | { readonly kind: 'begun' };

export interface Ended {
  /** `exit 0`, `killed by SIGKILL` */
  readonly end: string;
  /** Told by an engine, which tells a death by signal 9 as `exit 137`, as shells do. */
  readonly asShells?: true;
  /** All that it wrote to standard output, as latin1. */
  readonly output: string;
}

/** A running program. Own it with `await using`: it is killed on every path out of scope. */
export interface Program extends AsyncDisposable {
  /** As the hands that started it count. */
  readonly pid: number;
  /** @throws LabError when it ends first, or time is up */
  until(fact: Fact): Promise<void>;
  /** Does nothing when it has ended. */
  signal(signal: NodeJS.Signals): Promise<void>;
  writeLine(line: string): Promise<void>;
  hasEnded(): Promise<boolean>;
  finish(): Promise<Ended>;
}

/** What to look at: not at what moves. */
export interface LookOptions {
  readonly memory: boolean;
  /** By ptrace too. */
  readonly peek: boolean;
}

/** All that the lab does where programs run: on this host, in a container, in a virtual machine. */
export interface Hands {
  /** Why this cell cannot be built here. */
  lacks(cell: Cell): Promise<string | undefined>;
  /** What compiles here: its name and version. */
  compiler(): Promise<string>;
  /** Compiles it, or finds the program. @returns its path */
  executable(cell: Cell): Promise<string>;
  start(start: ProgramStart): Promise<Program>;
  look(pid: number, options: LookOptions): Promise<Look>;
  /** The built command line. */
  elfreeze(args: readonly string[]): Promise<CommandSaid>;
  makeDirectory(path: string): Promise<void>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>;
  /** SHA-256 of files, by path; `missing` where there is none. */
  digests(paths: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** The program headers of an ELF file. */
  segments(path: string): Promise<readonly Segment[]>;
  /** A directory as a tar archive, and back. */
  pack(path: string): Promise<Uint8Array>;
  unpack(path: string, archive: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Of a container whose processes are seen here: waits until one of them has stopped. @returns its pid */
  stoppedIn(container: string): Promise<number>;
  /** The process that an image with ELFREEZE_PID=keep stands for. @throws LabError when there is not one */
  supervised(pid: number): Promise<number>;
  /** Of a process that is seen here, started by others. */
  waitFor(pid: number, fact: Exclude<Fact, { kind: 'said' }>): Promise<void>;
  signal(pid: number, signal: NodeJS.Signals): Promise<void>;
}
