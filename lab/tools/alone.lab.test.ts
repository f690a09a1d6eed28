import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { Compiler } from '../compile.ts';
import { unlessItRuns } from '../i386.ts';
import { ROOT } from '../root.ts';
import { LabError, Running } from '../running.ts';
import type { Arch } from '../targets/index.ts';
import { call, DEADLINE_MS, makeImage } from './images.ts';

const LOADERS = { 'x86-64': 'ld-linux-x86-64.so.2', i386: 'ld-linux.so.2' } as const;
const compiler = await Compiler.find();

/** Compiles a program that finds its loader and its C library only in `into`. @returns its path */
async function programWithOwnLibraries(arch: Arch, into: string): Promise<string> {
  const bits = arch === 'i386' ? '-m32' : '-m64';
  await mkdir(into);
  for (const name of [LOADERS[arch], 'libc.so.6']) {
    const { stdout } = await call('gcc', [bits, `-print-file-name=${name}`]);
    await copyFile(stdout.trim(), join(into, name));
  }
  const program = join(into, 'program');
  const source = join(ROOT, 'lab/tools/known-addresses.c');
  const links = [`-Wl,--dynamic-linker=${join(into, LOADERS[arch])}`, `-Wl,-rpath,${into}`];
  const flags = [bits, '-D_GNU_SOURCE', '-O1', '-Wno-unused-function', '-fPIE', '-pie', ...links];
  const { status, stderr } = await call('gcc', [...flags, source, '-o', program]);
  if (status !== 0) throw new LabError(stderr);
  return program;
}

describe.each(['x86-64', 'i386'] as const)('the image of a dynamically linked %s program', (arch) => {
  beforeEach(unlessItRuns(arch));
  it('runs in a directory with nothing else in it, no /proc either, when every file of the program is gone', async ({
    skip,
  }) => {
    if (process.getuid?.() !== 0) return skip('chroot(2) needs root');
    const scratch = await temporaryDirectory({ prefix: 'elfreeze-alone-', unsafeCleanup: true });
    try {
      const own = join(scratch.path, 'own');
      await using image = await makeImage(compiler, { executable: await programWithOwnLibraries(arch, own) });
      expect(image.maps).toContain(join(own, 'libc.so.6'));
      await rm(own, { recursive: true });
      const root = join(scratch.path, 'root');
      await mkdir(root);
      await copyFile(image.path, join(root, 'image'));
      // From here nothing is left of the program but its image.

      const deadline = performance.now() + DEADLINE_MS;
      const { start: starter } = await compiler.tools();
      await using running = await Running.start({
        starter,
        executable: '/usr/sbin/chroot',
        args: [root, '/image'],
        cwd: '/',
        env: {},
        dir: scratch.path,
        role: 'alone',
        interrupted: new AbortController().signal,
      });
      running.writeLine('go');
      expect(await running.finish(deadline)).toEqual({ status: 0, signal: null });
      expect(running.output).toBe('ok\n');
    } finally {
      await scratch.cleanup();
    }
  });
});
