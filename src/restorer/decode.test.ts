import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElfreezeError } from '../base/errors.ts';
import { printName } from '../base/names.ts';
import { decodeProgram } from './decode.ts';
import { encodeProgram, OP, type OpName, type ProgramPlace, type Step } from './steps.ts';

// With `seal` or without: it says nothing about the steps.
const PLACE = { base: 0x1000n, slots: 0x8000n, stackTop: 0x8000n, tail: 0x9000n, seal: 0n, sums: 0n } as ProgramPlace;

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !s.includes('\0'));
const step: fc.Arbitrary<Step> = fc
  .record({
    op: fc.constantFrom(...(Object.keys(OP) as OpName[])),
    nr: fc.nat(500),
    name: text,
    args: fc.array(fc.oneof(u64, fc.record({ slot: fc.nat(63) })), { maxLength: 6 }),
    expect: fc.oneof(
      fc.constant({ kind: 'any' as const }),
      fc.constant({ kind: 'ok' as const }),
      fc.record({
        kind: fc.constant('exactly' as const),
        value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      }),
      fc.record({ kind: fc.constant('okOr' as const), errno: fc.nat(133) }),
    ),
    keep: fc.option(fc.nat(63), { nil: undefined }),
    skip: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    // Sentences are printed: steps.ts makes one line of each.
    sentence: text.map(printName),
  })
  .map(({ keep, skip, ...rest }) => ({
    ...rest,
    ...(keep === undefined ? {} : { keep }),
    ...(skip === undefined ? {} : { skip }),
  }));

it('what was encoded comes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      expect(decodeProgram(encodeProgram(steps, PLACE))).toEqual({ steps, slots: PLACE.slots });
    }),
  );
});

describe('hostile bytes', () => {
  const good = encodeProgram(fc.sample(step, { numRuns: 4, seed: 1 }), PLACE);
  const outcome = (bytes: Uint8Array): string => {
    try {
      decodeProgram(bytes);
      return 'a program';
    } catch (error) {
      return error instanceof ElfreezeError ? error.code : String(error);
    }
  };

  it('end in a program or in a code wherever they are cut', () => {
    for (let length = 0; length < good.length; length++) {
      expect(['a program', 'IMAGE_INVALID', 'ELF_INVALID']).toContain(outcome(good.subarray(0, length)));
    }
  });

  it('end in a program or in a code whichever byte is changed', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = byte;
        expect(['a program', 'IMAGE_INVALID', 'ELF_INVALID']).toContain(outcome(bytes));
      }),
    );
  });

  it('may claim any number of steps', () => {
    const bytes = Uint8Array.from(good);
    new DataView(bytes.buffer).setBigUint64(8, 2n ** 60n, true);
    expect(outcome(bytes)).toBe('IMAGE_INVALID');
  });
});
