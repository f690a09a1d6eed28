import { ElfreezeError } from '../base/errors.ts';
import { parseStat, type Stat } from '../proc/stat.ts';
import { parseStatus, type Status } from '../proc/status.ts';
import { procText } from '../sys/procfs.ts';

export interface Preflight {
  readonly stat: Stat;
  readonly status: Status;
}

const PF_KTHREAD = 0x00200000;
const SCHED_CARRIED = [0, 3, 5]; // OTHER, BATCH, IDLE

/** One reason not to freeze, found before the process is touched. */
interface Refusal {
  readonly when: (facts: Preflight, pid: number) => boolean;
  readonly error: (facts: Preflight, pid: number) => ElfreezeError;
}

const name = ({ stat }: Preflight, pid: number): string => `process ${pid} (${stat.comm})`;

const REFUSALS: readonly Refusal[] = [
  {
    when: (_, pid) => pid === process.pid,
    error: (f, pid) => new ElfreezeError('TARGET_SELF', `${name(f, pid)} is this elfreeze`),
  },
  {
    when: ({ stat }) => (Number(stat.flags) & PF_KTHREAD) !== 0,
    error: (f, pid) => new ElfreezeError('TARGET_KERNEL_THREAD', `${name(f, pid)} is a kernel thread`),
  },
  {
    when: ({ stat }) => 'ZX'.includes(stat.state),
    error: (f, pid) => new ElfreezeError('TARGET_ZOMBIE', `${name(f, pid)} is a zombie`),
  },
  {
    when: ({ status }) => status.tracerPid !== 0,
    error: (f, pid) => new ElfreezeError('TARGET_TRACED', `${name(f, pid)} is traced by process ${f.status.tracerPid}`),
  },
  {
    when: ({ status }) => status.threads > 1,
    error: (f, pid) => new ElfreezeError('TARGET_THREADS', `${name(f, pid)} has ${f.status.threads} threads`),
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
    when: ({ stat }) => !SCHED_CARRIED.includes(Number(stat.policy)),
    error: (f, pid) =>
      new ElfreezeError('UNSUPPORTED', `${name(f, pid)} → real-time scheduling policy ${f.stat.policy}`),
  },
];

const STOPPED: Refusal = {
  when: ({ stat }) => stat.state === 'T',
  error: (f, pid) => new ElfreezeError('TARGET_STOPPED', `${name(f, pid)} is stopped`),
};

/** Everything that can be refused without touching the process. @throws TARGET_* UNSUPPORTED NO_SUCH_PROCESS */
export function preflight(pid: number, allowStopped: boolean): Preflight {
  const facts = { stat: parseStat(procText(pid, 'stat')), status: parseStatus(procText(pid, 'status')) };
  for (const refusal of allowStopped ? REFUSALS : [...REFUSALS, STOPPED]) {
    if (refusal.when(facts, pid)) throw refusal.error(facts, pid);
  }
  refuseChildren(pid);
  const timers = procText(pid, 'timers');
  if (timers !== '') throw new ElfreezeError('UNSUPPORTED', `${name(facts, pid)} → a POSIX timer`);
  return facts;
}

/** An image continues one process: children, dead ones that were not waited for too, would be missing. @throws UNSUPPORTED */
export function refuseChildren(pid: number): void {
  const [child] = procText(pid, `task/${pid}/children`).trim().split(' ');
  if (child) throw new ElfreezeError('UNSUPPORTED', `process ${pid} → its child process ${child}`);
}
