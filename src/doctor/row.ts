import type { ElfClass } from '../elf/layout.ts';

/** What a probe found. `detail` is what was seen. */
export type Finding =
  | { readonly answer: 'ok' | 'unknown'; readonly detail: string }
  | { readonly answer: 'no'; readonly detail: string; readonly remedy: string };

/** One question about this host. Adding one is adding a row. */
export interface Probe {
  readonly name: string;
  readonly why: string;
  /** Whether a `no` means that freezing or running does not work at all, rather than not for some programs. */
  readonly needed: boolean;
  readonly probe: (host: Host) => Finding | Promise<Finding>;
}

/** What probes look at; tests give them another one. */
export interface Host {
  /** The contents of a file of /proc or /sys; undefined where it is missing or may not be read. */
  readonly text: (path: string) => string | undefined;
  /** A system call of this process. @returns the result or −errno; undefined when there is no way to make one */
  readonly call: (name: 'kcmp' | 'prctl' | 'ptrace', ...args: (number | Uint8Array)[]) => Promise<number | undefined>;
  /** Reads a byte of this process's memory by way of /proc/self/mem. */
  readonly readOwnMemory: (address: bigint) => boolean;
  /** Runs the smallest program of that width in the output directory. @returns why it did not run */
  readonly whyNotRun: (cls: ElfClass) => string | undefined;
  /** Opens a nameless file in the output directory. @returns why not */
  readonly nameless: () => string | undefined;
  readonly directory: string;
  readonly arch: string;
  readonly nodeVersion: string;
  readonly release: string;
  readonly pid: number;
}

export const ok = (detail: string): Finding => ({ answer: 'ok', detail });
export const unknown = (detail: string): Finding => ({ answer: 'unknown', detail });
export const no = (detail: string, remedy: string): Finding => ({ answer: 'no', detail, remedy });
