import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { release } from 'node:os';
import { printName } from '../base/names.ts';
import { whyNotRun } from '../sys/tiny-program.ts';
import type { Host } from './row.ts';

const O_TMPFILE = 0o20200000;

/** The host that this process runs on. @param directory where images go, and run @param called how it is shown */
export function thisHost(directory: string, called = directory): Host {
  return {
    text: (path) => orUndefined(() => readFileSync(path, 'utf8')),
    call: async (name, ...args) => {
      // Loaded here, because whether it can be is one of the questions.
      const linux = await import('../sys/linux.ts').catch(() => undefined);
      return orUndefined(() => linux?.syscall(name, ...args));
    },
    readOwnMemory: (address) => readByte('/proc/self/mem', address),
    whyNotRun: (cls) => whyNotRun(cls, directory),
    nameless: () => {
      try {
        closeSync(openSync(directory, O_TMPFILE | constants.O_RDWR, 0o700));
        return undefined;
      } catch (error) {
        return codeOf(error);
      }
    },
    directory: printName(called),
    arch: process.arch,
    nodeVersion: process.version,
    release: release(),
    pid: process.pid,
  };
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** A probe asks; that there is no answer is an answer. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function readByte(path: string, position: bigint): boolean {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    return readSync(fd, Buffer.alloc(1), 0, 1, position) === 1;
  } catch {
    return false; // the answer: it cannot be read
  } finally {
    closeSync(fd);
  }
}
