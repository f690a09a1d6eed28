import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withLock } from '../lock.ts';
import { kill, processesMarked } from '../marked.ts';
import { unmountBelow } from '../mounts.ts';
import { fateOf, formatOwner, parseOwner, SELF } from '../owner.ts';
import { CACHE, ROOT } from '../root.ts';
import { LabError } from '../running.ts';

/**
 * An engine that this checkout's labs start for themselves, and share: the first to need it starts it, the last to leave stops
 * it. Its images stay in the cache. Where a lab was killed, `elfreeze-lab sweep`, or the next lab to leave, stops it.
 */
const DOCKERD = '/usr/sbin/dockerd';
const LOCK = join(CACHE, 'engine/lock');
const DATA = join(CACHE, 'engine/data');
/** Short, as a socket's path may have 107 bytes; the same for all labs of this checkout. */
const RUN = join(tmpdir(), `elfreeze-engine-${createHash('sha256').update(ROOT).digest('hex').slice(0, 8)}`);
const SOCKET = join(RUN, 'socket');
/** In the environment of the engine and all that it starts: by that it is found, however its lab ended. */
const VARIABLE = 'ELFREEZE_LAB_ENGINE';
/** One file for each lab that uses it, named after the lab. */
const USERS = join(RUN, 'users');

const POLL_MS = 20;
const START_MS = 60_000;
const STOP_MS = 30_000;

type Answers = (socketPath: string) => Promise<boolean>;

export const canBePrivate = (): boolean => process.getuid?.() === 0 && existsSync(DOCKERD);

export interface Acquired {
  readonly socketPath: string;
  /** Once. */
  readonly release: () => Promise<void>;
}

let uses = 0;

export async function acquirePrivateEngine(answers: Answers): Promise<Acquired> {
  const user = join(USERS, `${formatOwner(SELF)}.${uses++}`);
  await withLock(LOCK, async () => {
    await mkdir(USERS, { recursive: true });
    await writeFile(user, '');
    if (!(await answers(SOCKET))) await start(answers);
  });
  return {
    socketPath: SOCKET,
    release: () =>
      withLock(LOCK, async () => {
        await rm(user, { force: true });
        await stopIfUnused();
      }),
  };
}

/** Stops it if every lab that used it has gone. @returns whether it did */
export function sweepPrivateEngine(): Promise<boolean> {
  return withLock(LOCK, async () => existsSync(RUN) && stopIfUnused());
}

/** Whether one was ever started here: its images, and what it had when it was killed, are still there. */
export const hasPrivateData = (): boolean => existsSync(DATA);

async function start(answers: Answers): Promise<void> {
  await mkdir(DATA, { recursive: true });
  await writeFile(join(RUN, 'settings.json'), '{}');
  const log = join(RUN, 'log');
  const out = openSync(log, 'w');
  const args = [
    '--data-root',
    DATA,
    '--exec-root',
    join(RUN, 'exec'),
    '-p',
    join(RUN, 'pid'),
    '-H',
    `unix://${SOCKET}`,
  ];
  // No network of its own: what needs one, a build, uses the host's. Nor another engine's settings or containerd.
  const alone = ['--bridge=none', '--iptables=false', '--config-file', join(RUN, 'settings.json')];
  const names = ['--containerd-namespace', 'elfreeze', '--containerd-plugins-namespace', 'elfreeze-plugins'];
  const child = spawn(DOCKERD, [...args, ...alone, ...names], {
    detached: true,
    stdio: ['ignore', out, out],
    // containerd writes where it stands there, when it is asked in distress.
    env: { ...process.env, [VARIABLE]: RUN, TMPDIR: RUN },
  });
  closeSync(out);
  let hasEnded = false;
  child.once('exit', () => (hasEnded = true)).once('error', () => (hasEnded = true));
  child.unref();
  const deadline = performance.now() + START_MS;
  while (!(await answers(SOCKET))) {
    if (hasEnded || performance.now() > deadline) {
      const said = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
      throw new LabError(`dockerd ${hasEnded ? 'ended' : 'was not ready in time'}:\n${said}`);
    }
    await delay(POLL_MS);
  }
}

/** The lock is held. */
async function stopIfUnused(): Promise<boolean> {
  const users = existsSync(USERS) ? await readdir(USERS) : [];
  if (users.map(parseOwner).some((owner) => owner && fateOf(owner) === 'alive')) return false;
  await end();
  // dockerd leaves the mount of its host's network namespace behind.
  await unmountBelow(RUN);
  await rm(RUN, { recursive: true, force: true });
  return true;
}

/** By SIGTERM the engine ends its containers and its own parts; what is left of one that was killed is killed too. */
async function end(): Promise<void> {
  const parts = async () => (await processesMarked(VARIABLE)).filter(({ value }) => value === RUN);
  const isEngine = async ({ pid }: { pid: number }) =>
    (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'dockerd';
  const deadline = performance.now() + STOP_MS;
  for (let told = false; ; await delay(POLL_MS)) {
    const left = await parts();
    if (left.length === 0) return;
    const engines: typeof left = [];
    for (const each of left) if (await isEngine(each)) engines.push(each);
    const isLate = performance.now() > deadline;
    if (engines.length === 0 || isLate) for (const { pid } of left) kill(pid, 'SIGKILL');
    else if (!told) for (const { pid } of engines) kill(pid, 'SIGTERM');
    told = true;
  }
}
