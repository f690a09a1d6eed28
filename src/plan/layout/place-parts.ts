import { PAGE, pageCeil, type Range, sizeOf } from '../../base/range.ts';
import { frameSize } from '../../arch/frame.ts';
import { ANONYMISE_CHUNK } from '../../restorer/chunk.ts';
import { RESTORER } from '../../restorer/restorer.generated.ts';
import { HEADERS_ROOM, sumRows, sumsSize } from '../../restorer/sums.ts';
import { AddressSpace } from './address-space.ts';
import type { Carrier } from '../memory/carriers.ts';
import type { Job } from '../job/job.ts';
import type { Place } from '../job/place.ts';
import { partsOfFiles } from '../files/nameless-files.ts';
import { placeGo } from '../threads/other-threads.ts';
import { findSharedObjects } from '../memory/shared-objects.ts';
import { LIVE_VDSO_SIZE } from '../memory/vdso-steps.ts';

/** Half of it is the first thread's, half the others'. */
export const RESTORER_STACK: bigint = 64n << 10n;
/** Room for the gate that keeps the signal frame behind it aligned. */
const GATE_ROOM = 64n;
/** Temporary parts go here when it is free: far from where programs keep anything. */
const TEMPORARY = { 64: 0x10_0000_0000n, 32: 0x1000_0000n } as const;
/** Room kept for the heap and the stack to grow into, when there is other room. */
const HEAP_GROWTH = 1n << 30n;
const STACK_GROWTH = 8n << 20n;

/** Bytes of steps, sentences and data that hardly anything needs more of: in all, for each descriptor and so on, for each thread. */
const AMPLE = { all: 128n << 10n, each: 2n << 10n, thread: 16n << 10n };

/** What data, code and program of the job seldom take. */
export function ampleRoom({ snapshot: { descriptors, mappings, posixTimers, threads } }: Job): bigint {
  const many = BigInt(descriptors.length + mappings.length + posixTimers.length);
  return pageCeil(AMPLE.all + AMPLE.each * many + AMPLE.thread * BigInt(threads.length));
}

/** Rows that are the restorer's own, but for what grows with its program. */
const OWN_SUMS = 16;

/** At most so many: memory and files by their stretches, then the restorer's own. */
function countSums({ carriers, snapshot }: Job, room: bigint): number {
  const stretches = [...carriers.flatMap(({ extents }) => extents), ...partsOfFiles(snapshot)];
  return stretches.reduce(
    (count, each) => count + sumRows(0n, sizeOf(each)).length,
    sumRows(0n, room).length + OWN_SUMS,
  );
}

/** @param room bytes that data, code and program take @throws NO_ROOM */
export function placeParts(job: Job, room: bigint): Place {
  const { arch, snapshot, forbidden } = job;
  const fixed = [...snapshot.mappings, ...forbidden];
  const { brk } = snapshot.layout;
  const stack = snapshot.mappings.find(({ kind }) => kind === 'stack');
  const growth: Range[] = [{ start: brk, end: brk + HEAP_GROWTH }];
  if (stack) growth.push({ start: stack.start - STACK_GROWTH, end: stack.start });
  try {
    return placeIn(job, room, new AddressSpace([...fixed, ...growth], arch.userEnd));
  } catch {
    return placeIn(job, room, new AddressSpace(fixed, arch.userEnd)); // so full that there is nothing to grow into anyway
  }
}

function placeIn(job: Job, room: bigint, space: AddressSpace): Place {
  const { arch, snapshot, thread, carriers } = job;
  const { tail: code } = RESTORER[arch.name];
  const codeSize = BigInt(code.end - code.start);
  const tailRoom = pageCeil(placeGo(job, codeSize).end);
  // Kernels from 6.8 on fault in all that the CPU's state could take, which may be a page more than what was saved.
  const frameRoom = pageCeil(GATE_ROOM + BigInt(frameSize(arch, thread.xstate.length))) + PAGE;
  const remains = space.take(tailRoom + frameRoom + LIVE_VDSO_SIZE);
  const tail = { start: remains.start, end: remains.start + tailRoom };
  const workshop = space.take(RESTORER_STACK + room + ANONYMISE_CHUNK + PAGE, TEMPORARY[arch.elfClass]);
  const seal = workshop.end - PAGE;
  const sums = space.take(HEADERS_ROOM + sumsSize(countSums(job, room)), TEMPORARY[arch.elfClass]);
  const overflow = carriers.filter(({ inPlace }) => !inPlace);
  const inFiles = partsOfFiles(snapshot);
  const packSize = [...overflow, ...inFiles].reduce((size, part) => size + pageCeil(sizeOf(part)), 0n);
  const pack = packSize > 0n ? space.take(packSize, TEMPORARY[arch.elfClass]) : undefined;
  const packed = new Map<Carrier, bigint>();
  let next = pack?.start ?? 0n;
  for (const carrier of overflow) {
    packed.set(carrier, next);
    next += sizeOf(carrier);
  }
  const fileParts = inFiles.map((part) => {
    const address = next;
    next += pageCeil(sizeOf(part));
    return { ...part, address };
  });
  const objects = findSharedObjects(snapshot.mappings).map(({ size }) => space.take(size, TEMPORARY[arch.elfClass]));
  return {
    remains,
    tail,
    go: placeGo(job, tail.start + codeSize).go,
    gate: tail.end,
    frame: tail.end + GATE_ROOM,
    liveVdso: { start: tail.end + frameRoom, end: remains.end },
    workshop,
    slots: workshop.start + RESTORER_STACK,
    threadStack: workshop.start + RESTORER_STACK / 2n,
    window: seal - ANONYMISE_CHUNK,
    chunk: ANONYMISE_CHUNK,
    seal,
    sums,
    pack,
    packed,
    fileParts,
    sharedObjects: objects,
  };
}
