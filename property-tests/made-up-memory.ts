import { crc32 } from 'node:zlib';
import { contains, overlaps, PAGE, type Range } from '../src/base/range.ts';
import type { Code } from './arbitraries/runnable.ts';
import type { Mapping } from './arbitraries/types.ts';

const WORDS = 1024;

/** What a page of a made-up process holds: each different, none of them zeros. */
function pageAt(address: bigint): Uint8Array {
  const words = new Uint32Array(WORDS);
  let state = Number((address / PAGE) & 0xffff_ffffn) | 1;
  for (let i = 0; i < WORDS; i++) words[i] = state = Math.imul(state, 1664525) + 1013904223;
  return new Uint8Array(words.buffer);
}

/** Bytes of memory that an image carries. */
export function bytesOf({ start, end }: Range, code?: Code): Buffer {
  const pages: Uint8Array[] = [];
  for (let at = start; at < end; at += PAGE) pages.push(pageAt(at));
  const bytes = Buffer.concat(pages);
  if (code && start <= code.address && code.address < end) bytes.set(code.bytes, Number(code.address - start));
  return bytes;
}

const ZEROS = Buffer.alloc(Number(PAGE));

/** CRC-32 of `range` of a process with these mappings: zeros where none of them holds anything, nothing of guards. */
export function crcOf(range: Range, mappings: readonly Mapping[]): number {
  const inRange = mappings.filter((mapping) => overlaps(mapping, range));
  const isIn = (ranges: readonly Range[], at: bigint): boolean => ranges.some((each) => contains(each, at));
  const extents = inRange.flatMap((mapping) => mapping.extents);
  const guards = inRange.flatMap((mapping) => mapping.guards);
  let crc = 0;
  for (let at = range.start; at < range.end; at += PAGE)
    if (!isIn(guards, at)) crc = crc32(isIn(extents, at) ? pageAt(at) : ZEROS, crc);
  return crc >>> 0;
}
