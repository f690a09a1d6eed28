import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Compiler } from '../compile.ts';
import { ROOT } from '../root.ts';
import { LabError } from '../running.ts';
import { probe } from './accelerator.ts';
import { device, machine } from './devices.ts';
import { makeSystem } from './guest-system.ts';
import { GuestError, type Vm } from './vm.ts';
import { findKernel } from './kernels.ts';
import { openVm } from './open.ts';

const never = new AbortController().signal;
const compiler = await Compiler.find();
/** Oldest and newest, and a 32-bit one. */
const KERNELS = await Promise.all(['5.10', '7.3', '6.5-i386'].map(findOrSkip));

/** Without a network, and nothing in the cache, a kernel is what a test lacks. */
async function findOrSkip(name: string) {
  const kernel = await findKernel(name).catch((error: Error) => ({ name, gone: error.message }));
  return { name, kernel, lacks: 'gone' in kernel ? kernel.gone : undefined };
}

/** Boots it; the caller owns it. */
async function open(name: string): Promise<Vm> {
  const kernel = await findKernel(name);
  if ('gone' in kernel) throw new LabError(kernel.gone);
  const vm = await openVm(kernel, 'bare', compiler, never);
  const bits = kernel.arch === 'amd64' ? '64' : '32';
  const says = await compiler.guestProgram(bits, 'says', [join(ROOT, 'lab/vm/says.c')]);
  await vm.put('/tmp/says', await readFile(says), 0o755);
  return vm;
}

describe.each(KERNELS)('a guest with Linux $name', ({ name, lacks }) => {
  let vm: Vm | undefined;
  const guest = (): Vm => vm!;
  beforeAll(async () => {
    if (lacks === undefined) vm = await open(name);
  });
  afterAll(() => vm?.[Symbol.asyncDispose]());

  beforeEach(({ skip }) => {
    if (lacks !== undefined) skip(lacks);
  });

  it('runs that kernel', async () => {
    expect((await guest().read('/proc/version')).toString()).toContain(`Linux version ${name.replace('-i386', '.')}`);
  });

  it('gives exit status and both streams, of much input too', async () => {
    const much = Buffer.alloc(3_000_001, 'elfreeze');
    const { end, stdout, stderr } = await guest().run({ words: ['/tmp/says', 'one', 'two words'] }, much);
    expect(end).toEqual({ status: 3, signal: null });
    expect(stdout.equals(much)).toBe(true);
    expect(stderr.toString()).toBe('one\ntwo words\n');
  });

  it('kills what takes too long, and works on', async () => {
    const slow = guest().run({ words: ['/tmp/says'] }, undefined, 300);
    await expect(slow).rejects.toThrow('not at its end after 300 ms');
    expect((await guest().run({ words: ['/tmp/says', 'x'] })).end).toEqual({ status: 3, signal: null });
  });

  it('says why a program cannot be started', async () => {
    const { end, stderr } = await guest().run({ words: ['/tmp/missing'] });
    expect([end.status, stderr.toString()]).toEqual([127, '/tmp/missing: No such file or directory\n']);
  });

  it('keeps files, whole and in part, with their holes', async () => {
    const bytes = Buffer.concat([Buffer.alloc(1 << 20), Buffer.from('end'), Buffer.alloc(1 << 19)]);
    await guest().makeFolder('/tmp/deep/er');
    await guest().put('/tmp/deep/er/file', bytes, 0o600);
    expect((await guest().read('/tmp/deep/er/file')).equals(bytes)).toBe(true);
    expect((await guest().read('/tmp/deep/er/file', 1n << 20n, 3n)).toString()).toBe('end');
    expect(await guest().list('/tmp/deep')).toEqual(['er']);
    expect(await guest().readLink('/proc/self/fd/0')).toBe('/dev/console');
    await guest().remove('/tmp/deep');
    await expect(guest().read('/tmp/deep/er/file')).rejects.toThrow(GuestError);
  });

  it('that panics is said to, with the end of its console', async () => {
    await using other = await open(name);
    const panic = other.put('/proc/sysrq-trigger', Buffer.from('c'), 0o600);
    await expect(panic).rejects.toThrow(/ended by itself[^]*sysrq[^]*panic/i);
    await expect(other.list('/')).rejects.toThrow(LabError);
    expect(existsSync(`/proc/${other.pid}`)).toBe(false);
  });
});

describe('a guest that does not boot', () => {
  const [{ lacks }] = KERNELS as [(typeof KERNELS)[0]];

  it('for its kernel is none is said to, and is gone', async () => {
    const path = join(ROOT, 'package.json');
    const boot = openVm({ name: 'none', arch: 'amd64', path, modules: [], from: path }, 'bare', compiler, never);
    await expect(boot).rejects.toThrow(/ended by itself[^]*qemu/);
  });

  it('with KVM is given up in time, and why is told', async ({ skip }) => {
    if (lacks !== undefined) return skip(lacks);
    const kernel = await findKernel('5.10');
    if ('gone' in kernel) throw new LabError(kernel.gone);
    const initramfs = await makeSystem('bare', 'amd64', compiler);
    const stopped = { kernel: kernel.path, initramfs, devices: [...machine('tcg', 256), device(['-S'])] };
    expect(await probe(stopped, 1500)).toEqual({ is: 'tcg', why: 'a guest with KVM did not boot in 1.5 s' });
    const refused = { ...stopped, devices: [device(['-no-such-option'])] };
    expect(await probe(refused, 60_000)).toEqual({
      is: 'tcg',
      why: 'with KVM qemu-system-x86_64: -no-such-option: invalid option',
    });
  });

  it('because the lab is interrupted is gone', async ({ skip }) => {
    if (lacks !== undefined) return skip(lacks);
    const kernel = await findKernel('5.10');
    if ('gone' in kernel) throw new LabError(kernel.gone);
    const boot = openVm(kernel, 'bare', compiler, AbortSignal.timeout(200));
    await expect(boot).rejects.toThrow('interrupted');
  });
});
