import { execFile } from 'node:child_process';
import { open, opendir, readFile, readlink } from 'node:fs/promises';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import type { Peek } from './look.ts';

const run = promisify(execFile);

/** /proc/PID of one process, wherever it is. */
export interface ProcSource {
  /** A whole file, by its name there. */
  read(name: string): Promise<Buffer>;
  link(name: string): Promise<string>;
  /** In the kernel's order: threads as they were started. */
  list(name: string): Promise<readonly string[]>;
  /** A part of a file: less than was asked for at its end, null where the kernel refuses to read (EIO). */
  readPart(name: string, offset: bigint, length: number): Promise<Buffer | null>;
  /** What only ptrace tells. */
  peek(): Promise<Peek>;
  /** Whole pages, as who traces it may read them: what peek writes. */
  peekMemory(start: bigint, length: number): Promise<Buffer>;
}

/** A process of this machine. @param peekProgram peek.c, built */
export function localProc(pid: number, peekProgram: string): ProcSource {
  const path = (name: string) => `/proc/${pid}/${name}`;
  return {
    read: (name) => readFile(path(name)),
    link: (name) => readlink(path(name), 'latin1'),
    async list(name) {
      const names: string[] = [];
      for await (const entry of await opendir(path(name))) names.push(entry.name);
      return names;
    },
    readPart: (name, offset, length) => readPart(path(name), offset, length),
    async peek() {
      const { stdout } = await run(peekProgram, [String(pid)], { maxBuffer: 64 << 20 });
      return JSON.parse(stdout) as Peek;
    },
    async peekMemory(start, length) {
      const words = [pid, start, length].map(String);
      return (await run(peekProgram, words, { encoding: 'buffer', maxBuffer: 64 << 20 })).stdout;
    },
  };
}

const GONE = new Set<number>([constants.errno.ENOENT, constants.errno.ESRCH]);

/** Threads end and files are closed while a process that runs is looked at. @returns undefined for what is gone by then */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    // Node's are negative, a guest's are not.
    const { errno = 0 } = error as { errno?: number };
    if (!GONE.has(Math.abs(errno))) throw error;
    return undefined;
  }
}

async function readPart(path: string, offset: bigint, length: number): Promise<Buffer | null> {
  const bytes = Buffer.allocUnsafe(length);
  const file = await open(path);
  try {
    for (let done = 0; done < length;) {
      const { bytesRead } = await file.read(bytes, done, length - done, Number(offset) + done);
      if (bytesRead === 0) return bytes.subarray(0, done);
      done += bytesRead;
    }
    return bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
    return null;
  } finally {
    await file.close();
  }
}
