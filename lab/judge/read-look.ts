import type { Arch, DescriptorLook, Look } from './look.ts';
import { readMaps, readMemory } from './memory.ts';
import { localProc, type ProcSource, unlessGone } from './proc-source.ts';

/** Fields of /proc/PID/stat that stay, by their numbers in proc_pid_stat(5). */
const STAT_FIELDS = {
  19: 'nice', 26: 'start of code', 27: 'end of code', 28: 'start of stack', 38: 'exit signal', 40: 'real-time priority', 41: 'scheduling policy',
  45: 'start of data', 46: 'end of data', 47: 'start of brk', 48: 'start of arguments', 49: 'end of arguments',
  50: 'start of environment', 51: 'end of environment',
} as const; // prettier-ignore

/** Lines of /proc/PID/status that stay. SigBlk is not among them: a call like sigsuspend replaces it while it waits. */
const STATUS_LINES = new Set([
  'Umask', 'Uid', 'Gid', 'Groups', 'VmLck', 'VmPin', 'Threads', 'SigPnd', 'ShdPnd', 'SigIgn', 'SigCgt', 'CapInh', 'CapPrm', 'CapEff',
  'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'THP_enabled', 'untag_mask',
]); // prettier-ignore

/** Files of /proc/PID compared whole; binary ones in hex. */
const TEXT_FILES = ['comm', 'personality', 'timerslack_ns', 'oom_score_adj', 'timers'] as const;
const BINARY_FILES = ['cmdline', 'environ', 'auxv'] as const;

/** What a look is at: not at what moves. */
export interface Eyes {
  readonly memory: boolean;
  /** By ptrace too. */
  readonly peek: boolean;
}

/** @param memory whether its bytes are worth reading: not while it runs on */
export const readLook = (pid: number, memory: boolean, peekProgram: string | undefined): Promise<Look> =>
  lookAt(localProc(pid, peekProgram ?? ''), { memory, peek: peekProgram !== undefined });

export async function lookAt(proc: ProcSource, eyes: Eyes): Promise<Look> {
  // First: a look by ptrace interrupts the call, and it may take a while until it is made again.
  const calls = await readCalls(proc);
  const peek = eyes.peek ? await proc.peek() : undefined;
  const maps = await readMaps(proc);
  return {
    maps,
    memory: eyes.memory ? await readMemory(proc, maps, eyes.peek) : [],
    arch: await readArch(proc),
    tids: (await proc.list('task')).map(Number),
    calls,
    facts: await readFacts(proc),
    descriptors: await readDescriptors(proc),
    ...(peek && { peek }),
  };
}

/** e_ident[EI_CLASS] of what it executes. @source elf(5) */
async function readArch(proc: ProcSource): Promise<Arch> {
  const [, , , , elfClass] = (await proc.readPart('exe', 0n, 5)) ?? [];
  return elfClass === 2 ? 'x86-64' : 'i386';
}

/** @source proc_pid_syscall(5): `running`, or numbers; -1 when it is in no call */
async function readCalls(proc: ProcSource): Promise<bigint[][]> {
  const calls: bigint[][] = [];
  for (const tid of await proc.list('task')) {
    const call = await unlessGone(readCall(proc, `task/${tid}/syscall`));
    if (call) calls.push(call);
  }
  return calls;
}

async function readCall(proc: ProcSource, name: string): Promise<bigint[]> {
  const text = (await proc.read(name)).toString('latin1').trim();
  return text === 'running' || text.startsWith('-') ? [] : text.split(' ').map(BigInt);
}

async function readFacts(proc: ProcSource): Promise<Record<string, string>> {
  const facts: Record<string, string> = {};
  const read = (name: string) => proc.read(name);
  const stat = (await read('stat')).toString('latin1');
  const threads = await proc.list('task');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  for (const [number, name] of Object.entries(STAT_FIELDS)) facts[name] = fields[Number(number) - 3] ?? '';
  for (const line of (await read('status')).toString('latin1').split('\n')) {
    const [name = '', ...value] = line.split(':');
    if (STATUS_LINES.has(name)) facts[name] = value.join(':').trim().replaceAll(/\s+/g, ' ');
  }
  for (const name of TEXT_FILES) {
    const text = await read(name).catch((error: NodeJS.ErrnoException) => {
      // timerslack_ns wants CAP_SYS_NICE of whoever asks about another process: an unprivileged lab does not see it.
      if (error.code !== 'EPERM') throw error;
      return undefined;
    });
    if (text) facts[name] = text.toString('latin1').trimEnd();
  }
  // Who gets a timer's signal: the process, or which of its threads.
  facts['timers'] =
    facts['timers']?.replaceAll(/(pid|tid)\.(\d+)/g, (_, whose: string, tid: string) =>
      whose === 'pid' ? whose : `thread ${threads.indexOf(tid)}`,
    ) ?? '';
  for (const name of BINARY_FILES) facts[name] = (await read(name)).toString('hex');
  for (const line of (await read('limits')).toString('latin1').split('\n').slice(1)) {
    const limit = /^(.{25})\s+(\S+)\s+(\S+)/.exec(line);
    if (limit) facts[`limit: ${limit[1]!.trim()}`] = `${limit[2]} ${limit[3]}`;
  }
  for (const name of ['cwd', 'root']) facts[name] = await proc.link(name);
  return facts;
}

/** What is made anew under a name of its own: of a deleted file only that it is one, and who shares it, stays. */
const NEW_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^pipe:/, 'pipe'],
  [/^socket:/, 'socket'],
  // In another container they are other ones.
  [/^(cgroup|ipc|mnt|net|pid|time|user|uts):\[/, 'namespace'],
  [/^\/dev\/pts\/\d+$/, 'pts'],
  [/^(?!\/memfd:)\/.* \(deleted\)$/s, 'deleted'],
];
const newNameOf = (link: string): string | undefined => NEW_NAMES.find(([form]) => form.test(link))?.[1];

async function readDescriptors(proc: ProcSource): Promise<Record<number, DescriptorLook>> {
  const descriptors: Record<number, DescriptorLook> = {};
  const numbered: string[] = [];
  const pid = Number.parseInt((await proc.read('stat')).toString('latin1'));
  // Its own files of procfs are those of another pid afterwards.
  const numbers = (await proc.list('fd')).map(Number).sort((a, b) => a - b);
  for (const number of numbers) {
    const link = await unlessGone(proc.link(`fd/${number}`));
    const info = (await unlessGone(proc.read(`fdinfo/${number}`)))?.toString('latin1');
    if (link === undefined || info === undefined) continue;
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(info)?.[1] ?? '';
    // Its first three are its caller's: not even which of them are pipes is its own.
    if (number > 2 && newNameOf(link) && !numbered.includes(link)) numbered.push(link);
    descriptors[number] = {
      link: numbered.includes(link)
        ? `${newNameOf(link)} ${numbered.indexOf(link)}`
        : link.replace(`/proc/${pid}/task/${pid}/`, '/proc/thread-self/').replace(`/proc/${pid}/`, '/proc/self/'),
      flags: field('flags'),
      position: field('pos'),
      ...(field('ino') ? { inode: field('ino') } : {}),
      ...(link === 'anon_inode:inotify' ? { watches: (info.match(/^inotify .*$/gm) ?? []).sort() } : {}),
    };
  }
  return descriptors;
}
