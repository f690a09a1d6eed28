import type { RandomAccess } from '../elf/read.ts';
import type { Range } from '../base/range.ts';
import { openForReading, statOf } from '../sys/files.ts';
import { placesOfMapped } from '../sys/map-files.ts';

interface MappedFile extends Range {
  readonly path: string;
  readonly inode: bigint;
}

/** Headers, sections and symbols are read; a file beyond this is data, not a program. */
const MAX_FILE = 4n << 30n;

/**
 * The file behind a line of maps, whatever root and mounts the process has, and whether or not its name still exists:
 * through map_files where we may (CAP_CHECKPOINT_RESTORE), else by its name as the process sees it.
 * @returns undefined when neither leads to the same file. Only regular files are opened: opening a device may do something
 */
export function openMappedFile(pid: number, mapping: MappedFile): RandomAccess | undefined {
  for (const place of placesOfMapped(pid, mapping)) {
    const file = openRegular(place, mapping.inode);
    if (file) return file;
  }
  return undefined;
}

/** A file of this host for an image: only its contents can tell whether it is the one. */
export const openHostFile = (path: string): RandomAccess | undefined => openRegular(path);

function openRegular(path: string, inode?: bigint): RandomAccess | undefined {
  try {
    const stat = statOf(path);
    if (!stat?.isFile() || (inode !== undefined && stat.ino !== inode) || stat.size > MAX_FILE) return undefined;
    using file = openForReading(path);
    return reopening(path, file);
  } catch {
    return undefined; // not ours to see, or gone: the headers in memory must do
  }
}

/** Opened for each read, so that a process with thousands of mapped files needs no descriptor for each. */
function reopening(path: string, { size }: RandomAccess): RandomAccess {
  return {
    size,
    read: (offset, length) => {
      using file = openForReading(path);
      return file.read(offset, length);
    },
  };
}
