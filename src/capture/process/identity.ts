import { ElfreezeError } from '../../base/errors.ts';
import { parseStat, type Stat } from '../../proc/stat.ts';
import { parseStatus, type Status } from '../../proc/status.ts';
import { ProcessHandle } from '../../sys/pidfd.ts';
import { procBytes, procStat, procText } from '../../sys/procfs.ts';
import { credentialsOf } from './preflight.ts';

interface Files {
  readonly pid: number;
  readonly stat: Stat;
  readonly status: Status;
}

/** One thing that stays as it is as long as a process runs the same program for the same user. */
interface Trait {
  readonly of: (files: Files) => string;
  /** What happened when it is another. */
  readonly change: string;
}

const TRAITS: readonly Trait[] = [
  { of: ({ stat }) => String(stat.starttime), change: 'it ended, and another process has its number' },
  {
    of: ({ pid }) => {
      const { dev, ino } = procStat(pid, 'exe');
      return `${dev} ${ino}`;
    },
    change: 'it executed another program',
  },
  {
    // Each execution puts the stack, the vdso and the 16 random bytes elsewhere, unless randomisation is off.
    of: ({ pid, stat: { startcode, endcode, startstack } }) =>
      [startcode, endcode, startstack, procBytes(pid, 'auxv').toString('hex')].join(' '),
    change: 'it executed its program once more',
  },
  {
    of: (files) => [credentialsOf(files), files.status.noNewPrivs, files.status.seccomp].join(' '),
    change: 'it has other credentials',
  },
  {
    of: ({ pid }) => {
      const { uid, gid } = procStat(pid, 'maps');
      return `${uid} ${gid}`;
    },
    change: 'others may look at it who might not, or the other way round (PR_SET_DUMPABLE)',
  },
];

const read = (pid: number): readonly string[] => {
  const files = { pid, stat: parseStat(procText(pid, 'stat')), status: parseStatus(procText(pid, 'status')) };
  return TRAITS.map(({ of }) => of(files));
};

/**
 * Which process was meant, held from the first look at it. While it runs, whatever is learnt of it may be wrong by the next
 * instruction, and a hostile one sees to that: it executes a set-user-ID program. So what is learnt before it stands still
 * only ever refuses; and once it does, it must be the same process, program and user as at first.
 */
export class Identity implements Disposable {
  readonly pid: number;
  private readonly handle: ProcessHandle;
  private readonly traits: readonly string[];
  private isOver = false;

  /** @throws NO_SUCH_PROCESS NOT_PERMITTED READ_FAILED */
  constructor(pid: number) {
    this.pid = pid;
    this.handle = new ProcessHandle(pid);
    this.traits = read(pid);
  }

  /** @throws TARGET_CHANGED NO_SUCH_PROCESS */
  verify(): void {
    const change = this.change();
    if (change !== undefined) throw new ElfreezeError('TARGET_CHANGED', `process ${this.pid} → ${change}`);
  }

  private change(): string | undefined {
    const now = read(this.pid);
    if (!this.handle.hasItsNumber) return TRAITS[0]?.change;
    return TRAITS.find((_, i) => now[i] !== this.traits[i])?.change;
  }

  /** From now on it may become what it likes. */
  letGo(): void {
    this.isOver = true;
  }

  /** @returns what explains an error better: that the process is not what it was, if so */
  explain(error: unknown): unknown {
    if (this.isOver) return error;
    let change: string | undefined;
    try {
      change = this.change();
    } catch {
      return error; // it has ended, which the error says
    }
    if (change === undefined) return error;
    return new ElfreezeError('TARGET_CHANGED', `process ${this.pid} → ${change}`, { cause: error });
  }

  [Symbol.dispose](): void {
    this.handle[Symbol.dispose]();
  }
}
