import { describe, expect, it } from 'vitest';
import { formatKernel } from './kernel.ts';
import { parseConditions, parseRunningKernel, SETTING_FILES, type SettingTexts } from './settings.ts';

const NOTHING = Object.fromEntries(SETTING_FILES.map((name) => [name, ''])) as SettingTexts;

describe('the running kernel', () => {
  it.each([
    [
      'Linux version 6.12.107+deb13-cloud-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) #1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1 (2026-02-01)\n',
      '6.12.107 (amd64)',
    ],
    [
      'Linux version 5.10.0-32-686-pae (debian-kernel@lists.debian.org) (gcc-10 (Debian 10.2.1-6) 10.2.1 20210110, GNU ld (GNU Binutils for Debian) 2.35.2) #1 SMP Debian 5.10.223-1 (2024-08-10)\n',
      '5.10.223 (i386)',
    ],
    [
      'Linux version 6.18.44-fc-v669 (builder@sandboxing) (gcc (GCC) 15.3.0) #1 SMP PREEMPT_DYNAMIC @0\n',
      '6.18.44 (amd64)',
    ],
  ])('is told by /proc/version: %s', (version, expected) => {
    expect(formatKernel(parseRunningKernel({ ...NOTHING, version }))).toBe(expected);
  });

  it('of Ubuntu is told by /proc/version_signature', () => {
    const texts = {
      ...NOTHING,
      version: 'Linux version 5.15.0-91-generic (…)',
      version_signature: 'Ubuntu 5.15.0-91.101-generic 5.15.131\n',
    };
    expect(formatKernel(parseRunningKernel(texts))).toBe('5.15.131 (amd64)');
  });
});

describe('the conditions', () => {
  it('of who may use raw I/O have no lowest address', () => {
    const of = (mask: string) =>
      parseConditions({ ...NOTHING, 'sys/vm/mmap_min_addr': '65536\n', 'self/status': `CapEff:\t${mask}\n` })
        .mmapMinAddr;
    expect([of('000001fffeffffff'), of('0000000000000000')]).toEqual([0n, 65536n]);
  });

  it('are limits in bytes, or none', () => {
    const limits =
      'Max stack size             8388608              unlimited            bytes\nMax address space          unlimited            unlimited            bytes\n';
    expect(parseConditions({ ...NOTHING, 'self/limits': limits })).toMatchObject({
      stackLimit: 8n << 20n,
      addressSpaceLimit: undefined,
    });
  });

  it('of a 32-bit kernel have one number of random bits', () => {
    expect(parseConditions({ ...NOTHING, 'sys/vm/mmap_rnd_bits': '8\n' }).randomBits[32]).toBe(8);
  });
});
