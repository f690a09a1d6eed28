import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../root.ts';
import { chooseKernels } from './kernels.ts';

/** Any file: none is booted here. */
const PATH = join(ROOT, 'package.json');
const [WIDE, NARROW] = [PATH, `i386:${PATH}`] as const;
const choose = (names: Partial<Parameters<typeof chooseKernels>[0]>) =>
  chooseKernels({ kernels: [], freezeOn: [], restoreOn: [], ...names }, () => undefined);

it('kernels of 32 bits only restore, and the run says so with its reason', async () => {
  const { freezeOn, restoreOn, notes } = await choose({ kernels: [WIDE, NARROW] });
  expect(freezeOn.map(({ name }) => name)).toEqual([WIDE]);
  expect(restoreOn.map(({ name, arch }) => [name, arch])).toEqual([
    [WIDE, 'amd64'],
    [NARROW, 'i386'],
  ]);
  expect(notes).toEqual([
    expect.stringMatching(/^Linux i386:.*: restored on only: .* Node 20\.19, .* 18\.20 for i386/),
  ]);
});

it('where kernels to freeze on are named, no other needs an excuse', async () => {
  const { freezeOn, notes } = await choose({ freezeOn: ['host', WIDE], restoreOn: [NARROW] });
  expect(freezeOn.map(({ name }) => name)).toEqual(['host', WIDE]);
  expect(notes).toEqual([]);
});

it('images are not run on this host', async () => {
  await expect(choose({ freezeOn: ['host'], restoreOn: ['host'] })).rejects.toThrow('elfreeze-lab run');
});

it('a kernel that is not there is said to', async () => {
  await expect(choose({ kernels: ['./no/such/bzImage'] })).rejects.toThrow('no such kernel: ./no/such/bzImage');
  await expect(choose({ kernels: ['six'] })).rejects.toThrow('no kernel is called six');
});
