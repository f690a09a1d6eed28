import * as z from 'zod';

/** `0x2a`, at most 64 bits: the one spelling that json.ts writes. */
export const word = z
  .codec(z.string().regex(/^0x(0|[1-9a-f][0-9a-f]{0,15})$/), z.bigint(), {
    decode: (text) => BigInt(text),
    encode: (value) => `0x${value.toString(16)}`,
  })
  .meta({ description: 'an unsigned 64-bit number in hexadecimal' });

export const bytes = z
  .codec(z.string().regex(/^([0-9a-f]{2})*$/), z.instanceof(Uint8Array), {
    decode: (text) => Uint8Array.from(Buffer.from(text, 'hex')),
    encode: (value) => Buffer.from(value).toString('hex'),
  })
  .meta({ description: 'bytes in hexadecimal' });

/** A number that JSON writes as such. */
export const int = z.int();
export const count = int.nonnegative();
