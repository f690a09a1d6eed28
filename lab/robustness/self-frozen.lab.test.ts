// A program that includes include/elfreeze.h asks to be frozen where it stands.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { ELFREEZE, ROOT } from '../root.ts';
import { freeze } from './freeze.ts';
import { FLAVOURS, target } from './programs.ts';
import { Subject } from './subject.ts';

const PATH = `${dirname(ELFREEZE)}:${dirname(process.execPath)}:/usr/bin:/bin`;

const run = (program: string, args: readonly string[], path = PATH): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve) =>
    execFile(program, args, { env: { PATH: path } }, (_, stdout, stderr) => resolve({ stdout, stderr })),
  );

describe.each(FLAVOURS)('a program of $arch, $linkage, that asks to be frozen', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));
  it.each(['alone', 'threads'])('goes on with 0, and its image with 1, each time: %s', async (how) => {
    const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
    const image = join(dir, 'image');
    const original = await run(await target('self-frozen', flavour), [image, how]);
    expect(original.stdout).toBe('0\n');
    expect(original.stderr).toMatch(/^.*image: process \d+, \d+ mappings/);
    for (const environment of ['', '', 'ELFREEZE_PID=keep'])
      expect(await run('/usr/bin/env', [...(environment ? [environment] : []), image])).toEqual({
        stdout: '1\n',
        stderr: '',
      });
    await cleanup();
  });

  it('is told why it was not frozen', async () => {
    const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
    const [program, image] = [await target('self-frozen', flavour), join(dir, 'image')];
    const refused = await run(program, [image, 'pidfd']);
    expect(refused.stdout).toBe('-1 Operation not supported\n');
    expect(refused.stderr).toMatch(/^elfreeze: fd 3 → .*pidfd.* \[UNSUPPORTED\]/);
    expect(await run(program, [image, 'alone'], '/nowhere')).toEqual({
      stdout: '-1 No such file or directory\n',
      stderr: '',
    });
    mkdirSync(image);
    expect((await run(program, [image, 'alone'])).stdout).toBe('-1 Input/output error\n');
    await cleanup();
  });
});

it('a process that is ended when its image is written is not told any more', async () => {
  const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
  const image = join(dir, 'image');
  await using asks = await Subject.start({ flavour: FLAVOURS[0]!, kind: 'read', dir });
  const [, stack] = /^([0-9a-f]+)-.* \[stack\]$/m.exec(readFileSync(`/proc/${asks.pid}/maps`, 'utf8')) ?? [];
  const frozen = await freeze({
    pid: asks.pid,
    output: image,
    args: ['--kill', '--tell', `0x${stack}`],
    mark: asks.name,
  });
  expect(frozen).toMatchObject({ status: 0, stderr: '' });
  await asks.gone();
  await using continued = await Subject.continue(image, asks, { dir });
  expect(await continued.finish()).toBe('ok 0');
  await cleanup();
});

it('a Python program asks by elfreeze.py', async () => {
  const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
  const image = join(dir, 'image');
  const text = `import sys; sys.path.insert(0, '${join(ROOT, 'include')}'); import elfreeze; print(elfreeze.freeze('${image}'))`;
  expect((await run('/usr/bin/python3', ['-B', '-c', text])).stdout).toBe('0\n');
  expect(await run(image, [])).toEqual({ stdout: '1\n', stderr: '' });
  await cleanup();
});
