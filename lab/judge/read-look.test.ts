import { expect, it } from 'vitest';
import { localProc, type ProcSource } from './proc-source.ts';
import { lookAt } from './read-look.ts';

it('a look at a process that runs goes without the threads and descriptors that are gone by then', async () => {
  const proc = localProc(process.pid, '');
  const gone = '999999999';
  const seen = await proc.list('fd');
  const listing: ProcSource = { ...proc, list: async (name) => [...(await proc.list(name)), gone] };
  const { descriptors, calls } = await lookAt(listing, { memory: false, peek: false });
  expect(Object.keys(descriptors)).toEqual(expect.arrayContaining(seen.filter((number) => Number(number) <= 2)));
  expect(descriptors).not.toHaveProperty(gone);
  expect(calls.length).toBe((await proc.list('task')).length);
});

it('a look at a process that is gone fails', async () => {
  await expect(lookAt(localProc(999_999_999, ''), { memory: false, peek: false })).rejects.toThrow('ENOENT');
});
