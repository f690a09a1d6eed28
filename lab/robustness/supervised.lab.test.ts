// With ELFREEZE_PID=keep what was started stands for the process: signals, stops and ends are those of a program started as any.
import { chmodSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { lacksPidNamespaces } from '../agent/namespaces.ts';
import { findSupervised } from '../agent/process.ts';
import { Compiler } from '../compile.ts';
import { unlessItRuns } from '../i386.ts';
import { ELFREEZE } from '../root.ts';
import { Running } from '../running.ts';
import { call } from '../tools/images.ts';
import { until } from './processes.ts';
import { FLAVOURS, type Flavour, target } from './programs.ts';

const KEEP = { ELFREEZE_PID: 'keep', PATH: '/usr/bin:/bin' };
const NOBODY = 65534;
const PATIENCE_MS = 60_000;
/** The highest signal that the program tells of. */
const LAST = 40;
const interrupted = new AbortController().signal;
const { start: starter } = await (await Compiler.find()).tools();
const lack = await lacksPidNamespaces();

const deadline = (): number => performance.now() + PATIENCE_MS;
let started = 0;

/** A program, told by lines what to do. */
class Lead implements AsyncDisposable {
  readonly running: Running;

  private constructor(running: Running) {
    this.running = running;
  }

  static async start([executable = '', ...args]: readonly string[], dir: string, env: Record<string, string>) {
    const role = `run${started++}`;
    return new Lead(await Running.start({ starter, executable, args, cwd: dir, dir, env, role, interrupted }));
  }

  tell(line: string): void {
    this.running.writeLine(line);
  }

  async hears(pattern: RegExp): Promise<string> {
    await this.running.until(`saying ${pattern}`, () => pattern.test(this.running.output), deadline());
    return pattern.exec(this.running.output)?.[1] ?? '';
  }

  end = () => this.running.finish(deadline());

  [Symbol.asyncDispose](): Promise<void> {
    return this.running[Symbol.asyncDispose]();
  }
}

const exeOf = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return ''; // a kernel thread, or it ended meanwhile
  }
};
const running = (image: string): number[] =>
  readdirSync('/proc')
    .filter((pid) => exeOf(pid) === image)
    .map(Number);
const nothingRuns = (image: string) =>
  until(
    'all gone',
    () => running(image).length === 0 || undefined,
    () => running(image).join(' '),
  );

/** @param under what starts the program as its only child, if not the lab itself */
async function frozen(flavour: Flavour, under: readonly string[] = []) {
  const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
  const image = join(dir, 'image');
  await using lead = await Lead.start([...under, await target('supervised', flavour)], dir, { PATH: KEEP.PATH });
  await lead.hears(/ready/);
  const { pid: first } = lead.running;
  const pid = under.length === 0 ? first : Number(readFileSync(`/proc/${first}/task/${first}/children`, 'latin1'));
  const { status, stderr } = await call(process.execPath, [ELFREEZE, 'freeze', String(pid), '-o', image, '--kill']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  await lead.end();
  return {
    dir,
    image,
    pid,
    start: (command: readonly string[] = [image], env: Record<string, string> = KEEP) => Lead.start(command, dir, env),
    [Symbol.asyncDispose]: cleanup,
  };
}

describe.skipIf(lack !== undefined)(
  `an image that keeps its pid${lack === undefined ? '' : ` (skipped: ${lack})`}`,
  () => {
    describe.each(FLAVOURS)('of $arch, $linkage', (flavour) => {
      beforeEach(unlessItRuns(flavour.arch));
      it('gets each signal once, whether it was sent to it or to its job, and stops and ends as a job', async () => {
        await using program = await frozen(flavour);
        const script = `set -m; "$0" & echo job $!; wait $!; echo stopped $?; bg >/dev/null; wait $!; echo ended $?`;
        await using shell = await program.start(['/bin/bash', '-c', script, program.image]);
        const job = Number(await shell.hears(/job (\d+)\n/));
        shell.tell('pid');
        expect(await shell.hears(/pid (\d+)\n/)).toBe(String(program.pid));

        process.kill(-job, 'SIGTERM');
        await shell.hears(/got 15\n/);
        process.kill(job, 'SIGUSR1');
        await shell.hears(/got 10\n/);
        process.kill(-job, 'SIGTSTP');
        expect(await shell.hears(/stopped (\d+)\n/)).toBe(String(128 + 20));
        // The shell continues it: to one that somebody else has continued, bash's wait -f says that it is stopped.
        await shell.hears(/got 18\n/);
        // Of signals that wait the lowest is taken first: once this one has come, none that was sent before is still under way.
        process.kill(job, LAST);
        await shell.hears(/got 40\n/);
        shell.tell('exit');
        expect(await shell.hears(/ended (\d+)\n/)).toBe('9');
        expect(shell.running.output.match(/got \d+/g)?.sort()).toEqual(['got 10', 'got 15', 'got 18', 'got 40']);
        await nothingRuns(program.image);
      });

      it('stops and goes on with what was started, and dies of the same signal', async () => {
        await using program = await frozen(flavour);
        await using image = await program.start();
        const { pid: supervisor } = image.running;
        image.tell('pid');
        await image.hears(/pid/);
        const inner = await findSupervised(supervisor);
        process.kill(inner, 'SIGSTOP');
        await image.running.until('stopped', async () => (await image.running.state()) === 'T', deadline());
        process.kill(supervisor, 'SIGCONT');
        await image.hears(/got 18\n/);
        image.tell('term');
        expect(await image.end()).toEqual({ status: null, signal: 'SIGTERM' });
        await nothingRuns(program.image);
      });

      it('leaves behind what it started, and takes all with it when what was started is killed', async () => {
        await using program = await frozen(flavour);
        {
          await using image = await program.start();
          image.tell('leave');
          expect(await image.end()).toEqual({ status: 9, signal: null });
          await image.hears(/left behind\n/);
          await nothingRuns(program.image);
        }
        await using image = await program.start();
        image.tell('pid');
        await image.hears(/pid/);
        image.running.signal('SIGKILL');
        await nothingRuns(program.image);
      });

      it.skipIf(process.getuid?.() !== 0)('does so for an unprivileged user (who starts the test: root)', async () => {
        await using program = await frozen(flavour);
        chmodSync(program.dir, 0o777);
        chmodSync(program.image, 0o755);
        const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', program.image];
        await using image = await program.start(['/usr/bin/env', ...user]);
        image.tell('pid');
        expect(await image.hears(/pid (\d+)\n/)).toBe(String(program.pid));
        const status = readFileSync(`/proc/${await findSupervised(image.running.pid)}/status`, 'latin1');
        expect(status).toContain('CapEff:\t0000000000000000\n');
        image.tell('exit');
        expect(await image.end()).toEqual({ status: 9, signal: null });
      });

      it('is pid 1 again if that is what the process was', async () => {
        const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user'];
        await using program = await frozen(flavour, ['/usr/bin/unshare', ...asUser, '--pid', '--fork']);
        await using image = await program.start();
        image.tell('pid');
        expect(await image.hears(/pid (\d+)\n/)).toBe('1');
        image.tell('exit');
        expect(await image.end()).toEqual({ status: 9, signal: null });
        await nothingRuns(program.image);
      });

      it('says that it knows no other word than keep', async () => {
        await using program = await frozen(flavour);
        const { status, stderr } = await call('/usr/bin/env', ['ELFREEZE_PID=same', program.image]);
        expect({ status, stderr }).toEqual({
          status: 126,
          stderr: 'elfreeze: ELFREEZE_PID can be keep, or not set for a new pid\n',
        });
      });
    });
  },
);
