import { formatRange, hex, intersect, joinRanges, type Range } from '../base/range.ts';
import { type Carry, CARRY } from '../plan/memory/carry.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Difference } from './difference.ts';
import { intersectAll } from './ranges.ts';
import type { MemorySource } from '../snapshot/memory.ts';

const CHUNK = 1 << 20;
const PAGE = 4096;
/** Bytes of each side that are shown. */
const SHOWN = 16;

export interface MemoryComparison {
  readonly differences: readonly Difference[];
  /** Differing stretches beyond those that are listed. */
  readonly more: number;
  /** Bytes that were compared. */
  readonly compared: bigint;
}

/** Memory that is zeros where it has no page. */
const ZEROS_ELSEWHERE: readonly Carry[] = ['anonymous', 'shared', 'sysv'];

/** Pages whose bytes the two must share: all that either has ever touched, where both have memory. */
export function comparableRanges(recorded: Snapshot, found: Snapshot): Range[] {
  const carried = recorded.mappings.filter(({ kind }) => !['nobody', 'reopen'].includes(CARRY[kind]));
  const anonymous = carried.filter(({ kind }) => ZEROS_ELSEWHERE.includes(CARRY[kind]));
  const touched = intersectAll(
    anonymous,
    found.mappings.flatMap(({ extents }) => extents),
  );
  const wanted = joinRanges([...carried.flatMap(({ extents }) => extents), ...touched]);
  return intersectAll(wanted, joinRanges(found.mappings.filter(({ kind }) => CARRY[kind] !== 'nobody')));
}

/**
 * Compares the bytes of two memories, a chunk at a time.
 * @param skip ranges, to the byte, that are declared to differ
 * @param most differing stretches of pages that are listed; the others are counted
 */
export async function compareMemory(
  recorded: MemorySource,
  found: MemorySource,
  ranges: readonly Range[],
  skip: readonly Range[],
  most = 100,
): Promise<MemoryComparison> {
  const [was, is] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)];
  const runs = new Runs(most);
  let compared = 0n;
  for (const chunk of chunksOf(ranges)) {
    const size = Number(chunk.end - chunk.start);
    const [one, two] = [was.subarray(0, size), is.subarray(0, size)];
    await Promise.all([recorded.read(chunk.start, one), found.read(chunk.start, two)]);
    compared += BigInt(size);
    if (one.equals(two)) continue;
    blank(chunk, skip, one, two);
    for (let at = 0; at < size; at += PAGE) {
      const end = Math.min(at + PAGE, size);
      if (one.compare(two, at, end, at, end) !== 0)
        runs.add(chunk.start + BigInt(at), one.subarray(at, end), two.subarray(at, end));
    }
  }
  return { differences: runs.list(), more: runs.more, compared };
}

function* chunksOf(ranges: readonly Range[]): Generator<Range, void, void> {
  for (const { start, end } of ranges) {
    for (let at = start; at < end; at += BigInt(CHUNK)) {
      yield { start: at, end: at + BigInt(CHUNK) < end ? at + BigInt(CHUNK) : end };
    }
  }
}

/** Makes both the same where they may differ. */
function blank(chunk: Range, skip: readonly Range[], ...buffers: Buffer[]): void {
  for (const hole of skip) {
    const part = intersect(hole, chunk);
    if (part)
      for (const bytes of buffers) bytes.fill(0, Number(part.start - chunk.start), Number(part.end - chunk.start));
  }
}

/** Pages that differ and follow each other, as one. */
class Runs {
  more = 0;
  private readonly runs: { start: bigint; end: bigint; first: bigint; recorded: string; found: string }[] = [];
  private readonly most: number;
  private end = -1n;

  constructor(most: number) {
    this.most = most;
  }

  add(page: bigint, one: Buffer, two: Buffer): void {
    const end = page + BigInt(one.length);
    const goesOn = this.end === page;
    this.end = end;
    if (this.runs.length === this.most && !(goesOn && this.more === 0)) {
      if (!goesOn) this.more++;
      return;
    }
    const last = this.runs.at(-1);
    if (goesOn && last) {
      last.end = end;
      return;
    }
    const at = one.findIndex((byte, i) => byte !== two[i]);
    const text = (bytes: Buffer): string => bytes.toString('hex', at, at + SHOWN);
    this.runs.push({ start: page, end, first: page + BigInt(at), recorded: text(one), found: text(two) });
  }

  list(): Difference[] {
    return this.runs.map(({ start, end, first, recorded, found }) => {
      return { what: 'memory', where: `${formatRange({ start, end })}, first at ${hex(first)}`, recorded, found };
    });
  }
}
