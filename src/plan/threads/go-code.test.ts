import { describe, expect, it } from 'vitest';
import { I386 } from '../../arch/i386.ts';
import { X86_64 } from '../../arch/x86-64.ts';
import { encodeGo, GO_MASK } from './go-code.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe("a thread's last instructions", () => {
  it('load what waiting has changed, and jump, on x86-64', () => {
    const registers = {
      rax: 0xcan, rcx: 0x1122334455667788n, rdx: 0n, rsi: 0x80n, rdi: 0x7f0000001000n, r8: 1n, r10: 0xffff_ffff_ffff_ffffn,
      r11: 0x246n, rip: 0x401000n,
    }; // prettier-ignore
    const bytes = encodeGo(X86_64, registers, 0x200n, 0x1000n);
    expect(hex(bytes.subarray(0, Number(GO_MASK)))).toBe('0002000000000000');
    expect(hex(bytes.subarray(Number(GO_MASK)))).toBe(
      [
        'b8ca000000', // mov $0xca, %eax
        '48b98877665544332211', // movabs $0x1122334455667788, %rcx
        'ba00000000', // mov $0, %edx
        'be80000000', // mov $0x80, %esi
        '48bf00100000007f0000', // movabs $0x7f0000001000, %rdi
        '41b801000000', // mov $1, %r8d
        '49baffffffffffffffff', // movabs $-1, %r10
        '41bb46020000', // mov $0x246, %r11d
        'ff2500000000', // jmp *0(%rip)
        '0010400000000000',
      ].join(''),
    );
  });

  it('do so on i386, where the jump is relative', () => {
    const registers = { eax: 1n, ecx: 2n, edx: 3n, ebx: 4n, esi: 5n, edi: 0xffff_fff0n, eip: 0x8049000n };
    const bytes = encodeGo(I386, registers, 0n, 0x8048000n);
    expect(hex(bytes.subarray(Number(GO_MASK)))).toBe(
      // 30 bytes of loads, then jmp: 0x8049000 − (0x8048000 + 35)
      ['b801000000', 'b902000000', 'ba03000000', 'bb04000000', 'be05000000', 'bff0ffffff', 'e9dd0f0000'].join(''),
    );
  });
});
