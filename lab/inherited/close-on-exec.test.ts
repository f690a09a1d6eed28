import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FD_CLOEXEC, keepInherited, setDescriptorFlags } from './close-on-exec.ts';

const started = (): string[] => execFileSync('ls', ['/proc/self/fd'], { encoding: 'utf8' }).trim().split('\n');

it('what a process was started with is not inherited by what it starts', () => {
  const before = started();
  const fd = openSync('/dev/zero', 'r');
  try {
    expect(started()).toEqual(before);
    expect(setDescriptorFlags(fd, 0)).toBe(true);
    expect(started()).toContain(String(fd));
    keepInherited();
    expect(started()).toEqual(before);
  } finally {
    closeSync(fd);
  }
  expect(setDescriptorFlags(fd, FD_CLOEXEC)).toBe(false);
});
