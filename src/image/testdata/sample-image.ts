import { ARCHES } from '../../arch/index.ts';
import { layOutImage } from '../../plan/image/file-layout.ts';
import { sumBytes } from '../../restorer/sums.ts';
import { describeImage } from '../../snapshot/description.ts';
import { sampleDescription } from '../../snapshot/testdata/sample.ts';

/** The byte of the made-up process at an address. */
export const sampleByte = (address: bigint): number => Number((address * 7n + (address >> 12n)) & 0xffn);

const memory = (start: bigint, size: bigint) => ({
  vaddr: start,
  size,
  prot: 3,
  rank: 6,
  contents: [{ at: 0n, kind: 'memory' as const, address: start, size }],
});

/** For the headers and the checksums. */
const table = { vaddr: 0x80_0000n, size: 0x4000n, prot: 1, rank: 0, contents: [] };

/** What is in the made-up process's file number 0. */
const inFile = (vaddr: bigint, size: bigint) => ({
  ...memory(vaddr, size),
  contents: [{ at: 0n, kind: 'file' as const, file: 0, start: 0n, size }],
});

/** The bytes of an image of the made-up process: right in all that tools read, but it would not run. */
export function sampleImage(): Buffer {
  const plan = {
    arch: ARCHES['x86-64'],
    entry: 0x40_0000n,
    segments: [memory(0x40_0000n, 0x2000n), memory(0x50_0000n, 0x2000n), inFile(0x70_0000n, 0x1000n), table],
    steps: [],
    differences: [],
    notRehearsed: [],
    remains: sampleDescription.remains,
  };
  const layout = layOutImage(plan, (stored) => describeImage({ ...sampleDescription, ...stored }), undefined);
  const bytes = Buffer.alloc(Number(layout.size));
  const sums = new Map<bigint, number>();
  for (const piece of layout.pieces) {
    if (piece.kind === 'sums') continue;
    const from = piece.kind === 'memory' ? piece.address : piece.kind === 'file' ? piece.start : 0n;
    const content =
      piece.kind === 'bytes'
        ? piece.bytes
        : Uint8Array.from({ length: Number(piece.size) }, (_, i) => sampleByte(from + BigInt(i)));
    bytes.set(content, Number(piece.offset));
    for (const { address, sum } of sumBytes(piece.offset, content)) sums.set(address, sum);
  }
  for (const piece of layout.pieces)
    if (piece.kind === 'sums') bytes.set(piece.encode((offset) => sums.get(offset) ?? 0), Number(piece.offset));
  return bytes;
}
