import { contains, formatRange, intersect, type Range, sizeOf, subtract } from '../../src/base/range.ts';
import type { Look, Peek } from './look.ts';
import type { Difference } from './verdict.ts';

/** What an image says will differ: `elfreeze inspect IMAGE --json`, `declaredDifferences`. */
export interface Declared extends Range {
  readonly reason: string;
}

/** The most that may be left behind where nothing was. */
const DECLARED_AT_MOST = 64n << 10n;
/** Where the kernel was not asked for the rseq area: its first form's size. @source include/uapi/linux/rseq.h */
const RSEQ_BYTES = 32n;

/**
 * Fields of the rseq area that the kernel writes whenever it likes: cpu_id_start and cpu_id; node_id and mm_cid.
 * @source include/uapi/linux/rseq.h
 */
const RSEQ_OF_KERNEL = [
  { offset: 0n, size: 8n },
  { offset: 20n, size: 8n },
];

/**
 * An image may leave something where nothing was, and change the old vdso. Of the program's own memory it may only
 * declare what must change: words that held a thread's id and hold one now, or the same where ids are kept, and rseq areas, of which
 * what the kernel writes may differ. Anything else that it declares is told, and excused by nothing.
 */
export function checkDeclared(
  before: Look,
  after: Look,
  declared: readonly Declared[],
): { differences: Difference[]; excused: Range[] } {
  const vdso = before.maps.filter(({ path }) => /^\[(vdso|vvar)/.test(path));
  const own = before.maps.filter((line) => !vdso.includes(line));
  const areas = rseqAreas(before.peek);
  const isRseq = (part: Range) => (before.peek ? subtract(part, areas).length === 0 : sizeOf(part) <= RSEQ_BYTES);
  const inOwn = declared.flatMap((range) => own.flatMap((line) => intersect(range, line) ?? []));
  const tidWords = inOwn.filter((part) => holdsTids(part, before, after));
  const others = inOwn.filter((part) => !tidWords.includes(part));
  const total = declared.flatMap((range) => subtract(range, before.maps)).reduce((sum, part) => sum + sizeOf(part), 0n);
  return {
    differences: [
      ...others.filter((part) => !isRseq(part)).map(tellOwn),
      ...(total > DECLARED_AT_MOST ? [tellTotal(total)] : []),
    ],
    excused: [
      ...declared.flatMap((range) => subtract(range, own)),
      ...tidWords,
      ...(before.peek ? areas.flatMap(wordsOfKernel) : others.filter(isRseq)),
    ],
  };
}

const tellOwn = (part: Range): Difference => ({
  kind: 'declared',
  at: formatRange(part),
  before: "the program's own memory",
  after: 'declared to differ',
});

const tellTotal = (total: bigint): Difference => ({
  kind: 'declared',
  at: 'total',
  before: `at most ${DECLARED_AT_MOST} bytes`,
  after: `${total} bytes`,
});

/** The id in a word that may also hold the flags of a futex. @source include/uapi/linux/futex.h */
const FUTEX_TID_MASK = 0x3fff_ffff;

/** Whether it is a word that held a thread's id, and holds one now, or the same where ids are kept; with the same flags. */
function holdsTids(word: Range, before: Look, after: Look): boolean {
  const [was, is] = [wordIn(before, word), wordIn(after, word)];
  if (was === undefined || is === undefined || !before.tids.includes(was & FUTEX_TID_MASK)) return false;
  return was === is || (after.tids.includes(is & FUTEX_TID_MASK) && ((was ^ is) & ~FUTEX_TID_MASK) === 0);
}

function wordIn({ memory }: Look, word: Range): number | undefined {
  const extent = memory.find(({ address, bytes }) =>
    contains({ start: address, end: address + BigInt(bytes?.length ?? 0) }, word.start),
  );
  if (sizeOf(word) !== 4n || !extent?.bytes) return undefined;
  return extent.bytes.readInt32LE(Number(word.start - extent.address));
}

const rseqAreas = (peek: Peek | undefined): Range[] =>
  (peek ? [peek, ...peek.others] : []).flatMap(({ rseq }) => {
    if (!rseq) return [];
    const start = BigInt(rseq.address);
    return [{ start, end: start + BigInt(rseq.size) }];
  });

const wordsOfKernel = ({ start }: Range): Range[] =>
  RSEQ_OF_KERNEL.map(({ offset, size }) => ({ start: start + offset, end: start + offset + size }));
