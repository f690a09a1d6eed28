import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** The environment variable that tells whose a process is, and the label that tells it of everything in an engine. */
export const OWNER_VARIABLE = 'ELFREEZE_LAB_OWNER';

/**
 * Whoever made something that may be left behind: a process, told apart from all later ones of the same pid by its start
 * time, and from those of other machines, boots and pid namespaces. Written as `MACHINE.PID.START`.
 */
export interface Owner {
  readonly machine: string;
  readonly pid: number;
  readonly start: string;
}

const MACHINE = createHash('sha256')
  .update(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))
  .update(readlinkSync('/proc/self/ns/pid'))
  .digest('hex')
  .slice(0, 8);

/** Field 22 of /proc/PID/stat. @source proc_pid_stat(5) */
function startOf(pid: number): string | undefined {
  if (!existsSync(`/proc/${pid}/stat`)) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    // It ended between the two.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
    throw error;
  }
}

export const ownerOf = (pid: number): Owner => ({ machine: MACHINE, pid, start: startOf(pid) ?? '0' });

/** This process. */
export const SELF: Owner = ownerOf(process.pid);

export const formatOwner = ({ machine, pid, start }: Owner): string => `${machine}.${pid}.${start}`;

/** @returns undefined when `text` begins with no owner */
export function parseOwner(text: string): Owner | undefined {
  const parts = /^([0-9a-f]{8})\.(\d+)\.(\d+)/.exec(text);
  return parts ? { machine: parts[1]!, pid: Number(parts[2]), start: parts[3]! } : undefined;
}

export type Fate = 'alive' | 'gone' | 'elsewhere';

/** Of an owner on another machine, or before the last boot, nothing can be known from here. */
export function fateOf({ machine, pid, start }: Owner): Fate {
  if (machine !== MACHINE) return 'elsewhere';
  return startOf(pid) === start ? 'alive' : 'gone';
}
