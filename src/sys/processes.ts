import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { decodeName } from '../base/names.ts';
import { DELETED } from '../proc/maps.ts';
import { type FileStat, linkOf, statOf } from './files.ts';
import { mustSyscall, syscall } from './linux.ts';

const LANDLOCK_CREATE_RULESET_VERSION = 1;
/** Whether anybody can be restricted by Landlock here. @source landlock_create_ruleset(2) */
export const hasLandlock = (): boolean => syscall('landlock_create_ruleset', 0, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;

/** Every process that can be seen, but for `own`. */
export function otherProcesses(own: readonly number[]): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => !own.includes(pid));
}

/** A process that one of these threads traces. */
export const tracedBy = (tids: readonly number[]): number | undefined => {
  const tracers = new Set(tids.map(String));
  return otherProcesses([]).find((pid) =>
    tracers.has(
      /^TracerPid:\t(\d+)$/m.exec(orNothing(() => readFileSync(`/proc/${pid}/status`, 'utf8'), ''))?.[1] ?? '',
    ),
  );
};

/** `net:[4026531840]`; undefined when there is none, as of a namespace for children that has had none, or no such thread. */
export const namespaceOf = (pid: number, name: string, tid: number | string = pid): string | undefined =>
  orNothing(() => linkOf(`/proc/${pid}/task/${tid}/ns/${name}`), undefined);

/** What the descriptors of another process lead to: as far as it still exists and may be looked at. */
export function visibleLinks(pid: number): string[] {
  return orNothing(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
    orNothing(() => linkOf(`/proc/${pid}/fd/${fd}`), ''),
  );
}

/** /proc/PID/fdinfo/N of those descriptors of another process whose link is wanted. */
export const visibleInfos = (
  pid: number,
  wanted: (link: string) => boolean,
): { fd: number; link: string; text: string }[] =>
  orNothing(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) =>
    orNothing(() => {
      const link = linkOf(`/proc/${pid}/fd/${fd}`);
      return wanted(link)
        ? [{ fd: Number(fd), link, text: decodeName(readFileSync(`/proc/${pid}/fdinfo/${fd}`)) }]
        : [];
    }, []),
  );

/** The files without a name that another process has open. */
export const visibleDeleted = (pid: number): FileStat[] =>
  orNothing(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) =>
    orNothing(() => {
      const path = `/proc/${pid}/fd/${fd}`;
      const stat = linkOf(path).endsWith(DELETED) ? statOf(path) : undefined;
      return stat ? [stat] : [];
    }, []),
  );

/**
 * The file system that an end of a pseudo-terminal belongs to, by its device: each container has one, with numbers of its own. A master
 * may be opened by a node outside, for the one beside it. @source fs/devpts/inode.c devpts_mntget
 * @returns undefined when it cannot be told
 */
export const devptsOf = (pid: number, fd: number, link: string): bigint | undefined =>
  orNothing(() => {
    const isOutside = basename(link) === 'ptmx' && basename(dirname(link)) !== 'pts';
    const path = isOutside ? `/proc/${pid}/root${dirname(link)}/pts` : `/proc/${pid}/fd/${fd}`;
    return statOf(path)?.dev;
  }, undefined);

/** /proc/PID/maps of another process, or '' when it is gone or not ours to see. */
export const visibleMaps = (pid: number): string => orNothing(() => decodeName(readFileSync(`/proc/${pid}/maps`)), '');

/** Other processes come and go, and belong to others: what cannot be seen is no answer, not an error. */
function orNothing<T>(look: () => T, nothing: T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}

/** @source include/uapi/linux/kcmp.h */
const KCMP = { memory: 1, descriptors: 2, 'working directory': 3 } as const;

/** What another process has together with this one. */
export interface Sharer {
  readonly pid: number;
  readonly what: keyof typeof KCMP;
}

/** Other processes that are not copies but share, as clone(2) lets them: CLONE_VM, CLONE_FILES, CLONE_FS. Those that may not be looked at do not count. */
export const sharersOf = (pid: number, own: readonly number[]): Sharer[] =>
  otherProcesses(own).flatMap((other) =>
    (Object.keys(KCMP) as Sharer['what'][]).flatMap((what) =>
      doesShare(pid, { pid: other, what }) ? { pid: other, what } : [],
    ),
  );

export const doesShare = (pid: number, { pid: other, what }: Sharer): boolean =>
  syscall('kcmp', pid, other, KCMP[what], 0, 0) === 0;

/** The head of a thread's robust futex list, and its length. Of a 32-bit thread a 64-bit one is told nothing. @source kernel/futex/syscalls.c */
export function robustListOf(tid: number): { head: bigint; length: bigint } {
  const words = new BigUint64Array(2);
  const bytes = new Uint8Array(words.buffer);
  mustSyscall('SYSCALL_FAILED', `thread ${tid}`, 'get_robust_list', tid, bytes, bytes.subarray(8));
  return { head: words[0] ?? 0n, length: words[1] ?? 0n };
}

/** As sched_getscheduler(2) returns it: with SCHED_RESET_ON_FORK, which /proc does not tell. */
export const schedulingPolicy = (tid: number): number =>
  mustSyscall('NO_SUCH_PROCESS', `thread ${tid}`, 'sched_getscheduler', tid);

const IOPRIO_WHO_PROCESS = 1;

/** Class and level as ioprio_get(2) returns them. */
export const ioPriority = (tid: number): number =>
  mustSyscall('NO_SUCH_PROCESS', `thread ${tid}`, 'ioprio_get', IOPRIO_WHO_PROCESS, tid);

/** Whether a thread has the same table of descriptors, or working directory and umask, as the first one of its process. */
export const sharesWithLeader = (pid: number, tid: number, what: keyof typeof KCMP): boolean =>
  mustSyscall('SYSCALL_FAILED', 'kcmp', 'kcmp', pid, tid, KCMP[what], 0, 0) === 0;
