import { ElfreezeError } from '../../base/errors.ts';
import { parseStat, type Stat } from '../../proc/stat.ts';
import { parseStatus, type Status } from '../../proc/status.ts';
import { doesShare, namespaceOf, type Sharer, tracedBy } from '../../sys/processes.ts';
import { procLink, procList, procText } from '../../sys/procfs.ts';
import { readPosixTimers } from './posix-timers.ts';
import { describeWorkingDirectory } from './working-directory.ts';

/** What /proc tells of a process or of one thread. */
export interface Facts {
  readonly stat: Stat;
  readonly status: Status;
}

const PF_KTHREAD = 0x00200000;
const SCHED_CARRIED = [0, 1, 2, 3, 5]; // OTHER, FIFO, RR, BATCH, IDLE
const SCHED_NAMES: Readonly<Record<number, string>> = { 6: 'SCHED_DEADLINE', 7: 'SCHED_EXT' };

/** One reason not to freeze, found before the process is touched. */
interface Refusal {
  readonly when: (facts: Facts, pid: number) => boolean;
  readonly error: (facts: Facts, pid: number) => ElfreezeError;
}

const name = ({ stat, status }: Facts, pid: number): string =>
  status.pid === status.tgid ? `process ${pid} (${stat.comm})` : `process ${pid}, thread ${status.pid} (${stat.comm})`;

const REFUSALS: readonly Refusal[] = [
  {
    when: (_, pid) => pid === process.pid,
    error: (f, pid) => new ElfreezeError('TARGET_SELF', `${name(f, pid)} is this elfreeze`),
  },
  {
    when: ({ status }) => status.pid !== status.tgid,
    error: ({ status }, pid) =>
      new ElfreezeError('NO_SUCH_PROCESS', `there is no process ${pid}: it is a thread of process ${status.tgid}`),
  },
  {
    when: ({ stat }) => (Number(stat.flags) & PF_KTHREAD) !== 0,
    error: (f, pid) => new ElfreezeError('TARGET_KERNEL_THREAD', `${name(f, pid)} is a kernel thread`),
  },
  {
    when: ({ stat, status }) => stat.state === 'Z' && status.threads > 1,
    error: (f, pid) =>
      new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → its first thread has ended, ${f.status.threads - 1} go on`),
  },
  {
    when: ({ stat }) => 'ZX'.includes(stat.state),
    error: (f, pid) => new ElfreezeError('TARGET_ZOMBIE', `${name(f, pid)} is a zombie`),
  },
  {
    when: ({ status }) => status.tracerPid !== 0,
    error: (f, pid) => new ElfreezeError('TARGET_TRACED', `${name(f, pid)} is traced by process ${f.status.tracerPid}`),
  },
];

const ALL_BITS = 0xffff_ffff_ffff_ffffn;
const ALL_BITS_32 = 0xffff_ffffn;

/** By what the kernel decides what a thread may do. */
export const credentialsOf = ({ status }: Pick<Facts, 'status'>): string => {
  const { uid, gid, groups, capInh, capPrm, capEff, capBnd, capAmb } = status;
  return [uid, gid, groups, capInh, capPrm, capEff, capBnd, capAmb].join(' ');
};

const alike = (ids: readonly number[]): boolean => ids.every((id) => id === ids[0]);

/** What execve gives: all that may be had to root, or within a user namespace; to others what is ambient. @source capabilities(7) */
const hasUsualCapabilities = ({ uid, capPrm, capEff, capBnd, capAmb }: Status): boolean =>
  capEff === capPrm && (capPrm === capBnd || (uid[0] !== 0 && capPrm === capAmb));

/** What may be so of each thread. */
const OF_ANY_THREAD: readonly Refusal[] = [
  {
    when: ({ status }) => !alike(status.uid) || !alike(status.gid),
    error: (f, pid) =>
      new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → real, effective and saved user or group ids that differ`),
  },
  {
    when: ({ status }) => !hasUsualCapabilities(status),
    error: (f, pid) =>
      new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → other capabilities than its user has by executing a file`),
  },
  {
    when: ({ status }) => status.seccomp !== 0,
    error: (f, pid) => new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → a seccomp filter`),
  },
  {
    when: ({ status }) => status.x86ThreadFeatures.includes('shstk'),
    error: (f, pid) => new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → a shadow stack`),
  },
  {
    when: ({ status: { untagMask } }) => untagMask !== ALL_BITS && untagMask !== ALL_BITS_32,
    error: (f, pid) => new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → tags in addresses (LAM)`),
  },
  {
    when: ({ stat }) => !SCHED_CARRIED.includes(stat.policy),
    error: (f, pid) =>
      new ElfreezeError(
        'UNSUPPORTED',
        `${name(f, pid)} → scheduling policy ${SCHED_NAMES[f.stat.policy] ?? f.stat.policy}`,
      ),
  },
];

/**
 * Everything that can be refused without touching the process, which runs: once it stands still, all but what cannot change
 * is looked at again. @throws TARGET_* UNSUPPORTED NO_SUCH_PROCESS
 */
export function preflight(pid: number): void {
  const facts = readFacts(pid, '');
  check(REFUSALS, facts, pid);
  const threads = ofThreads(pid, (task) => readFacts(pid, task));
  for (const thread of threads) refuseThread(thread, pid, facts);
  refuseProcess(pid);
  // A glance at all other processes, which would be too long for one that stands still.
  refuseTracer(pid, threads);
  readPosixTimers(pid);
}

const check = (refusals: readonly Refusal[], facts: Facts, pid: number): void => {
  for (const { when, error } of refusals) if (when(facts, pid)) throw error(facts, pid);
};

/** @param first of the first thread @throws UNSUPPORTED */
export function refuseThread(facts: Facts, pid: number, first: Facts): void {
  check(OF_ANY_THREAD, facts, pid);
  if (!haveSameRights(facts.status, first.status))
    throw new ElfreezeError('UNSUPPORTED', `${name(facts, pid)} → other user or group ids than the first thread's`);
}

/** @throws UNSUPPORTED for what a process that is not in the image has too, and changes there */
export function refuseSharers(pid: number, sharers: readonly Sharer[]): void {
  const sharer = sharers.find((each) => doesShare(pid, each));
  if (sharer)
    throw new ElfreezeError(
      'UNSUPPORTED',
      `process ${pid} → its ${sharer.what}, which process ${sharer.pid} shares (clone)`,
    );
}

/** @throws UNSUPPORTED */
export function refuseProcess(pid: number): void {
  refuseChroot(pid);
  refuseNamespaces(pid);
  describeWorkingDirectory(pid);
  refuseChildren(pid);
}

export const readFacts = (pid: number, task: string): Facts => ({
  stat: parseStat(procText(pid, `${task}stat`)),
  status: parseStatus(procText(pid, `${task}status`)),
});

/** What each thread's files in /proc tell. Those that end meanwhile are left out. */
function ofThreads<T>(pid: number, read: (task: string) => T): T[] {
  return procList(pid, 'task').flatMap((tid) => {
    try {
      return [read(`task/${tid}/`)];
    } catch (error) {
      if (error instanceof ElfreezeError && ['NO_SUCH_PROCESS', 'READ_FAILED'].includes(error.code)) return [];
      throw error;
    }
  });
}

/** All threads of an image have what its caller has. */
const haveSameRights = (one: Status, other: Status): boolean =>
  one.uid[0] === other.uid[0] && one.gid[0] === other.gid[0] && one.capEff === other.capEff;

/** What it traces would not be its image's tracee. @throws UNSUPPORTED */
function refuseTracer(pid: number, threads: readonly Facts[]): void {
  const tracee = tracedBy(threads.map(({ status }) => status.pid));
  if (tracee !== undefined)
    throw new ElfreezeError('UNSUPPORTED', `process ${pid} → it traces process ${tracee} (ptrace)`);
}

/** Those that a thread may have apart from the others, without what it shares by having one directory or user with them. */
const THREAD_NAMESPACES = ['cgroup', 'ipc', 'net', 'uts'];
const CHILDREN_NAMESPACES = [
  ['pid', 'pid_for_children'],
  ['time', 'time_for_children'],
] as const;

/** @throws UNSUPPORTED where not everything of the process is in the same namespaces */
function refuseNamespaces(pid: number): void {
  for (const [own, children] of CHILDREN_NAMESPACES)
    if (namespaceOf(pid, own) !== namespaceOf(pid, children))
      throw new ElfreezeError('UNSUPPORTED', `process ${pid} → another ${own} namespace for its children (unshare)`);
  const own = THREAD_NAMESPACES.map((kind) => namespaceOf(pid, kind));
  for (const tid of procList(pid, 'task')) {
    const other = THREAD_NAMESPACES.find((kind, i) => ![own[i], undefined].includes(namespaceOf(pid, kind, tid)));
    if (other)
      throw new ElfreezeError('UNSUPPORTED', `process ${pid}, thread ${tid} → ${other} namespace of its own (unshare)`);
  }
}

/** The paths of its files would be other ones from inside. @throws UNSUPPORTED */
function refuseChroot(pid: number): void {
  const root = procLink(pid, 'root');
  if (root !== '/') throw new ElfreezeError('UNSUPPORTED', `process ${pid} → its root directory ${root} (chroot)`);
}

const CHILDREN_HINT =
  'this version carries one process: freeze it when it has waited for all its children, or start it so that it has none (nginx: master_process off)';

/** An image continues one process: children, dead ones that were not waited for too, would be missing. @throws UNSUPPORTED */
function refuseChildren(pid: number): void {
  const children = ofThreads(pid, (task) => procText(pid, `${task}children`).trim()).filter((text) => text !== '');
  const [child] = children.join(' ').split(' ');
  if (child)
    throw new ElfreezeError('UNSUPPORTED', `process ${pid} → its child process ${child}`, { hint: CHILDREN_HINT });
}
