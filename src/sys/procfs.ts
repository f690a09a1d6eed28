import {
  closeSync,
  opendirSync,
  openSync,
  read as readCallback,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
  constants,
} from 'node:fs';
import { ElfreezeError } from '../base/errors.ts';
import { decodeName } from '../base/names.ts';
import { hex, PAGE, type Range } from '../base/range.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import { type FileStat, linkOf, REPLACEMENT } from './files.ts';
import { addressOf, syscall } from './linux.ts';

/** Whether a process has ended, and all its threads: its memory is gone, and with that its owner may no longer read what root still may. @source Linux 5.10 fs/proc/base.c task_dump_owner */
export function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return /^State:\t[ZX]/m.test(status) && /^Threads:\t1$/m.test(status);
  } catch {
    return false;
  }
}

/** The world's word for a failed /proc access. */
function refused(pid: number, what: string, cause: unknown): ElfreezeError {
  if (isZombie(pid)) return new ElfreezeError('TARGET_ZOMBIE', `process ${pid} is a zombie`, { cause });
  const errno = (cause as NodeJS.ErrnoException).code ?? String(cause);
  if (errno === 'ENOENT' || errno === 'ESRCH')
    return new ElfreezeError('NO_SUCH_PROCESS', `there is no process ${pid} (/proc/${pid}/${what})`, { cause });
  if (errno === 'EACCES' || errno === 'EPERM')
    return new ElfreezeError('NOT_PERMITTED', `/proc/${pid}/${what} may not be read`, { cause });
  return new ElfreezeError('READ_FAILED', `/proc/${pid}/${what}: ${errno}`, { cause });
}

function attempt<T>(pid: number, what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw refused(pid, what, cause);
  }
}

/** Reads /proc/PID: text as names are (base/names.ts). @throws NO_SUCH_PROCESS TARGET_ZOMBIE NOT_PERMITTED READ_FAILED */
export const procText = (pid: number, name: string): string =>
  attempt(pid, name, () => {
    const path = `/proc/${pid}/${name}`;
    // Node opens, reads and closes for this encoding at once, which takes half the time.
    const text = readFileSync(path, 'utf8');
    return text.includes(REPLACEMENT) ? decodeName(readFileSync(path)) : text;
  });
export const procBytes = (pid: number, name: string): Buffer =>
  attempt(pid, name, () => readFileSync(`/proc/${pid}/${name}`));
/** The first bytes of a file that may be large. */
export const procHead = (pid: number, name: string, length: number): Buffer =>
  attempt(pid, name, () => {
    const fd = openSync(`/proc/${pid}/${name}`, constants.O_RDONLY);
    try {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  });
/** What `procLink` gives for a path that is longer than PATH_MAX, which the kernel does not put into a link. */
export const TOO_LONG = 'a path of more than 4,095 bytes';
export const procLink = (pid: number, name: string): string =>
  attempt(pid, name, () => {
    try {
      return linkOf(`/proc/${pid}/${name}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return TOO_LONG;
      throw error;
    }
  });
/** Of what a link leads to; of any other file its owner is the process's, or root if the process is not dumpable. */
export const procStat = (pid: number, name: string): FileStat =>
  attempt(pid, name, () => statSync(`/proc/${pid}/${name}`, { bigint: true }));
/** Names, sorted as text. */
export const procList = (pid: number, name: string): string[] =>
  attempt(pid, name, () => readdirSync(`/proc/${pid}/${name}`));
/** Threads in the kernel's own order: the first, then as they were started, which their ids do not tell once those began anew. */
export const procThreads = (pid: number): number[] =>
  attempt(pid, 'task', () => {
    const dir = opendirSync(`/proc/${pid}/task`);
    try {
      const tids: number[] = [];
      for (let entry = dir.readSync(); entry; entry = dir.readSync()) tids.push(Number(entry.name));
      return tids;
    } finally {
      dir.closeSync();
    }
  });

/** Another process's memory through /proc/PID/mem, which also reads what the process itself may not. */
export class ProcessMemory implements MemorySource, Disposable {
  private readonly fd: number;
  private readonly pid: number;

  constructor(pid: number, writable = false) {
    this.pid = pid;
    this.fd = attempt(pid, 'mem', () => openSync(`/proc/${pid}/mem`, writable ? constants.O_RDWR : constants.O_RDONLY));
  }

  /** @param bytes that are filled, if they are not new ones */
  readNow(address: bigint, length: number, bytes: Buffer = Buffer.alloc(length)): Buffer {
    for (let done = 0; done < length;) {
      const count = this.readSome(address + BigInt(done), bytes, done);
      if (count === 0) throw this.unreadable(address + BigInt(done));
      done += count;
    }
    return bytes;
  }

  canRead(address: bigint): boolean {
    try {
      this.readNow(address, 1);
      return true;
    } catch {
      return false; // the answer: a page past the end of its file cannot be read
    }
  }

  private readSome(address: bigint, bytes: Uint8Array, done: number): number {
    try {
      return readSync(this.fd, bytes, done, bytes.length - done, address);
    } catch (cause) {
      throw this.unreadable(address, cause);
    }
  }

  write(address: bigint, bytes: Uint8Array): void {
    // Node passes positions as 64-bit numbers, but only safe integers: user addresses are below 2^47.
    const written = attempt(this.pid, 'mem', () => writeSync(this.fd, bytes, 0, bytes.length, Number(address)));
    if (written !== bytes.length)
      throw new ElfreezeError('SYSCALL_FAILED', `cannot write to ${hex(address)} of process ${this.pid}`);
  }

  async read(address: bigint, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const at = address + BigInt(done);
      // Node reads in a thread of its pool, and a kernel may let only the tracing thread read what the process may not:
      // proc_mem.force_override=ptrace, the default of Debian's kernels from 7.2 on.
      const count = (await this.readInPool(at, into, done)) ?? this.readSome(at, into, done);
      if (count === 0) throw this.unreadable(at);
      done += count;
    }
  }

  /** @returns undefined where it cannot be read */
  private readInPool(address: bigint, into: Uint8Array, done: number): Promise<number | undefined> {
    return new Promise((resolve) =>
      readCallback(this.fd, into, done, into.length - done, address, (error, count) =>
        resolve(error ? undefined : count),
      ),
    );
  }

  private unreadable(address: bigint, cause?: unknown): ElfreezeError {
    return new ElfreezeError('READ_FAILED', `the memory of process ${this.pid} at ${hex(address)} cannot be read`, {
      cause,
    });
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Entries of /proc/PID/pagemap for the pages from `start` to `end`, 8 bytes each. */
export function readPagemap(pid: number, start: bigint, end: bigint): Uint8Array {
  return attempt(pid, 'pagemap', () => {
    const fd = openSync(`/proc/${pid}/pagemap`, constants.O_RDONLY);
    try {
      const bytes = Buffer.alloc(Number((end - start) / 512n));
      let done = 0;
      while (done < bytes.length) {
        const count = readSync(fd, bytes, done, bytes.length - done, start / 512n + BigInt(done));
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(fd);
    }
  });
}

/** @source include/uapi/linux/fs.h, struct pm_scan_arg, Linux 6.15 */
const PAGEMAP_SCAN = 0xc060_6610;
const PAGE_IS_GUARD = 1n << 8n;
const SCAN = { size: 96n, start: 2, end: 3, walkEnd: 4, vector: 5, vectorLength: 6, mask: 9, returned: 11 } as const;
const REGIONS = 1024;
const REGION_WORDS = 3;
const USER_END = (1n << 47n) - PAGE;

/**
 * Guard regions of a process, ascending; a huge reservation costs nothing, as it would page by page. Linux 6.13 and 6.14
 * have them and do not tell.
 */
export function scanGuards(pid: number): Range[] {
  const fd = attempt(pid, 'pagemap', () => openSync(`/proc/${pid}/pagemap`, constants.O_RDONLY));
  try {
    const found: Range[] = [];
    for (let start = 0n; start < USER_END;) {
      const regions = new BigUint64Array(REGIONS * REGION_WORDS);
      const words = new BigUint64Array(Number(SCAN.size) / 8);
      words[0] = SCAN.size;
      words[SCAN.start] = start;
      words[SCAN.end] = USER_END;
      words[SCAN.vector] = addressOf(new Uint8Array(regions.buffer));
      words[SCAN.vectorLength] = BigInt(REGIONS);
      words[SCAN.mask] = PAGE_IS_GUARD;
      words[SCAN.returned] = PAGE_IS_GUARD;
      const count = syscall('ioctl', fd, PAGEMAP_SCAN, new Uint8Array(words.buffer));
      if (count < 0) return []; // a kernel that does not know the question
      for (let i = 0; i < count; i++)
        found.push({ start: regions[i * REGION_WORDS] ?? 0n, end: regions[i * REGION_WORDS + 1] ?? 0n });
      start = words[SCAN.walkEnd] ?? USER_END;
    }
    return found;
  } finally {
    closeSync(fd);
  }
}
