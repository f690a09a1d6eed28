import { ElfreezeError } from '../base/errors.ts';
import type { Range } from '../base/range.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../snapshot/memory.ts';

/** One line of /proc/PID/maps. */
export interface MapsLine extends Range {
  /** As printed: `rw-p`. */
  readonly perms: string;
  /** PROT_* of mmap(2). */
  readonly prot: number;
  readonly shared: boolean;
  /** Offset in the mapped file, bytes. Anonymous memory has one too, which says nothing. */
  readonly offset: bigint;
  /** Device in hex, `fe:00`. */
  readonly dev: string;
  readonly inode: bigint;
  /** A path (with ` (deleted)` when the file has lost its name), `[heap]`, … or ''. */
  readonly path: string;
  /** As the path looks: a name may end so by itself. */
  readonly isDeleted: boolean;
}

/** What the kernel adds to a path that does not lead to its file any more. @source fs/d_path.c */
export const DELETED = ' (deleted)';
/** What the path of a memfd begins with, before the name that it was given. @source mm/memfd.c */
export const MEMFD = '/memfd:';

/** start-end perms offset dev inode, then spaces up to column 73 and the path. @source fs/proc/task_mmu.c show_map_vma */
const LINE = /([0-9a-f]+)-([0-9a-f]+) ([r-][w-][x-][ps]) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *([^\n]*)(?:\n|$)/y;

/**
 * Lines of /proc/PID/maps, in the kernel's order, which ascends.
 * @throws PROC_UNPARSABLE quoting the line
 * @source proc_pid_maps(5)
 */
export function parseMaps(text: string): MapsLine[] {
  const lines: MapsLine[] = [];
  LINE.lastIndex = 0;
  for (let at = 0; at < text.length; at = LINE.lastIndex) {
    const match = LINE.exec(text);
    if (!match) throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/maps says "${lineAt(text, at)}"`);
    lines.push(mapsLine(match));
  }
  return lines;
}

/** One line without its newline. @throws PROC_UNPARSABLE quoting it */
export function parseMapsLine(line: string): MapsLine {
  const [parsed, more] = parseMaps(line);
  if (!parsed || more) throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/maps says "${line}"`);
  return parsed;
}

function mapsLine([, start, end, perms, offset, dev, inode, path]: RegExpExecArray): MapsLine {
  return {
    start: fromHex(start!),
    end: fromHex(end!),
    perms: perms!,
    prot:
      (perms![0] === 'r' ? PROT_READ : 0) | (perms![1] === 'w' ? PROT_WRITE : 0) | (perms![2] === 'x' ? PROT_EXEC : 0),
    shared: perms![3] === 's',
    offset: fromHex(offset!),
    dev: dev!,
    inode: BigInt(inode!),
    path: unescape(path!),
    isDeleted: path!.endsWith(DELETED),
  };
}

const fromHex = (digits: string): bigint => BigInt(`0x${digits}`);

/**
 * The kernel writes a newline in a name as \012 and nothing else so, not even a backslash: a file whose name really
 * holds those four characters reads as one with a newline. @source proc_pid_maps(5); fs/proc/task_mmu.c seq_path(m, path, "\n")
 */
const unescape = (path: string): string => (path.includes('\\') ? path.replaceAll('\\012', '\n') : path);

const lineAt = (text: string, at: number): string => text.slice(at, at + 400).split('\n', 1)[0]!;
