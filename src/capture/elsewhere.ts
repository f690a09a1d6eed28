import { type ByKind, callByKind } from '../snapshot/files/descriptors.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { unixPathOf } from '../snapshot/files/socket-address.ts';
import { type FileStat, findFile } from '../sys/files.ts';
import { namespaceOf } from '../sys/processes.ts';

/** More names than these are only counted. */
const MOST_NAMES = 8;

const itself = ({ path }: { readonly path: string }): string[] => [path];
const nothing = (): string[] => [];

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Paths that an image will look for. Standard files, terminals and what `--fd` names are the caller's; what has no path is made anew. */
const PATHS: ByKind<[cwd: string], readonly string[]> = {
  file: itself,
  directory: itself,
  fifo: itself,
  device: itself,
  inotify: ({ watches }) => watches.flatMap(itself),
  unix: ({ local, unlinked }, cwd) => {
    const path = unlinked ? undefined : unixPathOf(local);
    return path === undefined ? [] : [directoryOf(path.startsWith('/') ? path : `${cwd}/${path}`)];
  },
  stdio: nothing,
  nameless: nothing,
  tty: nothing,
  ptmx: nothing,
  pts: nothing,
  path: nothing,
  proc: nothing,
  pipe: nothing,
  eventfd: nothing,
  signalfd: nothing,
  timerfd: nothing,
  epoll: nothing,
  inet: nothing,
};

const isSame = (one: FileStat, other: FileStat | undefined): boolean =>
  other !== undefined &&
  (one.isCharacterDevice() ? one.rdev === other.rdev : one.dev === other.dev && one.ino === other.ino);

/**
 * What an image will look for is looked for where the image will probably be run: in elfreeze's own mount namespace.
 * @param source the process, or its copy
 * @returns a sentence for people, or none
 */
export function warnOfElsewhere(source: number, { pid, cwd, descriptors, mappings }: Snapshot): string[] {
  if (namespaceOf(source, 'mnt') === namespaceOf(process.pid, 'mnt')) return []; // it was found there already
  const mapped = mappings.flatMap((mapping) => (mapping.kind === 'shared-file' ? [mapping.path] : []));
  const wanted = [cwd, ...descriptors.flatMap((each) => callByKind(PATHS, each, cwd)), ...mapped];
  const missing = [...new Set(wanted)].filter((path) => {
    const inside = findFile(`/proc/${source}/root${path}`);
    return inside !== undefined && !isSame(inside, findFile(path));
  });
  if (missing.length === 0) return [];
  const names = missing.length > MOST_NAMES ? [...missing.slice(0, MOST_NAMES), '…'] : missing;
  return [
    `process ${pid} has a mount namespace of its own, and in this one these paths do not lead to the files that its image will need: ${names.join(', ')}: run the image where they do (nsenter --mount --target ${pid} while the process runs, or a container with the same volumes)`,
  ];
}
