import { describe, expect, it } from 'vitest';
import { encodeSignalFrame } from './frame.ts';
import { ARCHES } from './index.ts';
import { fsaveHeader } from './xstate.ts';

const altstack = { sp: 0x1000n, flags: 0, size: 0x2000n };
const registersOf = (names: readonly string[]): Record<string, bigint> =>
  Object.fromEntries(names.map((name, i) => [name, BigInt(i + 1)]));

describe('encodeSignalFrame', () => {
  it('has the offsets of struct rt_sigframe on x86-64', () => {
    const { registers } = ARCHES['x86-64'];
    const bytes = encodeSignalFrame(
      ARCHES['x86-64'],
      0n,
      { registers: registersOf(registers), sigmask: 0xabcdn, altstack },
      0x77n,
    );
    const view = new DataView(bytes.buffer);
    const word = (at: number): bigint => view.getBigUint64(at, true);
    const value = (name: string): bigint => BigInt(registers.indexOf(name) + 1);
    // ucontext is at 8, sigcontext at 48: offsets as gcc's offsetof gives them for <asm/sigcontext.h>
    expect([word(0), word(8 + 16), word(8 + 32)]).toEqual([0x77n, 0x1000n, 0x2000n]);
    expect([word(48), word(48 + 13 * 8), word(48 + 15 * 8), word(48 + 16 * 8)]).toEqual([
      value('r8'),
      value('rax'),
      value('rsp'),
      value('rip'),
    ]);
    expect([view.getUint16(48 + 144, true), view.getUint16(48 + 150, true)]).toEqual([
      Number(value('cs')),
      Number(value('ss')),
    ]);
    expect(word(48 + 184)).toBe(0n); // no FPU state
    expect(word(48 + 256)).toBe(0xabcdn); // uc_sigmask
  });

  it('aligns the FXSAVE area to 64 bytes wherever the frame is', () => {
    const xstate = new Uint8Array(832);
    for (const address of [0n, 8n, 0x7ffc_1238n]) {
      const bytes = encodeSignalFrame(ARCHES['x86-64'], address, {
        registers: registersOf(ARCHES['x86-64'].registers),
        sigmask: 0n,
        altstack,
        xstate,
      });
      const fpstate = new DataView(bytes.buffer).getBigUint64(48 + 184, true);
      expect(fpstate % 64n).toBe(0n);
      const at = Number(fpstate - address);
      expect(Buffer.from(bytes.subarray(at + 464, at + 468)).toString('latin1')).toBe('SXPF'); // FP_XSTATE_MAGIC1
    }
  });

  it('saves no more than the components in use need, so that a CPU with fewer takes it', () => {
    const xstate = new Uint8Array(2696);
    xstate[512] = 7; // x87, SSE, AVX
    const bytes = encodeSignalFrame(ARCHES['x86-64'], 0n, {
      registers: registersOf(ARCHES['x86-64'].registers),
      sigmask: 0n,
      altstack,
      xstate,
    });
    const at = Number(new DataView(bytes.buffer).getBigUint64(48 + 184, true));
    expect(new DataView(bytes.buffer).getUint32(at + 480, true)).toBe(832);
    expect(new DataView(bytes.buffer).getUint32(at + 832, true)).toBe(0x46505845); // FP_XSTATE_MAGIC2
  });

  it('puts the FSAVE header before the FXSAVE area on i386', () => {
    const xstate = new Uint8Array(576);
    new DataView(xstate.buffer).setUint16(0, 0x37f, true);
    const bytes = encodeSignalFrame(ARCHES.i386, 0x1000n, {
      registers: registersOf(ARCHES.i386.registers),
      sigmask: 0n,
      altstack,
      xstate,
    });
    const view = new DataView(bytes.buffer);
    const fpstate = view.getUint32(144 + 20 + 76, true);
    expect((fpstate + 112) % 64).toBe(0);
    expect(view.getUint32(fpstate - 0x1000, true)).toBe(0xffff037f);
  });
});

describe('fsaveHeader', () => {
  // Tags: Intel SDM vol. 1, 8.1.7: 00 valid, 01 zero, 10 special, 11 empty. TOP = 6: st0 is physical register 6.
  it('gives each register the tag that FSAVE would', () => {
    const xstate = new Uint8Array(576);
    const view = new DataView(xstate.buffer);
    view.setUint16(2, 6 << 11, true);
    xstate[4] = 0b1100_0000; // physical 6 and 7 are in use
    xstate.set([0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f], 32); // st0 = 1.0
    const tags = new DataView(fsaveHeader(xstate).buffer).getUint32(8, true) & 0xffff;
    expect(tags).toBe(0b01_00_11_11_11_11_11_11);
  });

  it('calls an infinity and a denormal special', () => {
    const xstate = new Uint8Array(576);
    xstate[4] = 0b11;
    xstate.set([0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f], 32);
    xstate.set([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 48);
    const tags = new DataView(fsaveHeader(xstate).buffer).getUint32(8, true) & 0xffff;
    expect(tags & 0b1111).toBe(0b10_10);
  });
});
