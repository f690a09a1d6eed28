import { describe, expect, it } from 'vitest';
import { sampleMapping } from '../../snapshot/testdata/sample.ts';
import type { ArchName } from '../../snapshot/snapshot.ts';
import type { Range } from '../../base/range.ts';
import { findLockOwners } from './lock-owners.ts';

const START = 0x50_0000n;
const PAGE_BYTES = 4096;
const [FIRST, SECOND] = [4242, 4250];
const WAITERS = 0x8000_0000;

/**
 * @param at where in memory of two pages and a mebibyte the words lie
 * @param copy whether there is a copy that looks for ids itself
 * @returns from there, for the first two threads
 */
function search(
  arch: ArchName,
  words: readonly number[],
  { at = 64, prot = 3, others = 0, copy = false, ids = [FIRST, SECOND] } = {},
): number[][] {
  const size = 2 * PAGE_BYTES + (1 << 20);
  const bytes = Buffer.alloc(size);
  words.forEach((word, i) => bytes.writeUInt32LE(word, at + 4 * i));
  const end = START + BigInt(size);
  const mapping = sampleMapping({ start: START, end, kind: 'anon', prot, extents: [{ start: START, end }] });
  const memory = {
    readNow(address: bigint, length: number, into = Buffer.alloc(length)) {
      bytes.copy(into, 0, Number(address - START));
      return into;
    },
  };
  const tids = [...ids, ...Array.from({ length: others }, (_, i) => SECOND + 1 + i)];
  const searcher = {
    search: ({ start, end: stop }: Range, mask: number, least: number, greatest: number) => {
      const isHit = (word: number) => (word & mask) >= least && (word & mask) <= greatest;
      const addresses = Array.from({ length: Number(stop - start) / 4 }, (_, i) => start + BigInt(4 * i));
      return addresses.filter((address) => isHit(bytes.readUInt32LE(Number(address - START))));
    },
  };
  const threads = tids.map((ownTid) => ({ ownTid }));
  const found = findLockOwners(arch, threads, [mapping], memory, copy ? searcher : undefined);
  return found.slice(0, 2).map((addresses) => addresses.map((address) => Number(address - START) - at));
}

const HELD: readonly (readonly [string, ArchName, readonly number[], readonly number[]])[] = [
  ['recursive', 'x86-64', [1, 3, SECOND, 1, 1], [8]],
  ['recursive, waited for', 'x86-64', [2, 1, SECOND, 4, 1], [8]],
  ['error-checking', 'x86-64', [1, 0, SECOND, 1, 2], [8]],
  ['robust', 'x86-64', [SECOND, 0, SECOND, 1, 16, 0, 0x40_1000, 0, 0x40_1000, 0], [0, 8]],
  ['robust, waited for', 'x86-64', [SECOND + WAITERS, 0, SECOND, 1, 16, 0, 0x40_1000, 0, 0x40_1000, 0], [0, 8]],
  ['priority-inheriting', 'x86-64', [SECOND + WAITERS, 0, SECOND, 1, 0x20], [0, 8]],
  ['recursive', 'i386', [1, 3, SECOND, 1, 1], [8]],
  ['robust', 'i386', [SECOND, 0, SECOND, 16, 1, 0x804_1000], [0, 8]],
  ['written', 'x86-64', [3, 0, 1, 1, 0, 0, SECOND, 0], [24]],
  ['written, waited for', 'x86-64', [3 + 8, 0, 3, 3, 0, 0, SECOND, 0], [24]],
  ['written', 'i386', [3, 0, 1, 1, 0, 0, 0, SECOND], [28]],
  ["musl's recursive", 'x86-64', [1, SECOND, 0, 0, 0, 2, 0x40_1000, 0, 0x40_1000, 0], [4]],
  ["musl's robust, waited for", 'i386', [4, SECOND + WAITERS, 1, 0x804_1000, 0x804_1000, 0], [4]],
];

describe('a lock that a thread holds', () => {
  it.each(HELD)('%s, %s', (_, arch, words, expected) => {
    expect(search(arch, words)).toEqual([[], expected]);
  });

  it.each(HELD)('%s, %s, one of many threads', (_, arch, words, expected) => {
    expect(search(arch, words, { others: 100 })).toEqual([[], expected]);
  });

  it.each(HELD)('%s, %s, by a copy that looks for ids itself', (_, arch, words, expected) => {
    for (const at of [64, PAGE_BYTES - 8, PAGE_BYTES - 12])
      expect(search(arch, words, { copy: true, at })).toEqual([[], expected]);
  });

  it('is found on both sides of where reading is broken off', () => {
    for (const at of [(1 << 20) - 8, (1 << 20) - 12, 1 << 20])
      expect(search('x86-64', [1, 1, FIRST, 1, 1], { at })).toEqual([[8], []]);
  });

  it('is found where memory ends', () => {
    const at = 2 * PAGE_BYTES + (1 << 20) - 20;
    expect(search('x86-64', [1, 1, FIRST, 1, 1], { at })).toEqual([[8], []]);
  });
});

describe('what is no lock', () => {
  it.each([
    ['an id alone', [0, 0, FIRST, 0, 0]],
    ['a lock that nobody holds', [0, 0, FIRST, 0, 1]],
    ['a normal mutex, whose owner nobody asks for', [1, 0, FIRST, 1, 0]],
    ['an integer of Python, which is its pid', [1, 0, FIRST, 0, 1]],
    ['a row of numbers', [1, 1, FIRST, 1, 1, 1]],
    ['a recursive mutex that was never locked', [1, 0, FIRST, 1, 1]],
    ['ids in a row that are flags too', [352, 352, 352, 352, 352, 352]],
    ['ids in a row', [FIRST, SECOND, FIRST, SECOND, FIRST]],
    ['a pointer where a count would be', [1, 0x7fff_1234, FIRST, 1, 1]],
    ['the lock of a thread that is none of these', [1, 1, 4243, 1, 1]],
  ])('%s', (_, words) => {
    for (const arch of ['x86-64', 'i386'] as const)
      expect(search(arch, words, { ids: [FIRST, 352] })).toEqual([[], []]);
  });

  it('is anything that may well be another number: an id below 300', () => {
    expect(search('x86-64', [1, 1, 39, 1, 1], { ids: [39, 40] })).toEqual([[], []]);
    expect(search('x86-64', [1, 1, 300, 1, 1], { ids: [39, 300] })).toEqual([[], [8]]);
  });

  it('is memory that nobody can write to', () => {
    expect(search('x86-64', [1, 1, FIRST, 1, 1], { prot: 1 })).toEqual([[], []]);
  });
});
