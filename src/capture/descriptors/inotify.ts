import { parseInotify } from '../../proc/fdinfo-kinds.ts';
import type { DescriptorKind, InotifyWatch } from '../../snapshot/files/descriptors.ts';
import { statOf } from '../../sys/files.ts';
import { reachIn } from '../../sys/rooted.ts';
import { findWatched } from './watched-paths.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

/** What opening, reading or closing a watched directory is told as. @source inotify(7) */
const TOLD_OF_LISTING = 0x1 | 0x10 | 0x20; // IN_ACCESS, IN_CLOSE_NOWRITE, IN_OPEN

/** A watch is of a file, whatever its name: any path that leads to it will do. */
export function describeInotify({ fd, link, info, waiting }: DescriptorState, pid: number): DescriptorKind {
  if (waiting) refuse(fd, `${link} in which events wait`);
  const infos = parseInotify(info.extra).sort((a, b) => a.wd - b.wd);
  if (infos.length === 0) return { kind: 'inotify', watches: [] };
  const mayList = infos.every(({ mask }) => (mask & TOLD_OF_LISTING) === 0);
  const { paths, tellsFlags } = findWatched(pid, new Set(infos.map(({ file }) => file)), mayList);
  if (!tellsFlags) refuse(fd, `${link}, of which this kernel does not tell whether a watch is for one event only`);
  const watches = infos.map(({ wd, mask, file }): InotifyWatch => {
    const path = paths.get(file);
    const stat = path === undefined ? undefined : reachIn(pid, path, statOf);
    if (path === undefined || !stat) refuse(fd, `${link} that watches a file whose path was not found (${file})`);
    return { wd, mask, path, dev: stat.dev, inode: stat.ino };
  });
  return { kind: 'inotify', watches };
}
