import fc from 'fast-check';

/** Cuts and repeats pieces of it, then changes some bytes. */
const spoiled = (sample: Buffer): fc.Arbitrary<Buffer> => {
  const place = fc.nat({ max: sample.length });
  const piece = fc.tuple(place, place).map(([from, to]) => sample.subarray(Math.min(from, to), Math.max(from, to)));
  const base = fc.oneof(
    fc.constant([sample]),
    place.map((end) => [sample.subarray(0, end)]),
    fc.array(piece, { maxLength: 4 }),
  );
  const change = fc.tuple(
    fc.nat({ max: sample.length }),
    fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 10, 32, 48, 255)),
  );
  return fc.tuple(base, fc.array(change, { maxLength: 12 })).map(([pieces, changes]) => {
    const bytes = Buffer.concat(pieces);
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
    return bytes;
  });
};

/** Bytes that are nearly what a parser expects, or nothing like it. @param samples what it reads without complaint */
export const hostileBytes = (samples: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc.oneof(...samples.map((sample) => ({ weight: 4, arbitrary: spoiled(sample) })), {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
  });
