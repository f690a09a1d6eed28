import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { fateOf, formatOwner, ownerOf, parseOwner, SELF } from './owner.ts';

describe('an owner', () => {
  it('is read back from what it is written as, whatever follows', () => {
    expect(parseOwner(formatOwner(SELF))).toEqual(SELF);
    expect(parseOwner(`${formatOwner(SELF)}-x7Gh2k`)).toEqual(SELF);
  });

  it.each(['', 'image', '12.34', 'zzzzzzzz.1.2', '0123abcd.1.'])('is not in %j', (text) => {
    expect(parseOwner(text)).toBeUndefined();
  });

  it('is alive while its process is, and gone after', async () => {
    const child = spawn('/bin/cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const owner = ownerOf(child.pid!);
    expect(fateOf(owner)).toBe('alive');
    child.stdin.end();
    await once(child, 'exit');
    expect(fateOf(owner)).toBe('gone');
  });

  it('is gone when its pid is another’s by now', () => {
    expect(fateOf({ ...SELF, start: '1' })).toBe('gone');
  });

  it('is elsewhere when it is of another machine, or before the last boot', () => {
    expect(fateOf({ ...SELF, machine: '00000000' })).toBe('elsewhere');
  });
});
