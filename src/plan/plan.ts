import { invariant } from '../base/errors.ts';
import { PAGE, pageCeil, type Range, sizeOf } from '../base/range.ts';
import type { Arch } from '../arch/arch.ts';
import { encodeSignalFrame, frameSize } from '../arch/frame.ts';
import { ARCHES } from '../arch/index.ts';
import { XSTATE_READABLE } from '../arch/xstate.ts';
import { ANONYMISE_CHUNK } from '../restorer/chunk.ts';
import { RESTORER } from '../restorer/restorer.generated.ts';
import { encodeProgram, SEAL, type Step } from '../restorer/steps.ts';
import { type Mapping, PROT_EXEC, PROT_READ, PROT_WRITE, type Snapshot, type Thread } from '../snapshot/snapshot.ts';
import { AddressSpace } from './address-space.ts';
import { type Carrier, planCarriers } from './carriers.ts';
import { CARRY } from './carry.ts';
import { restoreDescriptors } from './descriptor-steps.ts';
import { declareDifferences, type Difference } from './differences.ts';
import { restoreMapping } from './memory-steps.ts';
import { Program } from './program.ts';
import { finalRegisters } from './registers.ts';
import * as state from './state-steps.ts';
import { forwardVdso, LIVE_VDSO_SIZE, moveLiveVdso } from './vdso-steps.ts';

export interface PlanOptions {
  /** Leave anonymous memory as views of the image: the start takes no time, at a price (docs/limits.md). */
  readonly lazy: boolean;
}

/** Bytes of a segment, at an offset in it: memory of the process, or the builder's own. Everything else is a hole. */
export type Content =
  | { readonly at: bigint; readonly kind: 'memory'; readonly address: bigint; readonly size: bigint }
  | { readonly at: bigint; readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** One PT_LOAD. Its file size is its memory size. */
export interface Segment {
  readonly vaddr: bigint;
  readonly size: bigint;
  /** PROT_* bits. */
  readonly prot: number;
  /** Where it lies in the file, among the others: the restorer's own parts first, so that a cut file can still say so. */
  readonly rank: number;
  readonly contents: readonly Content[];
}

/** Everything about an image but where its parts lie in the file. */
export interface Plan {
  readonly arch: Arch;
  readonly entry: bigint;
  /** Ascending by address. */
  readonly segments: readonly Segment[];
  readonly steps: readonly Step[];
  readonly differences: readonly Difference[];
  /** What the restorer leaves mapped: its last instructions, the signal frame, the live vdso. */
  readonly remains: Range;
}

/** Headers that are not for memory of the process: note, stack, tail, frame, data, code, program, pack, seal. */
const OWN_HEADERS = 9;
const SEAL_SIZE = BigInt(SEAL.length);
const RANK_MEMORY = 5;
const RANK_SEAL = 6;
const RESTORER_STACK = 64n << 10n;
/** Temporary parts go here when it is free: far from where programs keep anything. */
const TEMPORARY = { 64: 0x10_0000_0000n, 32: 0x1000_0000n } as const;
/** Address room kept for the heap to grow into, when there is other room. */
const GROWTH = 1n << 30n;
const RW = PROT_READ | PROT_WRITE;
const RX = PROT_READ | PROT_EXEC;

/** Decides everything about the image of a snapshot. Pure: the same snapshot gives the same plan. @throws NO_ROOM */
export function planImage(snapshot: Snapshot, options: PlanOptions): Plan {
  const arch = ARCHES[snapshot.arch];
  const [thread] = snapshot.threads;
  invariant(thread !== undefined && snapshot.threads.length === 1, 'one thread');
  const zones = arch.stackZones(
    snapshot.mappings.reduce((end, m) => (m.kind !== 'vsyscall' && m.end > end ? m.end : end), 0n),
  );
  const carriers = planCarriers(snapshot.mappings, arch.maxHeaders - OWN_HEADERS, zones);
  const assemble = (room: bigint): Parts =>
    assembleParts(
      arch,
      snapshot,
      thread,
      carriers,
      placeParts(arch, snapshot, thread, carriers, zones, room),
      zones,
      options,
    );
  // How much room the program needs is known once it is written, and what it says does not depend on where it is.
  const { place, program, data, encoded } = assemble(assemble(0n).room);
  // From here every address is final.

  const blob = RESTORER[arch.name];
  const code = Buffer.from(blob.code, 'base64');
  const frame = encodeSignalFrame(arch, place.frame, { ...thread, registers: finalRegisters(arch, snapshot, thread) });
  const { codeBase, programBase } = place;
  invariant(programBase + pageCeil(BigInt(encoded.length)) <= place.window, 'the restore program fits its room');

  const bytes = (content: Uint8Array): Content[] => [{ at: 0n, kind: 'bytes', bytes: content }];
  const own: Segment[] = [
    { vaddr: codeBase, size: programBase - codeBase, prot: RX, rank: 0, contents: bytes(code) },
    { vaddr: programBase, size: pageCeil(BigInt(encoded.length)), prot: RW, rank: 1, contents: bytes(encoded) },
    {
      vaddr: place.workshop.start,
      size: codeBase - place.workshop.start,
      prot: RW,
      rank: 2,
      contents: [{ at: RESTORER_STACK, kind: 'bytes', bytes: data }],
    },
    {
      vaddr: place.remains.start,
      size: PAGE,
      prot: RX,
      rank: 3,
      contents: bytes(code.subarray(blob.tail.start, blob.tail.end)),
    },
    { vaddr: place.frame, size: place.remains.end - place.frame, prot: RW, rank: 4, contents: bytes(frame) },
    {
      vaddr: place.seal,
      size: PAGE,
      prot: PROT_READ,
      rank: RANK_SEAL,
      contents: [{ at: PAGE - SEAL_SIZE, kind: 'bytes', bytes: SEAL }],
    },
  ];
  const segments = [...own, ...packSegment(carriers, place), ...carriers.filter((c) => c.inPlace).map(carrierSegment)];
  return {
    arch,
    entry: codeBase + BigInt(blob.entry),
    segments: segments.sort((a, b) => (a.vaddr < b.vaddr ? -1 : 1)),
    steps: program.steps,
    differences: declareDifferences(program, snapshot, thread, place.remains),
    remains: place.remains,
  };
}

/** The restore program, and the bytes it and its data have at a place. */
interface Parts {
  readonly place: Place & { readonly codeBase: bigint; readonly programBase: bigint };
  readonly program: Program;
  readonly data: Uint8Array;
  readonly encoded: Uint8Array;
  /** Bytes that data, code and program take. */
  readonly room: bigint;
}

function assembleParts(
  arch: Arch,
  snapshot: Snapshot,
  thread: Thread,
  carriers: readonly Carrier[],
  place: Place,
  zones: readonly Range[],
  options: PlanOptions,
): Parts {
  const program = writeProgram(arch, snapshot, thread, carriers, place, zones, options);
  const data = program.data();
  const codeBase = place.slots + pageCeil(BigInt(data.length));
  const programBase = codeBase + pageCeil(BigInt(Buffer.byteLength(RESTORER[arch.name].code, 'base64')));
  const encoded = encodeProgram(program.steps, {
    base: programBase,
    slots: place.slots,
    stackTop: place.slots,
    tail: place.remains.start,
    seal: place.seal + PAGE - SEAL_SIZE,
  });
  // A page more: addresses in sentences may have a digit more elsewhere.
  const room = programBase + pageCeil(BigInt(encoded.length)) + PAGE - place.slots;
  return { place: { ...place, codeBase, programBase }, program, data, encoded, room };
}

/** Where everything is that is not the process's. */
interface Place {
  readonly remains: Range;
  readonly frame: bigint;
  readonly liveVdso: Range;
  /** The restorer's stack, slots and data, its code, its program, the window, the seal: unmapped at the end. */
  readonly workshop: Range;
  readonly slots: bigint;
  /** The last page of the workshop, and of what is loaded from the file. */
  readonly seal: bigint;
  readonly chunk: bigint;
  readonly window: bigint;
  readonly pack: Range | undefined;
  readonly packed: ReadonlyMap<Carrier, bigint>;
}

function placeParts(
  arch: Arch,
  snapshot: Snapshot,
  thread: Thread,
  carriers: readonly Carrier[],
  zones: readonly Range[],
  room: bigint,
): Place {
  const { brk } = snapshot.layout;
  const stack = snapshot.mappings.find(({ kind }) => kind === 'stack');
  const growth: Range[] = [
    { start: brk, end: pageCeil(brk) + GROWTH },
    ...(stack ? [{ start: stack.start - (8n << 20n), end: stack.start }] : []),
  ];
  const fixed = [...snapshot.mappings, ...zones];
  const place = (occupied: readonly Range[]): Place => {
    const space = new AddressSpace(occupied, arch.userEnd);
    const frameRoom = pageCeil(BigInt(frameSize(arch, thread.xstate.length))) + XSTATE_READABLE / 4n;
    const remains = space.take(PAGE + frameRoom + LIVE_VDSO_SIZE);
    const frame = remains.start + PAGE;
    const packed = new Map<Carrier, bigint>();
    let packSize = 0n;
    for (const carrier of carriers.filter((c) => !c.inPlace)) {
      packed.set(carrier, packSize);
      packSize += sizeOf(carrier);
    }
    const chunk = ANONYMISE_CHUNK;
    const workshop = space.take(RESTORER_STACK + room + chunk + PAGE, TEMPORARY[arch.elfClass]);
    const pack = packSize > 0n ? space.take(packSize, TEMPORARY[arch.elfClass]) : undefined;
    for (const [carrier, offset] of packed) packed.set(carrier, (pack?.start ?? 0n) + offset);
    return {
      remains,
      frame,
      liveVdso: { start: frame + frameRoom, end: remains.end },
      workshop,
      slots: workshop.start + RESTORER_STACK,
      seal: workshop.end - PAGE,
      chunk,
      window: workshop.end - PAGE - chunk,
      pack,
      packed,
    };
  };
  try {
    return place([...fixed, ...growth]);
  } catch {
    return place(fixed); // a process that leaves no such room has none to grow into anyway
  }
}

/** The restore program, in the order in which it runs. */
function writeProgram(
  arch: Arch,
  snapshot: Snapshot,
  thread: Thread,
  carriers: readonly Carrier[],
  place: Place,
  zones: readonly Range[],
  options: PlanOptions,
): Program {
  const program = new Program(arch, place.slots);
  state.checkCpu(program, snapshot);
  state.blockSignals(program);
  state.restoreLimits(program, snapshot);
  restoreDescriptors(program, snapshot);
  // From here nothing can be missing in the world around: what follows concerns only this process.

  moveLiveVdso(program, place.liveVdso);
  for (const { start, end } of zones) {
    const size = (end < arch.userEnd ? end : arch.userEnd) - start;
    program.attempt('munmap', [start, size], 'remove the stack that execve made');
  }
  const carriersOf = new Map<Mapping, Carrier[]>();
  for (const carrier of carriers)
    carriersOf.set(carrier.mapping, [...(carriersOf.get(carrier.mapping) ?? []), carrier]);
  const context = { carriersOf, packed: place.packed, lazy: options.lazy, window: place.window, chunk: place.chunk };
  for (const mapping of snapshot.mappings) restoreMapping(program, mapping, context);
  const vdso = snapshot.mappings.find(({ kind }) => kind === 'vdso');
  if (vdso) forwardVdso(program, vdso, snapshot);
  if (place.pack) program.call('munmap', [place.pack.start, sizeOf(place.pack)], 'remove what was kept in the pack');
  // From here memory is as it was.

  state.restoreLayout(program, snapshot);
  state.restoreProcess(program, snapshot);
  state.restoreThread(program, snapshot, thread);
  state.restoreTimers(program, snapshot);
  state.restorePrctls(program, snapshot);
  if (thread.rseq) state.restoreRseq(program, thread.rseq);
  program.do(
    'finish',
    [place.frame + arch.frame.spBias, place.workshop.start, sizeOf(place.workshop)],
    'continue the process',
  );
  return program;
}

/** Memory contents of a carrier, as contents of a segment in which it begins at `at`. */
function contentsOf(carrier: Carrier, at: bigint): Content[] {
  return carrier.extents.map((extent) => ({
    at: at + extent.start - carrier.start,
    kind: 'memory' as const,
    address: extent.start,
    size: sizeOf(extent),
  }));
}

function carrierSegment(carrier: Carrier): Segment {
  const { mapping, start } = carrier;
  // What is copied out of its segment must be readable there.
  const prot = CARRY[mapping.kind] === 'view' ? mapping.prot : mapping.prot | PROT_READ;
  return { vaddr: start, size: sizeOf(carrier), prot, rank: RANK_MEMORY, contents: contentsOf(carrier, 0n) };
}

function packSegment(carriers: readonly Carrier[], { pack, packed }: Place): Segment[] {
  if (!pack) return [];
  const contents = carriers.flatMap((carrier) => {
    const address = packed.get(carrier);
    return address === undefined ? [] : contentsOf(carrier, address - pack.start);
  });
  return [{ vaddr: pack.start, size: sizeOf(pack), prot: RW, rank: RANK_MEMORY, contents }];
}
