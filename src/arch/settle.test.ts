import { describe, expect, it } from 'vitest';
import { ARCHES } from './index.ts';
import { findLoadedNumber, isRestartedCall, SA_RESTART, settleRegisters, withoutStop } from './settle.ts';

const X86_64 = ARCHES['x86-64'];
const I386 = ARCHES.i386;
const u64 = (value: number): bigint => BigInt.asUintN(64, BigInt(value));
const u32 = (value: number): bigint => BigInt.asUintN(32, BigInt(value));

const read = { rip: 0x1002n, rax: u64(-512), orig_rax: 0n };

describe('settleRegisters', () => {
  it.each([
    ['ERESTARTSYS', -512],
    ['ERESTARTNOINTR', -513],
    ['ERESTARTNOHAND', -514],
    ['ERESTART_RESTARTBLOCK', -516],
  ])('goes back to the instruction of a call that ended in %s', (_, result) => {
    const settled = settleRegisters(X86_64, { ...read, rax: u64(result), orig_rax: 7n });
    expect(settled).toMatchObject({ rip: 0x1000n, rax: 7n, orig_rax: -1n });
  });

  it('does the same on i386, whose registers are 32 bits wide', () => {
    const settled = settleRegisters(I386, { eip: 0x1002n, eax: u32(-514), orig_eax: 162n });
    expect(settled).toMatchObject({ eip: 0x1000n, eax: 162n, orig_eax: -1n });
  });

  it('leaves a call alone that has its result', () => {
    expect(settleRegisters(X86_64, { ...read, rax: u64(-4) })).toEqual({ ...read, rax: u64(-4), orig_rax: -1n });
  });

  it('leaves a thread alone that was in no call, whatever rax holds', () => {
    const computing = { ...read, orig_rax: u64(-1) };
    expect(settleRegisters(X86_64, computing)).toEqual({ ...computing, orig_rax: -1n });
  });

  it('puts the number back that restart_syscall had replaced', () => {
    const sleeping = { ...read, rax: u64(-516), orig_rax: 219n };
    expect(isRestartedCall(X86_64, sleeping)).toBe(true);
    expect(settleRegisters(X86_64, sleeping, 230)).toMatchObject({ rax: 230n, rip: 0x1000n });
  });

  // signal(7), "Interruption of system calls": what a handler that is about to run makes of the call
  it.each([
    { result: -512, flags: SA_RESTART, interrupted: false },
    { result: -512, flags: 0n, interrupted: true },
    { result: -513, flags: 0n, interrupted: false },
    { result: -514, flags: SA_RESTART, interrupted: true },
    { result: -516, flags: SA_RESTART, interrupted: true },
  ])('lets a waiting handler interrupt: $result with flags $flags → $interrupted', ({ result, flags, interrupted }) => {
    const settled = settleRegisters(X86_64, { ...read, rax: u64(result) }, undefined, flags);
    expect(settled['rax']).toBe(interrupted ? u64(-4) : 0n);
    expect(settled['rip']).toBe(interrupted ? 0x1002n : 0x1000n);
  });
});

describe('withoutStop', () => {
  it('makes a call again that a mere stop ends with EINTR, unless a handler runs', () => {
    const waiting = withoutStop(X86_64, { ...read, rax: u64(-4), orig_rax: 128n });
    expect(settleRegisters(X86_64, waiting)).toMatchObject({ rip: 0x1000n, rax: 128n });
    expect(settleRegisters(X86_64, waiting, undefined, SA_RESTART)).toMatchObject({ rip: 0x1002n, rax: u64(-4) });
    expect(withoutStop(I386, { eip: 0x1002n, eax: u32(-4), orig_eax: 177n })).toMatchObject({ eax: u32(-514) });
  });

  it.each([
    ['another call', { orig_rax: 0n, rax: u64(-4) }],
    ['no call', { orig_rax: u64(-1), rax: u64(-4) }],
    ['another result', { orig_rax: 128n, rax: u64(-11) }],
  ])('leaves %s alone', (_, registers) => {
    expect(withoutStop(X86_64, { ...read, ...registers })).toEqual({ ...read, ...registers });
  });
});

describe('findLoadedNumber', () => {
  it('takes the load of eax that is nearest before the call', () => {
    const code = Uint8Array.of(0xb8, 1, 0, 0, 0, 0x90, 0xb8, 0xe6, 0, 0, 0);
    expect(findLoadedNumber(code)).toBe(0xe6);
  });

  it('takes no constant for a number that is none', () => {
    expect(findLoadedNumber(Uint8Array.of(0xb8, 0, 0x10, 0x40, 0))).toBeUndefined();
    expect(findLoadedNumber(new Uint8Array(24))).toBeUndefined();
  });
});
