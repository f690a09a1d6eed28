import { describe, expect, it } from 'vitest';
import { exitsOf } from './vdso.ts';

const AT = 0x1000n;
const codeOf =
  (...bytes: number[]) =>
  (address: bigint): Buffer =>
    Buffer.from([...bytes, ...Array<number>(16).fill(0x90)]).subarray(Number(address - AT), Number(address - AT) + 8);

describe('a loop of the vdso is left', () => {
  it('behind the jump that closes it', () => {
    // nop; nop; jne -4
    expect(exitsOf([AT, AT + 1n, AT + 2n], codeOf(0x90, 0x90, 0x75, 0xfc))).toEqual([AT + 4n]);
  });

  it('where a jump was not taken, near ones too', () => {
    // je +0x100; loop -8
    const code = codeOf(0x0f, 0x84, 0x00, 0x01, 0x00, 0x00, 0xe2, 0xf8);
    expect(exitsOf([AT, AT + 6n], code)).toEqual([AT + 0x106n, AT + 8n]);
  });

  it('not where both sides of a jump belong to it', () => {
    // je +1; nop; jmp -5
    expect(exitsOf([AT, AT + 3n, AT, AT + 2n, AT + 3n], codeOf(0x74, 0x01, 0x90, 0xeb, 0xfb))).toEqual([]);
  });

  it.each([
    ['jmp *%rax', [0xff, 0xe0]],
    ['notrack jmp *%rax', [0x3e, 0xff, 0xe0]],
    ['call *%r11', [0x41, 0xff, 0xd3]],
  ])('nowhere that is known, with %s in it', (_, jump) => {
    expect(exitsOf([AT, AT + BigInt(jump.length)], codeOf(...jump, 0x75, 0x10))).toEqual([]);
  });

  it('and an addition to memory is no jump', () => {
    // incl (%rax); jne -4
    expect(exitsOf([AT, AT + 2n], codeOf(0xff, 0x00, 0x75, 0xfc))).toEqual([AT + 4n]);
  });
});
