import { parseMaps } from '../../proc/maps.ts';
import { entriesIn, IN_ONESHOT, Watcher } from '../../sys/inotify.ts';
import { procLink, procList, procText } from '../../sys/procfs.ts';

/** So many names at most are looked at: old kernels let a user watch 8,192 files (`fs.inotify.max_user_watches`). */
const MOST_NAMES = 4096;

export interface FoundWatched {
  readonly paths: ReadonlyMap<string, string>;
  /** Whether this kernel tells IN_ONESHOT and IN_EXCL_UNLINK of a watch: not before Linux 5.19 and what took it over. */
  readonly tellsFlags: boolean;
}

/**
 * Paths of watched files, by the kernel's words for them. The kernel does not tell paths, but whether it is the same file:
 * first what the process has open or mapped, what its arguments name, its working directory, and the directories above
 * them all; then what is below those that it watches or works in.
 * @param mayList whether directories may be read, which who watches them for that would be told
 */
export function findWatched(pid: number, wanted: ReadonlySet<string>, mayList: boolean): FoundWatched {
  using search = new Search(pid, wanted);
  const named = namedPaths(pid);
  search.look([...named.flatMap(withParents), '/']);
  if (mayList) search.lookBelow([...named, ...search.paths.values()]);
  return search;
}

class Search implements FoundWatched, Disposable {
  readonly paths = new Map<string, string>();
  tellsFlags = false;
  private readonly watcher: Watcher;
  private readonly seen = new Set<string>();
  private readonly pid: number;
  private readonly wanted: ReadonlySet<string>;

  constructor(pid: number, wanted: ReadonlySet<string>) {
    this.pid = pid;
    this.watcher = new Watcher(pid);
    this.wanted = wanted;
  }

  look(paths: readonly string[]): void {
    const fresh = [...new Set(paths)].filter((path) => !this.seen.has(path)).slice(0, MOST_NAMES - this.seen.size);
    for (const path of fresh) this.seen.add(path);
    for (const [path, { file, mask }] of this.watcher.watch(fresh)) {
      this.tellsFlags ||= (mask & IN_ONESHOT) !== 0;
      if (this.wanted.has(file)) this.paths.set(file, path);
    }
  }

  /** Level by level, until all is found. */
  lookBelow(directories: readonly string[]): void {
    if (this.paths.size === this.wanted.size || this.seen.size >= MOST_NAMES || directories.length === 0) return;
    const entries = [...new Set(directories)].flatMap((dir) =>
      entriesIn(this.pid, dir).map((entry) => ({ path: `${dir === '/' ? '' : dir}/${entry.name}`, entry })),
    );
    this.look(entries.map(({ path }) => path));
    this.lookBelow(entries.flatMap(({ path, entry }) => (entry.isDirectory ? [path] : [])));
  }

  [Symbol.dispose](): void {
    this.watcher[Symbol.dispose]();
  }
}

/** Paths that the process itself has to do with. */
function namedPaths(pid: number): string[] {
  const cwd = procLink(pid, 'cwd');
  const words = procText(pid, 'cmdline').split('\0').filter((word) => word !== ''); // prettier-ignore
  return [
    cwd,
    ...words.map((word) => (word.startsWith('/') ? word : `${cwd}/${word}`)),
    ...procList(pid, 'fd').map((fd) => procLink(pid, `fd/${fd}`)),
    ...parseMaps(procText(pid, 'maps')).map(({ path }) => path),
  ].filter((path) => path.startsWith('/'));
}

const withParents = (path: string): string[] =>
  path === '' || path === '/' ? [] : [path, ...withParents(path.slice(0, path.lastIndexOf('/')))];
