import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../robustness/processes.ts';
import { isPrivateAnonymous, parseSmaps, readMaps, readMemory } from './memory.ts';
import { localProc } from './proc-source.ts';

const self = localProc(process.pid, '');

const SMAPS = `00400000-00401000 r--p 00000000 fe:00 131                        /bin/a program
Size:                  4 kB
VmFlags: rd mr mw me
7ffff7ff9000-7ffff7ffd000 r--p 00000000 00:00 0                          [vvar]
VmFlags: rd mr pf io de dd
7ffff7ffd000-7ffff7ffe000 rw-s 00002000 00:01 1029                       /dev/zero (deleted)
VmFlags: rd wr sh mr mw me ms
`;

describe('smaps', () => {
  it('is read line by line, with its flags', () => {
    expect(parseSmaps(SMAPS)).toEqual([
      {
        start: 0x400000n,
        end: 0x401000n,
        permissions: 'r--p',
        offset: 0n,
        inode: 131n,
        path: '/bin/a program',
        vmFlags: ['rd', 'mr', 'mw', 'me'],
      },
      {
        start: 0x7ffff7ff9000n,
        end: 0x7ffff7ffd000n,
        permissions: 'r--p',
        offset: 0n,
        inode: 0n,
        path: '[vvar]',
        vmFlags: ['rd', 'mr', 'pf', 'io', 'de', 'dd'],
      },
      {
        start: 0x7ffff7ffd000n,
        end: 0x7ffff7ffe000n,
        permissions: 'rw-s',
        offset: 0x2000n,
        inode: 1029n,
        path: '/dev/zero (deleted)',
        vmFlags: ['rd', 'wr', 'sh', 'mr', 'mw', 'me', 'ms'],
      },
    ]);
  });
});

describe('memory of a process', () => {
  it('is what lies there: text of the file it maps', async () => {
    const maps = await readMaps(self);
    const text = maps.find(({ path, offset }) => path === process.execPath && offset === 0n)!;
    const [extent] = await readMemory(self, [{ ...text, end: text.start + 4096n }]);
    expect(extent?.bytes?.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  });

  it('is read by who traces it where only he may, page by page', async () => {
    const page = (fill: number) => Buffer.alloc(4096, fill);
    const asked: unknown[] = [];
    const closed = {
      ...self,
      readPart: async (name: string) =>
        name === 'pagemap' ? Buffer.from('80'.padStart(16, '0').repeat(3), 'hex') : null,
      peekMemory: async (...range: [bigint, number]) => {
        asked.push(range);
        return Buffer.concat([Buffer.of(1), page(7), Buffer.of(0), Buffer.of(1), page(8)]);
      },
    };
    const line = { start: 0x1000n, end: 0x4000n, permissions: '---p', offset: 0n, inode: 0n, path: '', vmFlags: [] };
    const [first, second, third] = [0x1000n, 0x2000n, 0x3000n];
    expect(await readMemory(closed, [line], true)).toEqual([
      { address: first, bytes: page(7) },
      { address: second, bytes: null },
      { address: third, bytes: page(8) },
    ]);
    expect(asked).toEqual([[0x1000n, 0x3000]]);
    expect((await readMemory(closed, [line])).map(({ bytes }) => bytes)).toEqual([null, null, null]);
  });

  it('leaves out pages that were never touched', async () => {
    // One that stands still: what V8 reserves it may take into use between two looks.
    const child = spawn(process.execPath, ['-e', 'process.kill(process.pid, "SIGSTOP")'], { stdio: 'ignore' });
    try {
      const pid = child.pid!;
      const isStopped = (tid: string) => /^State:\tT/m.test(readFileSync(`/proc/${pid}/task/${tid}/status`, 'latin1'));
      const stopped = () => readdirSync(`/proc/${pid}/task`).every(isStopped) || undefined;
      await until('stopped', stopped, () => `process ${pid}`);
      const still = localProc(pid, '');
      const maps = await readMaps(still);
      const reserved = maps.find(
        (line) => isPrivateAnonymous(line) && line.permissions === '---p' && line.end - line.start >= 1n << 20n,
      )!;
      expect(await readMemory(still, [reserved])).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
