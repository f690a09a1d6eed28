import { ElfreezeError } from '../base/errors.ts';
import type { FileLock } from '../snapshot/files/descriptors.ts';

/** `1: POSIX  ADVISORY  WRITE 29238 fe:00:2148192 10 14`. @source proc_locks(5); fs/locks.c lock_get_status */
const LOCK = /^\d+: (\w+)\s+(\w+)\s+(\w+) -?\d+ \S+ (\d+) (\d+|EOF)$/;
const KINDS: Readonly<Record<string, FileLock['kind']>> = { POSIX: 'record', OFDLCK: 'open-file', FLOCK: 'whole' };

/** @returns undefined for what is no lock of these kinds: a lease, a delegation @throws PROC_UNPARSABLE */
export function parseLock(text: string): FileLock | undefined {
  const [, name, , access, start, end] = LOCK.exec(text) ?? [];
  if (name === undefined || start === undefined || end === undefined)
    throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/fdinfo says "lock: ${text}"`);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (!kind || (access !== 'READ' && access !== 'WRITE')) return undefined;
  const length = end === 'EOF' ? 0n : BigInt(end) - BigInt(start) + 1n;
  return { kind, write: access === 'WRITE', start: BigInt(start), length };
}
