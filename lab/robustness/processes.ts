import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 20_000;
const POLL_MS = 2;

/** Waits until `fact` gives something. @throws with what was seen last, when time is up */
export async function until<T>(what: string, fact: () => T | undefined, seen: () => string): Promise<T> {
  for (const deadline = performance.now() + DEADLINE_MS; ;) {
    const found = fact();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not ${what} in ${DEADLINE_MS / 1000} s: ${seen()}`);
    await delay(POLL_MS);
  }
}

const read = (pid: number, name: string): string => readFileSync(`/proc/${pid}/${name}`, 'latin1');

const readOrNothing = (pid: number, name: string): string => {
  try {
    return read(pid, name);
  } catch {
    return ''; // it ended meanwhile
  }
};

export interface Process {
  readonly pid: number;
  readonly comm: string;
  /** R, S, T, t, Z … */
  readonly state: string;
  readonly parent: number;
}

function parse(pid: number, stat: string): Process {
  const end = stat.lastIndexOf(')');
  const [state = '', parent] = stat.slice(end + 2).split(' ');
  return { pid, comm: stat.slice(stat.indexOf('(') + 1, end), state, parent: Number(parent) };
}

/** Every process called `name`, or with `ELFREEZE_MARK=name` in its environment; zombies too. */
export function processesOf(name: string): Process[] {
  const pids = readdirSync('/proc').filter((each) => /^\d+$/.test(each));
  return pids.flatMap((each) => {
    const pid = Number(each);
    const stat = readOrNothing(pid, 'stat');
    if (stat === '') return [];
    const found = parse(pid, stat);
    return found.comm === name || readOrNothing(pid, 'environ').includes(`ELFREEZE_MARK=${name}\0`) ? [found] : [];
  });
}

export const stateOf = (pid: number): string => parse(pid, read(pid, 'stat')).state;

export const tracerOf = (pid: number): number => Number(/^TracerPid:\t(\d+)$/m.exec(read(pid, 'status'))?.[1]);

/** Children of all its threads. */
export const childrenOf = (pid: number): string =>
  readdirSync(`/proc/${pid}/task`)
    .map((tid) => readOrNothing(pid, `task/${tid}/children`))
    .join('')
    .trim();

/** SigQ counts for all processes of a user. */
const STATUS = /^(State|TracerPid|Threads|Sig[A-Z][a-z]+|Shd\w+|Umask|Groups|NoNewPrivs|Seccomp|CoreDumping):.*$/gm;

/** All that can be seen of a process that waits, by name. Bytes are shown as digests. */
export function lookAt(pid: number): Map<string, string> {
  const seen = new Map<string, string>();
  // A call with a time limit goes on as restart_syscall (219, i386 0) after any stop; the program cannot tell.
  seen.set('syscall', read(pid, 'syscall').replace(/^(219|0|7|168) /, 'poll or its restart '));
  for (const name of ['limits', 'personality', 'timers', 'wchan', 'comm', 'environ', 'cmdline', 'auxv'])
    seen.set(name, read(pid, name));
  for (const line of read(pid, 'status').match(STATUS) ?? []) seen.set(`status ${line.split(':')[0]}`, line);
  for (const fd of readdirSync(`/proc/${pid}/fd`))
    seen.set(`fd ${fd}`, `${readlinkSync(`/proc/${pid}/fd/${fd}`)} ${read(pid, `fdinfo/${fd}`)}`);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of read(pid, 'maps').trim().split('\n')) lookAtMapping(line, memory, seen);
  } finally {
    closeSync(memory);
  }
  return seen;
}

function lookAtMapping(line: string, memory: number, seen: Map<string, string>): void {
  const [range = '', , , , , path = ''] = line.split(/\s+/);
  const [start = 0n, end = 0n] = range.split('-').map((text) => BigInt(`0x${text}`));
  if (path.startsWith('[vvar') || path === '[vsyscall]') {
    seen.set(line, 'the clock, or nothing');
    return;
  }
  const bytes = Buffer.alloc(Number(end - start));
  for (let done = 0; done < bytes.length;) {
    const got = readSync(memory, bytes, done, bytes.length - done, start + BigInt(done));
    if (got === 0) throw new Error(`memory at ${line} ends`);
    done += got;
  }
  if (path !== '[stack]') {
    seen.set(line, createHash('sha256').update(bytes).digest('hex'));
    return;
  }
  // The kernel grows a stack when anybody touches it, as the next call would: untouched zeros at its low end do not count.
  const first = bytes.findIndex((byte) => byte !== 0);
  seen.set(
    `[stack] to ${end.toString(16)}`,
    `from ${(start + BigInt(first)).toString(16)}: ${createHash('sha256').update(bytes.subarray(first)).digest('hex')}`,
  );
}
