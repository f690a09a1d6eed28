import { crc32 } from 'node:zlib';
import { contains, overlaps, PAGE, type Range } from '../src/base/range.ts';
import type { Code } from './arbitraries/runnable.ts';
import type { Mapping } from './arbitraries/types.ts';

const WORDS = 1024;

/** What a page of a made-up process holds: each different, none of them zeros. */
function pageAt(address: bigint): Buffer {
  const words = new Uint32Array(WORDS);
  let state = Number((address / PAGE) & 0xffff_ffffn) | 1;
  for (let i = 0; i < WORDS; i++) words[i] = state = Math.imul(state, 1664525) + 1013904223;
  return Buffer.from(words.buffer);
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

/** A page of one mapping: zeros where it holds nothing. */
export function contentsOf(page: bigint, { extents }: Mapping, code?: Code): Buffer {
  const held = extents.some((extent) => contains(extent, page));
  return held ? bytesOf({ start: page, end: page + PAGE }, code) : ZEROS;
}

/** CRC-32 of `range` of a process with these mappings, less the pages of guards. */
export function crcOf(range: Range, mappings: readonly Mapping[]): number {
  let crc = 0;
  for (const mapping of mappings.filter((each) => overlaps(each, range)))
    for (let page = mapping.start; page < mapping.end; page += PAGE)
      if (contains(range, page) && !mapping.guards.some((guard) => contains(guard, page)))
        crc = crc32(contentsOf(page, mapping), crc);
  return crc >>> 0;
}
