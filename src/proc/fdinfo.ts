import { ElfreezeError } from '../base/errors.ts';

/** One open file description. */
export interface Fdinfo {
  readonly position: bigint;
  /** O_* of the open file description, with the descriptor's own O_CLOEXEC. */
  readonly flags: number;
  readonly mntId: number;
  /** Undefined before Linux 5.14. */
  readonly inode: bigint | undefined;
  /** Locks that this descriptor holds, in the words of /proc/locks. */
  readonly locks: readonly string[];
  /** Lines that only this kind of file has (eventfd, epoll, inotify, …), as printed. */
  readonly extra: readonly string[];
}

/**
 * /proc/PID/fdinfo/N.
 * @throws PROC_UNPARSABLE quoting the line, or naming the one that is missing
 * @source proc_pid_fdinfo(5); fs/proc/fd.c seq_show
 */
export function parseFdinfo(text: string): Fdinfo {
  const [head, position, flags, mntId, inode] = PLAIN.exec(text) ?? [];
  if (head === undefined) return parseLines(text);
  return {
    position: BigInt(position ?? 0),
    flags: Number.parseInt(flags ?? '', 8),
    mntId: Number(mntId),
    inode: inode === undefined ? undefined : BigInt(inode),
    locks: [],
    extra: [],
  };
}

/** What most files have, and no more. */
const PLAIN = /^pos:\t(-?\d+)\nflags:\t([0-7]+)\nmnt_id:\t(\d+)\n(?:ino:\t(\d+)\n)?$/;

function parseLines(text: string): Fdinfo {
  const lines = text.split('\n').filter((line) => line !== '');
  const own = new Map<string, string>();
  const locks: string[] = [];
  const extra: string[] = [];
  for (const line of lines) {
    const [, name = '', value = ''] = /^(\w+):\s*(.*)$/s.exec(line) ?? [];
    if (name === 'lock') locks.push(value);
    // Only the first of each: signalfd, inotify and others print an `ino:` or `flags:` of theirs.
    else if (Object.hasOwn(FORM, name) && !own.has(name)) own.set(name, value);
    else extra.push(line);
  }
  return {
    position: BigInt(valid(own, 'pos')),
    flags: Number.parseInt(valid(own, 'flags'), 8),
    mntId: Number(valid(own, 'mnt_id')),
    inode: own.has('ino') ? BigInt(valid(own, 'ino')) : undefined,
    locks,
    extra,
  };
}

/** What the kernel prints for each: decimal, octal, decimal, decimal. */
const FORM = { pos: /^-?\d+$/, flags: /^[0-7]+$/, mnt_id: /^\d+$/, ino: /^\d+$/ };

function valid(lines: ReadonlyMap<string, string>, name: keyof typeof FORM): string {
  const value = lines.get(name);
  if (value === undefined) throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/fdinfo has no line "${name}:"`);
  if (!FORM[name].test(value)) throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/fdinfo says "${name}: ${value}"`);
  return value;
}
