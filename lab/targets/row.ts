import type { OwnSource } from '../own-source.ts';

export type Arch = 'x86-64' | 'i386';

/** How a C target is linked: `musl` is musl's libc, statically; all others are glibc. `system`: a program of this machine. */
export type Linkage = 'static' | 'static-pie' | 'pie' | 'no-pie' | 'musl' | 'system';

/**
 * How the lab makes it go on:
 * - `stdin` it waits in a system call until a line comes
 * - `signal` it waits in a system call until SIGUSR1 comes
 * - `stopped` it stops itself, as job control would, until SIGCONT comes
 * - `spin` it runs in a loop of a few instructions until SIGUSR1 comes
 * - `loop` it works until SIGUSR1 comes
 * - `itself` it waits in a system call that ends after so many seconds as its last argument says
 * - `work` it works until it is done
 */
export type Waits = 'stdin' | 'signal' | 'stopped' | 'spin' | 'loop' | 'itself' | 'work';

export interface TargetRow {
  readonly name: string;
  /** One sentence. */
  readonly fact: string;
  readonly arches: readonly Arch[];
  readonly linkages: readonly Linkage[];
  readonly waits: Waits;
  /** Stem of the C file, when it is not the name. */
  readonly source?: string;
  readonly args?: readonly string[];
  /** How much it does, where it works: put for WORK in its arguments. Where a machine is emulated it does less. */
  readonly work?: { readonly usual: number; readonly emulated: number };
  /** A user's own program, which follows no protocol: where and how it is run, if not as a target is. */
  readonly own?: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };
  /** Its C text, instead of a file of the lab's. */
  readonly text?: OwnSource;
  /** Its language, when that is not C. */
  readonly language?: 'go' | 'rust';
  /** A program of this machine instead of a C file: its name, and its arguments follow in `args`. */
  readonly program?: string;
  /** What has it or its compiler, where a machine can do without: then its cells are skipped. */
  readonly package?: string;
  /** Arguments with which the program prints the files that it loads by itself, a line each: a guest that has nothing gets them. */
  readonly printsFiles?: readonly string[];
  /** It changes its memory or registers while it waits, so only what stays can be compared. */
  readonly moves?: true;
  /** Only root may look at it, or freeze it: what others lack. */
  readonly onlyRoot?: string;
  /** A look by ptrace would itself change how its system call restarts: the registers before are not known. */
  readonly untouched?: true;
  /** It has begun once this file is there and not empty; else, once it has printed `ready`. */
  readonly begun?: string;
  /** It has begun once it has worked for so many clock ticks. */
  readonly worked?: number;
  /** Input file made before the start: this text, or so many bytes. */
  readonly input?: { readonly name: string; readonly bytes: number } | { readonly name: string; readonly text: string };
  /** Files whose bytes belong to the result. */
  readonly results?: readonly string[];
  /** What `freeze` is told besides. */
  readonly freeze?: readonly string[];
  /** What it has of the kernel came with this release, and its image says so on older ones: words as those of `limits`. */
  readonly since?: { readonly release: string; readonly limits: string };
  /** It does not go on as it was on another machine, which has another clock and other files: words that are in docs/limits.md. */
  readonly elsewhere?: string;
  /** Its image goes on under the old ids: it is run with ELFREEZE_PID=keep. */
  readonly keepsPid?: true;
  /** It is refused by `freeze`: words that are in the refusal and in docs/limits.md. When it is not refused, the row is wrong. */
  readonly limits?: string;
  /** On kernels before this release it is refused: words as those of `limits`. */
  readonly before?: { readonly release: string; readonly limits: string };
  /** End of the path of a file that it keeps open, and that is where the program is installed: without it the image rightly does not start. */
  readonly keepsOpen?: string;
  /** Restored exactly, yet its fact cannot hold: words that are in docs/limits.md. When the fact holds, the row is wrong. */
  readonly loses?: string;
  /** The same on kernels of 32 bits only, or on those from a release on. */
  readonly losesOn32Bit?: { readonly limits: string; readonly from?: string };
}
