// A process of an unprivileged user that root freezes, and that knows it: whatever it executes meanwhile, nothing of that is touched.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { ELFREEZE } from '../root.ts';
import { tracerOf, until } from './processes.ts';
import { type Flavour, target, tool } from './programs.ts';
import { count, random, rerun, SEED } from './random.ts';

const ROOT = process.getuid?.() === 0;
const NOBODY = 65534;
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

const TARGET_CHANGED = 75;

/** Calls of ptrace until its four threads are seized: then it must not wait for one that executes a program and waits for the others. */
const WHILE_SEIZING = 8;

/** Moments for each target, of some hundred; all of them when there are as many. */
const MOMENTS = count('ELFREEZE_MOMENTS', 8);
const HINT = (title: string) => rerun('hostile', title, { ELFREEZE_MOMENTS: MOMENTS });

/** hostile.c, as an unprivileged user. Own it with `await using`. */
class Hostile implements AsyncDisposable {
  private readonly parent;
  private readonly ended;
  output = '';

  constructor(path: string, how: string, next: string) {
    this.parent = spawn('setpriv', [...AS_NOBODY, path, how, next], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.parent.stdout.setEncoding('latin1').on('data', (text: string) => (this.output += text));
    this.ended = new Promise((resolve) => this.parent.once('close', resolve));
  }

  get pid(): number {
    return Number(/^pid (\d+)$/m.exec(this.output)?.[1]);
  }

  async says(line: RegExp): Promise<void> {
    await until(
      `saying ${line}`,
      () => line.test(this.output) || undefined,
      () => this.output,
    );
  }

  /** Lets it end, whichever program it executes by now. @returns all that it said */
  async finish(): Promise<string> {
    this.parent.stdin.write('\n');
    if (!/^next/m.test(this.output)) process.kill(this.pid, 'SIGTERM');
    await this.ended;
    return this.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.parent.exitCode === null && this.parent.signalCode === null) process.kill(-this.parent.pid!, 'SIGKILL');
    await this.ended;
  }
}

const commOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'latin1');

interface Between {
  readonly calls: number;
  readonly acted: boolean;
  readonly traced: boolean;
  readonly status: number;
  readonly stderr: string;
}

/** Freezes it, and lets it act before the n-th of those calls of elfreeze; 0 counts them. */
async function freezeBetween(pid: number, call: 'ptrace' | 'pread64', n: number, output: string): Promise<Between> {
  const args = [pid, call, n, process.execPath, ELFREEZE, 'freeze', pid, '-o', output].map(String);
  const child = spawn(await tool('between'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (more: string) => (text[stream] += more));
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  const line = /^calls (\d+) acted (\d) traced (\d) status (\d+)$/m.exec(text.stdout);
  if (!line) throw new Error(`between failed: ${text.stdout}${text.stderr}`);
  const [calls = 0, acted, traced, status = 0] = line.slice(1).map(Number);
  return { calls, acted: acted === 1, traced: traced === 1, status: status >> 8, stderr: text.stderr };
}

/** What it executes. */
const NEXT = {
  'a set-user-ID program of root': { mode: 0o4755, uid: 0 },
  'an ordinary program': { mode: 0o755, uid: NOBODY },
} as const;

describe.runIf(ROOT).each(['x86-64', 'i386'] as const)('%s', (arch) => {
  beforeEach(unlessItRuns(arch));
  const flavour: Flavour = { arch, linkage: 'static' };

  describe.each(Object.entries(NEXT))('executing %s', (what, { mode, uid }) => {
    it.each([
      ['alone', 'ptrace'],
      ['thread', 'ptrace'],
      ['threads', 'ptrace'],
      ['alone', 'pread64'],
    ] as const)(
      `%s, before one of elfreeze's calls of %s it does so unharmed (seed ${SEED})`,
      { timeout: 60_000 + (MOMENTS + WHILE_SEIZING) * 10_000 },
      async (how, call) => {
        const scratch = await temporaryDirectory({ unsafeCleanup: true });
        chmodSync(scratch.path, 0o755);
        const [path, next] = [join(scratch.path, 'hostile'), join(scratch.path, 'next')];
        for (const each of [path, next]) copyFileSync(await target('hostile', flavour), each);
        chownSync(next, 0, 0);
        chmodSync(next, mode);
        const hint = HINT(`${arch} executing ${what} ${how}, before one of elfreeze's calls of ${call} it`);
        const output = join(scratch.path, 'image');

        const meet = async (n: number): Promise<Between & { executed: boolean }> => {
          await using hostile = new Hostile(path, how, next);
          await hostile.says(/^pid /m);
          await hostile.says(/^ready$/m);
          const { pid } = hostile;
          const met = await freezeBetween(pid, call, n, output);
          rmSync(output, { force: true });
          const seen = `before call ${n}: ${JSON.stringify(met)} rerun: ${hint}`;
          expect(tracerOf(pid), `at ${seen}`).toBe(0);
          // Until then its name is its peer's number.
          const executed = n > 0 && !Number(commOf(pid));
          if (executed) await hostile.says(/^next/m);
          const said = await hostile.finish();
          expect(said, `at ${seen}`).toMatch(/^unharmed\nended 0$/m);
          expect(said, `at ${seen}`).not.toContain('WIN');
          expect(said.match(/^next euid .*$/gm) ?? [], `at ${seen}`).toEqual(executed ? [`next euid ${uid}`] : []);
          return { ...met, executed };
        };

        const { calls, status } = await meet(0);
        expect(status, `rerun: ${hint}`).toBe(0);
        expect(calls, `rerun: ${hint}`).toBeGreaterThan(call === 'ptrace' ? 50 : 5);
        const shares = random(`hostile ${arch} ${what} ${how} ${call}`);
        const wanted = Math.min(MOMENTS, calls);
        const first = how === 'threads' ? WHILE_SEIZING : 1;
        const spread = Array.from({ length: wanted }, (_, i) => 1 + Math.floor(((i + shares()) * calls) / wanted));
        let met = 0;
        for (const n of [...Array.from({ length: first }, (_, i) => i + 1), ...spread.slice(1)]) {
          const found = await meet(n);
          const seen = `before call ${n} of ${calls}: ${JSON.stringify(found)} rerun: ${hint}`;
          // A freeze asks as often as the kernel makes it wait: one that made fewer calls was not met, and is one like any other.
          expect(found.acted, `at ${seen}`).toBe(n <= found.calls);
          if (!found.acted) expect(found.status, `at ${seen}`).toBe(0);
          // What it executed after it was let go is not in the image.
          const meanwhile = found.executed && (found.traced || n === 1);
          expect(meanwhile ? [TARGET_CHANGED] : [TARGET_CHANGED, 0], `at ${seen}`).toContain(found.status);
          if (found.status === TARGET_CHANGED)
            expect(found.stderr, `at ${seen}`).toMatch(/^elfreeze: .* \[TARGET_CHANGED\]: .*\n$/);
          if (meanwhile) met++;
        }
        expect(met, `it never executed anything while it was frozen. rerun: ${hint}`).toBeGreaterThan(0);
        await scratch.cleanup();
      },
    );
  });
});
