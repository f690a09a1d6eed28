import { readdirSync, statSync } from 'node:fs';
import { decodeName, encodeName } from '../base/names.ts';
import type { Range } from '../base/range.ts';
import { type FileStat, linkStatOf } from './files.ts';
import { mapFile } from './map-files.ts';

/** The file of a mapping; undefined for who may not look (CAP_CHECKPOINT_RESTORE). @source proc_pid_map_files(5) */
export function statOfMapped(pid: number, mapping: Range): FileStat | undefined {
  try {
    return statSync(mapFile(pid, mapping), { bigint: true });
  } catch {
    return undefined; // and then its descriptors may tell
  }
}

/** What a process has open. */
export const statsOfOpen = (pid: number): FileStat[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [statSync(`/proc/${pid}/fd/${fd}`, { bigint: true })];
    } catch {
      return []; // closed meanwhile
    }
  });

/** The name in a directory that leads to a file. @param directory ends in a slash */
export function nameIn(directory: string, isIt: (stat: FileStat) => boolean): string | undefined {
  return namesIn(directory).find((name) => {
    const stat = linkStatOf(`${directory}${name}`);
    return stat !== undefined && isIt(stat);
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(encodeName(directory), { encoding: 'buffer' }).map(decodeName);
  } catch {
    return []; // gone, or not to be read: then nothing is found there
  }
}
