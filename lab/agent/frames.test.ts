import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader } from './frames.ts';

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut', () => {
    const value = fc.record({ id: fc.nat(), address: fc.bigInt(), bytes: fc.uint8Array(), text: fc.string() });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.array(fc.nat({ max: 40 })), (values, cuts) => {
        const sent = values.map((each) => ({ ...each, bytes: Buffer.from(each.bytes) }));
        let rest = Buffer.concat(sent.map(encodeFrame));
        const reader = new FrameReader();
        const received: unknown[] = [];
        for (const cut of cuts) {
          received.push(...reader.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        received.push(...reader.push(rest));
        expect(received).toEqual(sent);
      }),
    );
  });

  it('an empty body is a value too', () => {
    expect(new FrameReader().push(encodeFrame(undefined))).toEqual([undefined]);
  });
});
