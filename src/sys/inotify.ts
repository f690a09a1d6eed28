import { closeSync, type Dirent, readdirSync } from 'node:fs';
import { cString, decodeName, encodeName } from '../base/names.ts';
import { parseInotify, type WatchInfo } from '../proc/fdinfo-kinds.ts';
import { mustSyscall, syscall } from './linux.ts';
import { procText } from './procfs.ts';
import { reachIn } from './rooted.ts';

const IN_CLOEXEC = 0o2000000;
export const IN_ONESHOT = 0x8000_0000;

/**
 * An inotify instance of ours. Watching a file lets the kernel name it as it names what another instance watches, on any file
 * system; nobody notices, the file is not opened.
 */
export class Watcher implements Disposable {
  private readonly fd = mustSyscall('SYSCALL_FAILED', 'inotify_init1', 'inotify_init1', IN_CLOEXEC);

  private readonly pid: number;

  /** @param pid who sees the paths */
  constructor(pid: number) {
    this.pid = pid;
  }

  /** @returns each path's file in the kernel's words, for those that there are and that may be read; with their masks */
  watch(paths: readonly string[]): Map<string, WatchInfo> {
    const numbers = new Map<number, string>();
    for (const path of paths) {
      const wd = reachIn(this.pid, path, (at) =>
        syscall('inotify_add_watch', this.fd, new Uint8Array(cString(at)), IN_ONESHOT),
      );
      if (wd !== undefined && wd > 0 && !numbers.has(wd)) numbers.set(wd, path);
    }
    const infos = parseInotify(procText(process.pid, `fdinfo/${this.fd}`).split('\n'));
    return new Map(
      infos.flatMap((info) => {
        const path = numbers.get(info.wd);
        return path === undefined ? [] : [[path, info]];
      }),
    );
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** What is in a directory of a process; nothing for one that is gone or may not be read. */
export function entriesIn(pid: number, path: string): { name: string; isDirectory: boolean }[] {
  try {
    const entries: Dirent<Buffer>[] =
      reachIn(pid, path, (at) => readdirSync(encodeName(at), { withFileTypes: true, encoding: 'buffer' })) ?? [];
    return entries.map((entry) => ({ name: decodeName(entry.name), isDirectory: entry.isDirectory() }));
  } catch {
    return []; // whoever looks for a file looks on
  }
}
