// Before --kill ends a process its image was seen to start; and what is seen so costs the process nothing.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze } from './freeze.ts';
import { FLAVOURS } from './programs.ts';
import { refusalOf } from './refusal.ts';
import { Subject } from './subject.ts';

const run = promisify(execFile);
const NOBODY = 65534;

const runImage = (image: string, env: Record<string, string>) => spawnSync(image, { encoding: 'utf8', env });
const CAN = { status: 0, stdout: '', stderr: 'elfreeze: the process can continue here\n' };

/** A subject that lies in a directory of its own, with a directory for images beside it. */
async function prepare() {
  const scratch = await temporaryDirectory({ unsafeCleanup: true });
  chmodSync(scratch.path, 0o777);
  const [dir, images] = [join(scratch.path, 'own'), join(scratch.path, 'images')];
  for (const each of [dir, images]) {
    mkdirSync(each);
    chmodSync(each, 0o777);
  }
  return { scratch, dir, images, image: join(images, 'image') };
}

describe.each(FLAVOURS)('$arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));

  it.each(['holding', 'watching'] as const)('a process that is %s notices nothing of a rehearsal', async (kind) => {
    const { scratch, dir, images, image } = await prepare();
    await using target = await Subject.start({ flavour, kind, program: 'beside', dir });
    const files = statSync(join(dir, 'locked')).ino;
    for (const args of [['--check'], ['--check', '--lazy']]) {
      const frozen = await freeze({ pid: target.pid, output: image, args: [...args, '--json'], mark: target.name });
      expect(frozen).toMatchObject({ status: 0, stderr: '' });
      const { leftOut } = (JSON.parse(frozen.stdout.split('\n')[0]!) as { rehearsal: { leftOut: string[] } }).rehearsal;
      for (const what of [
        /^lock the file/,
        /^open the FIFO .*\/fifo$/,
        /its address 127\.0\.0\.1:\d+$/,
        /its name .*\/?socket$/,
      ])
        expect(leftOut).toEqual(expect.arrayContaining([expect.stringMatching(what)]));
      await target.settled();
      await target.poke(kind);
      // By hand, beside the process that holds all of it.
      expect(runImage(image, { ELFREEZE_CHECK: 'beside' })).toMatchObject(CAN);
      expect(runImage(image, { ELFREEZE_CHECK: '1' })).toMatchObject({ status: 126, stderr: /EADDRINUSE/ });
      await target.poke(kind);
    }
    expect(target.lines).toEqual([1, 2, 3, 4].map((n) => `untouched ${n}`));
    expect(statSync(join(dir, 'locked')).ino).toBe(files);
    expect(readdirSync(images)).toEqual(['image']);

    const killed = await freeze({ pid: target.pid, output: image, args: ['--kill'], mark: target.name });
    expect(killed).toMatchObject({ status: 0, stderr: '' });
    await target.gone();
    expect(runImage(image, { ELFREEZE_CHECK: '1' })).toMatchObject(CAN);
    await using continued = await Subject.continue(image, target, { dir });
    await continued.poke(kind);
    expect(await continued.finish()).toBe('ok');
    await scratch.cleanup();
  });

  it('a process whose image would not start here is not ended, and the image is not left', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('not root: no other user');
    const { scratch, dir, images, image } = await prepare();
    await using target = await Subject.start({ flavour, kind: 'pause', dir, uid: NOBODY });
    // The image is to have the limits of its process, and those that start it here have less.
    const under = [
      'setpriv',
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      'prlimit',
      '--nofile=500:500',
    ];
    for (const args of [['--kill'], ['--check'], ['--kill', '--lazy']]) {
      const frozen = await freeze({ pid: target.pid, output: image, args, under, mark: target.name });
      const stdout = frozen.stdout.replace(/^took .*\n/m, '');
      expect(refusalOf({ status: Number(frozen.status), stdout, stderr: frozen.stderr }, 'REHEARSAL_FAILED')).toMatch(
        /^the image would not continue here: cannot set RLIMIT_NOFILE to \d+, above the caller's hard limit/,
      );
      await target.settled();
      await target.poke('pause');
      expect(readdirSync(images)).toEqual([]);
    }
    expect(await target.finish()).toMatch(/^ok/);
    await scratch.cleanup();
  });
});

it('where nothing may be executed no process is ended for its image', async ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('not root: nothing can be mounted');
  const { scratch, dir, images, image } = await prepare();
  await using target = await Subject.start({ flavour: FLAVOURS[0]!, kind: 'pause', dir });
  await run('mount', ['-t', 'tmpfs', '-o', 'noexec,size=64m', 'none', images]);
  try {
    const frozen = await freeze({ pid: target.pid, output: image, args: ['--kill'], mark: target.name });
    expect(frozen).toMatchObject({ status: 69, stderr: /EACCES.*noexec.*\[REHEARSAL_FAILED\]/ });
    await target.settled();
    expect(readdirSync(images)).toEqual([]);
  } finally {
    await run('umount', [images]);
  }
  expect(await target.finish()).toMatch(/^ok/);
  await scratch.cleanup();
});

it('an image says beforehand whether it would run', async () => {
  const { scratch, dir, images, image } = await prepare();
  await using target = await Subject.start({ flavour: FLAVOURS[0]!, kind: 'holding', program: 'beside', dir });
  const killed = await freeze({ pid: target.pid, output: image, args: ['--kill'], mark: target.name });
  expect(killed).toMatchObject({ status: 0, stderr: '' });
  await target.gone();
  for (const _ of [1, 2]) expect(runImage(image, { ELFREEZE_CHECK: '1', ELFREEZE_STOP: '1' })).toMatchObject(CAN);
  expect(runImage(image, { ELFREEZE_CHECK: 'yes' })).toMatchObject({
    status: 126,
    stderr: 'elfreeze: ELFREEZE_CHECK can be 1, beside, or not set\n',
  });
  const locked = join(dir, 'locked');
  renameSync(locked, join(images, 'kept'));
  expect(runImage(image, { ELFREEZE_CHECK: '1' })).toMatchObject({
    status: 126,
    stderr: /cannot open .*locked.*ENOENT/,
  });
  copyFileSync(join(images, 'kept'), locked);
  expect(runImage(image, { ELFREEZE_CHECK: '1' })).toMatchObject({
    status: 126,
    stderr: /locked is another file than/,
  });
  renameSync(join(images, 'kept'), locked);
  expect(runImage(image, { ELFREEZE_CHECK: '1' })).toMatchObject(CAN);
  expect(existsSync(join(dir, 'socket'))).toBe(true);
  await scratch.cleanup();
});
