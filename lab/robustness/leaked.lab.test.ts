// Terminals, editors, CI runners and job servers leave descriptors open in all that they start: a program that was merely
// started with some is refused with the remedy, and continues without them by one word.
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze, type FreezeCall, type Frozen } from './freeze.ts';
import { FLAVOURS } from './programs.ts';
import { refusalOf } from './refusal.ts';
import { Subject } from './subject.ts';

const linksOf = (pid: number): Record<number, string> =>
  Object.fromEntries(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => (Number(fd) > 2 ? [[fd, linkOf(pid, fd)]] : [])));
const linkOf = (pid: number, fd: string): string =>
  readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/(?<=:\[)\d+(?=\]$)/, 'N');

const saidOf = ({ status, stderr }: Frozen): string =>
  refusalOf({ status: Number(status), stdout: '', stderr }, 'UNSUPPORTED');

const PIPE = 'pipe:[N]';
const SOCKET = 'socket:[N]';
const NULL = '/dev/null';

/** What is chosen, and what the image then has as 251 and 252. */
const CHOICES = [
  { args: ['--outside=drop'], has: {} },
  { args: ['--outside=null'], has: { 251: NULL, 252: NULL } },
  { args: ['--outside=inherit'], has: { 251: PIPE, 252: SOCKET }, leaking: true },
  { args: ['--outside=drop', '--fd', '252=null'], has: { 252: NULL } },
  { args: ['--outside=refuse', '--fd', '251=drop', '--fd', '252=drop'], has: {} },
] as const;

describe.each(FLAVOURS)('a program of $arch, $linkage, that its parent left descriptors open in', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));

  it('is refused in one line that names all of those, and what to do', async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour, kind: 'read', dir: scratch.path, leaking: true });
    const call = { pid: target.pid, output: join(scratch.path, 'image'), mark: target.name };
    expect(linksOf(target.pid)).toEqual({ 251: PIPE, 252: SOCKET, 253: join(scratch.path, 'leaked') });
    for (const args of [[], ['--kill'], ['--outside=refuse']]) {
      const called = await freeze({ ...call, args });
      expect(called.stderr).toContain('--outside=drop|null|inherit or --fd N=drop|null|inherit|PATH');
      expect(saidOf(called)).toMatch(
        /^fd 251 → pipe:\[\d+\], whose other end process \d+ holds; fd 252 → UNIX socket connected to another process$/,
      );
    }
    expect(saidOf(await freeze({ ...call, args: ['--fd', '251=drop'] }))).toMatch(/^fd 252 → [^;]*$/);
    expect(readdirSync(scratch.path)).not.toContain('image');
    await target.settled();
    await target.poke('read');
    expect(await target.finish()).toBe('ok 0');
    await scratch.cleanup();
  });

  it.each([
    { args: ['--outside=drop'], says: 'open 11 12, output shared, ready 12' },
    { args: ['--outside=null'], says: 'open 10 11 12 251 252, output shared, ready 12' },
    { args: ['--outside=drop', '--fd', '10=null'], says: 'open 10 11 12, output shared, ready 12' },
  ])('has its epoll instance watch what is left, and its output twice, with $args', async ({ args, says }) => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const { path: dir } = scratch;
    const start = { flavour, kind: 'all', dir, program: 'outside', leaking: true } as const;
    await using target = await Subject.start(start);
    await target.poke('pause');
    expect(target.lines).toEqual(['open 10 11 12 251 252, output shared, ready 12 252']);
    const output = join(dir, 'image');
    // What waits in a socket cannot be carried; what is not carried, it does not matter in.
    expect(await freeze({ pid: target.pid, output, mark: target.name, args })).toMatchObject({ status: 0, stderr: '' });
    await using continued = await Subject.continue(output, target, { dir });
    await continued.poke('pause');
    expect(continued.lines).toEqual([says]);
    expect(await continued.finish()).toBe('ok');
    await target.settled();
    await target.poke('pause');
    expect(await target.finish()).toBe('ok');
    await scratch.cleanup();
  });

  it.each(CHOICES)('continues with $args', async ({ args, has, ...start }) => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const { path: dir } = scratch;
    await using target = await Subject.start({ flavour, kind: 'read', dir, leaking: true });
    const output = join(dir, 'image');
    const call: FreezeCall = { pid: target.pid, output, mark: target.name, args: [...args, '--kill'] };
    expect(await freeze(call)).toMatchObject({ status: 0, stderr: '' });
    await target.ended();
    await using continued = await Subject.continue(output, target, { dir, ...start });
    expect(linksOf(continued.pid)).toEqual({ ...has, 253: join(dir, 'leaked') });
    await continued.poke('read');
    expect(await continued.finish()).toBe('ok 0');
    await scratch.cleanup();
  });
});
