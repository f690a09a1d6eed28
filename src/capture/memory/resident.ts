import { ElfreezeError, invariant } from '../../base/errors.ts';
import { formatRange, intersect, joinRanges, PAGE, pageCeil, pageFloor, type Range, sizeOf } from '../../base/range.ts';
import { type MapsLine, MEMFD } from '../../proc/maps.ts';
import { deviceInMaps } from '../../proc/mountinfo.ts';
import { parseSmaps } from '../../proc/smaps.ts';
import { namelessKey } from '../../snapshot/files/nameless-files.ts';
import type { FileStat } from '../../sys/files.ts';
import { dataOfMapped, dataOfOpen } from '../../sys/map-files.ts';
import { procText } from '../../sys/procfs.ts';
import { ROOM } from '../borrow/ask.ts';
import type { Loan } from '../borrow/loan.ts';
import { isSysvPath } from './sysv-memory.ts';

/** Shared memory without a name: whoever reads a page of it that does not exist makes it, for all who map it. */
export type Resident = ReadonlyMap<bigint, readonly Range[]>;

/** @source mm/shmem.c shmem_zero_setup; include/linux/mm.h anon_shmem names, Linux 6.2 */
export const isSharedAnonymous = ({ shared, path }: Pick<MapsLine, 'shared' | 'path'>): boolean =>
  shared && (path === '/dev/zero (deleted)' || path.startsWith('[anon_shmem:'));

const isMemfd = ({ shared, path }: MapsLine): boolean => shared && path.startsWith(MEMFD);

const isMemory = (line: MapsLine): boolean =>
  isSharedAnonymous(line) || (line.shared && isSysvPath(line.path)) || isMemfd(line);

/** What a process has open. */
interface Open {
  readonly fd: number;
  readonly stat: FileStat;
}

const keyed = ({ fd, stat: { dev, ino } }: Open): [string, number] => [
  namelessKey({ dev: deviceInMaps(dev), inode: ino }),
  fd,
];

/** One byte for each page: 1 GiB of addresses in one call. */
const VECTOR = 1n << 18n;
/** @source mmap(2) */
const PROT_RW = 3n;
const MAP_PRIVATE_ANONYMOUS = 0x22n;

/**
 * The pages of shared memory without a name that exist, by the start of each mapping; pagemap shows only those that the process has in its page
 * table. Asked of the file under the mapping, where that is permitted. Elsewhere mincore(2) tells, which does not know those that are swapped out.
 * @param loan of process `pid`, which stands still
 * @param open what it has open: a memfd among that tells what there is of it
 * @param isCopy whether nobody sees what it maps
 * @throws UNSUPPORTED where pages are swapped out and nothing tells which
 */
export function findResident(
  loan: Loan,
  pid: number,
  lines: readonly MapsLine[],
  open: readonly Open[],
  isCopy: boolean,
): Resident {
  const memory = lines.filter(isMemory);
  const descriptors = memory.some(isMemfd) ? new Map(open.map(keyed)) : new Map<string, number>();
  const dataOfFile = (line: MapsLine): Range[] | undefined => {
    const fd = isMemfd(line) ? descriptors.get(namelessKey(line)) : undefined;
    return fd === undefined ? undefined : dataOfOpen(pid, fd);
  };
  const found = new Map<bigint, readonly Range[]>();
  const untold: MapsLine[] = [];
  for (const line of memory) {
    const data = dataOfMapped(pid, line) ?? dataOfFile(line);
    if (!data) untold.push(line);
    else
      found.set(
        line.start,
        data.flatMap((range) => inMapping(range, line)),
      );
  }
  if (untold.length === 0) return found;
  // Before and after: a page that comes back meanwhile would be in neither.
  refuseSwapped(pid, untold);
  for (const [line, ranges] of askInCore(loan, untold, isCopy)) found.set(line.start, ranges);
  refuseSwapped(pid, untold);
  return found;
}

/** What is at offsets of a file, where it is mapped: whole pages, also where the file ends inside one. */
function inMapping({ start, end }: Range, line: MapsLine): Range[] {
  const base = line.start - line.offset;
  return [intersect({ start: base + pageFloor(start), end: base + pageCeil(end) }, line) ?? []].flat();
}

/** Of shared memory without a name smaps counts all that is swapped out, in any page table or none. @source fs/proc/task_mmu.c smap_gather_stats */
function refuseSwapped(pid: number, untold: readonly MapsLine[]): void {
  const entries = parseSmaps(procText(pid, 'smaps'));
  for (const line of untold) {
    const { swap = 0n } = entries.get(line.start) ?? {};
    if (swap === 0n) continue;
    const what = `mapping ${formatRange(line)} ${line.path} → shared memory of which ${swap} bytes are swapped out`;
    const hint =
      'only with CAP_CHECKPOINT_RESTORE is it known which; docs/limits.md says what else cannot be carried, and why';
    throw new ElfreezeError('UNSUPPORTED', what, { hint });
  }
}

/** A copy has room for many answers: nobody sees what is mapped there. */
function askInCore(loan: Loan, lines: readonly MapsLine[], isCopy: boolean): [MapsLine, Range[]][] {
  const room = isCopy ? loan.call('mmap', 0n, VECTOR, PROT_RW, MAP_PRIVATE_ANONYMOUS, -1n, 0n) : -1n;
  if (room < 0n && room >= -4095n) return lines.map((line) => [line, inCoreByRooms(loan, line)]);
  const vector = BigInt.asUintN(loan.arch.wordSize * 8, room);
  try {
    return lines.map((line) => {
      const ask = (range: Range): Buffer => {
        check(loan.call('mincore', range.start, sizeOf(range), vector), range);
        return loan.memory.readNow(vector, Number(sizeOf(range) / PAGE));
      };
      return [line, joinRanges(parts(line, VECTOR).flatMap((range) => pagesIn(ask(range), range.start)))];
    });
  } finally {
    loan.call('munmap', vector, VECTOR);
  }
}

function inCoreByRooms(loan: Loan, line: MapsLine): Range[] {
  const ranges = parts(line, BigInt(ROOM));
  const found = loan.ask(
    ranges.map((range) => ({
      call: 'mincore',
      args: (room) => [range.start, sizeOf(range), room],
      answer: (result, room) => {
        check(result, range);
        return pagesIn(room.subarray(0, Number(sizeOf(range) / PAGE)), range.start);
      },
    })),
  );
  return joinRanges(found.flat());
}

function check(result: bigint, range: Range): void {
  if (result !== 0n)
    throw new ElfreezeError('SYSCALL_FAILED', `mincore of ${formatRange(range)} fails (errno ${-result})`);
}

/** @param pages how many there are in one part */
function parts({ start, end }: Range, pages: bigint): Range[] {
  const size = pages * PAGE;
  const count = Number((end - start + size - 1n) / size);
  return Array.from({ length: count }, (_, i) => {
    const from = start + BigInt(i) * size;
    return { start: from, end: from + size < end ? from + size : end };
  });
}

const NONE = Buffer.alloc(4096);

/** @param vector of mincore(2): the lowest bit of a byte is set where the page is in memory, the others are reserved */
function pagesIn(vector: Buffer, start: bigint): Range[] {
  const ranges: Range[] = [];
  for (let block = 0; block < vector.length; block += NONE.length) {
    const end = Math.min(block + NONE.length, vector.length);
    if (vector.compare(NONE, 0, end - block, block, end) === 0) continue;
    for (let page = block; page < end; page++) {
      if (((vector[page] ?? 0) & 1) === 0) continue;
      const address = start + BigInt(page) * PAGE;
      ranges.push({ start: address, end: address + PAGE });
    }
  }
  return joinRanges(ranges);
}

/** @returns those of one mapping */
export function residentIn(resident: Resident, { start }: Range): readonly Range[] {
  const ranges = resident.get(start);
  invariant(ranges !== undefined, 'every mapping of shared memory was asked about');
  return ranges;
}
