import { ElfreezeError, invariant } from '../base/errors.ts';
import { PAGE, pageCeil, type Range, sizeOf } from '../base/range.ts';
import { encodeSignalFrame } from '../arch/frame.ts';
import { RESTORER } from '../restorer/restorer.generated.ts';
import { SEAL } from '../restorer/steps.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Job, PlanOptions } from './job/job.ts';
import type { Place } from './job/place.ts';
import type { Plan } from './job/plan.ts';
import { type Content, RANK, type Segment } from './job/segment.ts';
import { ceilingSegment } from './layout/brk-layout.ts';
import type { Carrier } from './memory/carriers.ts';
import { CARRY } from './memory/carry.ts';
import { declareDifferences } from './layout/differences.ts';
import { beginJob } from './layout/begin-job.ts';
import { goParts } from './threads/other-threads.ts';
import { ampleRoom, placeParts, RESTORER_STACK } from './layout/place-parts.ts';
import { finalRegisters } from './threads/registers.ts';
import { encodeAt, type WrittenProgram } from './restore-program.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../snapshot/memory.ts';

const RW = PROT_READ | PROT_WRITE;
const RX = PROT_READ | PROT_EXEC;

/**
 * Decides everything about the image of a snapshot. Pure: the same snapshot gives the same plan.
 * @throws NO_ROOM UNSUPPORTED
 */
export function planImage(snapshot: Snapshot, options: PlanOptions): Plan {
  const job = beginJob(snapshot, options);
  const written = writeInPlace(job);
  // From here every address is final.

  const { place } = written;
  invariant(
    written.programBase + pageCeil(BigInt(written.encoded.length)) <= place.window,
    'the program fits its room',
  );
  const memory = [...packSegment(job, place), ...job.carriers.filter((c) => c.inPlace).map(carrierSegment)];
  const segments = [...ownSegments(job, written), ...memory];
  if (job.brk === 'layout') segments.push(...ceilingSegment(snapshot, segments, RANK.memory));
  return {
    arch: job.arch,
    entry: written.codeBase + BigInt(RESTORER[job.arch.name].entry),
    segments: segments.sort((a, b) => (a.vaddr < b.vaddr ? -1 : 1)),
    steps: written.program.steps,
    differences: declareDifferences(written.program, job, place.remains),
    remains: place.remains,
    notRehearsed: [...written.program.notRehearsed],
  };
}

/**
 * How much room the program needs is known once it is written, and what it says does not depend on where it is. Nearly all fit where more
 * than enough is kept; the others are written once more.
 * @throws NO_ROOM
 */
function writeInPlace(job: Job): WrittenProgram {
  const ample = ampleRoom(job);
  const [first, kept] = encodeWith(job, ample);
  return first.room <= kept ? first : encodeAt(job, placeParts(job, first.room));
}

/** @returns how much was kept: nothing where the process leaves no ample room */
function encodeWith(job: Job, ample: bigint): readonly [WrittenProgram, kept: bigint] {
  try {
    return [encodeAt(job, placeParts(job, ample)), ample];
  } catch (error) {
    if (!(error instanceof ElfreezeError) || error.code !== 'NO_ROOM') throw error;
    return [encodeAt(job, placeParts(job, 0n)), 0n];
  }
}

/** The restorer, its program and data, what it leaves behind, and the seal. */
function ownSegments(job: Job, written: WrittenProgram): Segment[] {
  const { arch, snapshot, thread } = job;
  const { place, data, codeBase, code, encoded, programBase } = written;
  const frame = encodeSignalFrame(arch, place.frame, { ...thread, registers: finalRegisters(arch, snapshot, thread) });
  const part = (name: keyof typeof RANK, prot: number, range: Range, bytes: Uint8Array, at = 0n): Segment => ({
    vaddr: range.start,
    size: sizeOf(range),
    name: `.elfreeze.${name}`,
    prot,
    rank: RANK[name],
    contents: [{ at, kind: 'bytes', bytes }],
  });
  const { remains, workshop, seal, sums } = place;
  const programEnd = programBase + pageCeil(BigInt(encoded.length));
  return [
    { vaddr: sums.start, size: sizeOf(sums), prot: PROT_READ, rank: RANK.sums, contents: [] },
    part('code', RX, { start: codeBase, end: programBase }, code),
    part('program', RW, { start: programBase, end: programEnd }, encoded),
    part('data', RW, { start: workshop.start, end: codeBase }, data, RESTORER_STACK),
    part('tail', RX, place.tail, tailBytes(job, place, code)),
    part('frame', RW, { start: place.gate, end: remains.end }, frame, place.frame - place.gate),
    part('seal', PROT_READ, { start: seal, end: seal + PAGE }, SEAL, PAGE - BigInt(SEAL.length)),
  ];
}

/** The restorer's last instructions, and each thread's. */
function tailBytes(job: Job, place: Place, code: Uint8Array): Uint8Array {
  const { start, end } = RESTORER[job.arch.name].tail;
  const bytes = new Uint8Array(Number(sizeOf(place.tail)));
  bytes.set(code.subarray(start, end));
  for (const part of goParts(job, place)) bytes.set(part.bytes, Number(part.address - place.tail.start));
  return bytes;
}

/** Memory contents of a carrier, as contents of a segment in which it begins at `at`. */
function contentsOf(carrier: Carrier, at: bigint): Content[] {
  return carrier.extents.map(({ start, end }) => ({
    at: at + start - carrier.start,
    kind: 'memory',
    address: start,
    size: end - start,
    ...(carrier.mapping.kind === 'shared-file-ro' ? { mayChange: true } : {}),
  }));
}

function carrierSegment(carrier: Carrier): Segment {
  const { mapping, start } = carrier;
  // What is copied out of its segment must be readable there.
  const prot = CARRY[mapping.kind] === 'view' ? mapping.prot : mapping.prot | PROT_READ;
  const segment = { vaddr: start, size: sizeOf(carrier), prot, rank: RANK.memory, contents: contentsOf(carrier, 0n) };
  return CARRY[mapping.kind] === 'view' ? segment : { ...segment, name: mapping.path || '[anonymous]' };
}

function packSegment({ carriers }: Job, { pack, packed, fileParts }: Place): Segment[] {
  if (!pack) return [];
  const inFiles = fileParts.map(({ file, start, end, address }): Content => {
    return { at: address - pack.start, kind: 'file', file, start, size: end - start };
  });
  const memory = carriers.flatMap((carrier) => {
    const address = packed.get(carrier);
    return address === undefined ? [] : contentsOf(carrier, address - pack.start);
  });
  const name = '.elfreeze.pack';
  const contents = [...memory, ...inFiles];
  return [{ vaddr: pack.start, size: sizeOf(pack), name, prot: RW, rank: RANK.memory, contents }];
}
