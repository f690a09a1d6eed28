import { describe, expect, it } from 'vitest';
import { ARCHES } from '../../arch/index.ts';
import { sampleSnapshot, sampleThread } from '../../snapshot/testdata/sample.ts';
import type { Siginfo } from '../../snapshot/signals.ts';
import type { Thread } from '../../snapshot/thread.ts';
import { finalRegisters } from './registers.ts';

const ARCH = ARCHES['x86-64'];
const ERESTARTNOHAND = BigInt.asUintN(64, -514n);
const pause: Thread = { ...sampleThread, registers: { ...sampleThread.registers, rax: ERESTARTNOHAND, orig_rax: 34n } };
const usr1: Siginfo = { signo: 10, bytes: new Uint8Array(128) };

describe('finalRegisters', () => {
  it('restarts pause when no signal waits', () => {
    const registers = finalRegisters(ARCH, { ...sampleSnapshot, pending: [] }, pause);
    expect(registers).toMatchObject({ rax: 34n, rip: 0x40_0100n });
  });

  it('lets pause end when a handler is about to run', () => {
    const registers = finalRegisters(ARCH, { ...sampleSnapshot, pending: [usr1] }, pause);
    expect(registers).toMatchObject({ rax: BigInt.asUintN(64, -4n), rip: 0x40_0102n });
  });

  it('restarts pause when the signal that waits is blocked', () => {
    const registers = finalRegisters(ARCH, { ...sampleSnapshot, pending: [usr1] }, { ...pause, sigmask: 1n << 9n });
    expect(registers).toMatchObject({ rax: 34n, rip: 0x40_0100n });
  });

  it('goes on at the abort handler when the thread was inside a restartable sequence', () => {
    const rseq = { address: 0x50_0080n, size: 32, signature: 0, abort: 0x40_0800n };
    const computing = {
      ...sampleThread,
      rseq,
      registers: { ...sampleThread.registers, orig_rax: BigInt.asUintN(64, -1n) },
    };
    expect(finalRegisters(ARCH, sampleSnapshot, computing)['rip']).toBe(0x40_0800n);
  });
});
