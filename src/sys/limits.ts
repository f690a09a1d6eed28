import type { ResourceLimit } from '../snapshot/snapshot.ts';
import { mustSyscall } from './linux.ts';

const RLIM_NLIMITS = 16;

/** All resource limits of a process. @source getrlimit(2) */
export function readLimits(pid: number): ResourceLimit[] {
  return Array.from({ length: RLIM_NLIMITS }, (_, resource) => {
    const limit = new BigUint64Array(2);
    mustSyscall('SYSCALL_FAILED', 'prlimit64', 'prlimit64', pid, resource, 0, new Uint8Array(limit.buffer));
    return { resource, soft: limit[0] ?? 0n, hard: limit[1] ?? 0n };
  });
}
