import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';
import { formatOwner, SELF } from './owner.ts';

let dir = '';
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'elfreeze-lock-'))));
afterEach(() => rm(dir, { recursive: true }));

describe('a lock', () => {
  it('lets one work at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await delay(5);
      inside--;
    };
    await Promise.all(Array.from({ length: 4 }, () => withLock(join(dir, 'lock'), work)));
    expect([most, inside]).toEqual([1, 0]);
  });

  it('of a process that has gone is taken over, and nothing of it stays', async () => {
    await writeFile(join(dir, 'lock'), formatOwner({ ...SELF, start: '1' }));
    expect(await withLock(join(dir, 'lock'), async () => 'done')).toBe('done');
    expect(await readdir(dir)).toEqual([]);
  });

  it('is let go of when the work fails', async () => {
    const failing = withLock(join(dir, 'lock'), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await withLock(join(dir, 'lock'), async () => 'next')).toBe('next');
  });

  it('is waited for no longer than until an interrupt', async () => {
    await writeFile(join(dir, 'lock'), formatOwner(SELF));
    const waiting = withLock(join(dir, 'lock'), async () => 'never', AbortSignal.timeout(20));
    await expect(waiting).rejects.toThrow('aborted');
  });
});
