/**
 * A checksum of 32 bits: four lanes, which take the words in turn and are multiplied by an odd number each time, so that no change of a
 * single word can get lost. The restorer and the errand compute the same (sum.h). It is against damage, not against forgery.
 */
const PAGE = 4096;
/** The prime of the FNV-1 hash of 32 bits. @source draft-eastlake-fnv */
const PRIME = 0x01000193;
const START = 0x811c9dc5;

/** Memory has a checksum for each so many bytes of a stretch. */
export const SUM_UNIT = 1 << 20;

/** @param size of what is summed, a multiple of 16, by default whole pages: what `bytes` do not fill counts as zeros */
export function sumOf(bytes: Uint8Array, size: number = Math.ceil(bytes.length / PAGE) * PAGE): number {
  const whole = bytes.length & ~15;
  const lanes = [START, START ^ 1, START ^ 2, START ^ 3] as [number, number, number, number];
  mix(lanes, wordsOf(bytes.subarray(0, whole)));
  if (whole < size) {
    const rest = new Uint8Array(size - whole);
    rest.set(bytes.subarray(whole));
    mix(lanes, wordsOf(rest));
  }
  return lanes.reduce((sum, lane) => Math.imul(sum ^ lane, PRIME), START) >>> 0;
}

/** Words are little-endian, as this host's. */
const wordsOf = (bytes: Uint8Array): Int32Array => {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Int32Array(buffer, byteOffset, length / 4);
};

function mix(lanes: [number, number, number, number], words: Int32Array): void {
  let [a, b, c, d] = lanes;
  for (let at = 0; at < words.length; at += 4) {
    a = Math.imul(a ^ words[at]!, PRIME);
    b = Math.imul(b ^ words[at + 1]!, PRIME);
    c = Math.imul(c ^ words[at + 2]!, PRIME);
    d = Math.imul(d ^ words[at + 3]!, PRIME);
  }
  lanes.splice(0, 4, a, b, c, d);
}
