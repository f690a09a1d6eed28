import { formatRange, joinRanges, PAGE, type Range, sizeOf, subtract } from '../../base/range.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { flagRows } from '../../snapshot/vm-flags.ts';
import type { Carrier } from './carriers.ts';
import { type Carry, CARRY, mayStayView } from './carry.ts';
import { unlessSameFile } from '../files/file-identity.ts';
import { fileOffset, mapNameless, named } from '../files/mapped-files.ts';
import { cut, memfdName, offsetArgs } from '../files/nameless-files.ts';
import type { Program } from '../program/program.ts';
import { openFile, opensNothing } from '../files/open-file.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';
import { type Mapping, PROT_READ, PROT_WRITE } from '../../snapshot/memory.ts';

const MAP = { SHARED: 1n, PRIVATE: 2n, FIXED: 0x10n, ANONYMOUS: 0x20n, NORESERVE: 0x4000n } as const;
const MREMAP_MAYMOVE_FIXED = 3n;
const RW = PROT_READ | PROT_WRITE;
const NO_FD = -1n;
const O_RDONLY = 0n;
const O_RDWR = 2n;
const AT_FDCWD = -100n;

/** Pages between two populated stretches that are copied along: cheaper than steps of their own. */
const COPY_GAP = 8n * PAGE;
/** A carrier with more stretches than this is copied as a whole, without its pages of zeros. */
const MANY = 8;

export interface MemoryContext {
  readonly snapshot: Snapshot;
  readonly carriersOf: ReadonlyMap<Mapping, readonly Carrier[]>;
  /** Address of a carrier that lies in the pack. */
  readonly packed: ReadonlyMap<Carrier, bigint>;
  readonly lazy: boolean;
  /** Where the bytes of a shared mapping are in a whole shared object, for mappings that are only a part of one. */
  readonly sharedObjects: ReadonlyMap<Mapping, bigint>;
  /** Free address range that memory is moved aside to, a chunk at a time. */
  readonly window: bigint;
  readonly chunk: bigint;
}

/** Puts one mapping back where it was, with its bytes, protection and advice. */
export function restoreMapping(program: Program, mapping: Mapping, context: MemoryContext): void {
  const own = context.carriersOf.get(mapping) ?? [];
  switch (CARRY[mapping.kind]) {
    case 'nobody':
      return;
    case 'view':
      restoreView(program, mapping, own, context);
      break;
    case 'anonymous':
      if (context.lazy) restoreLazily(program, mapping, own, context);
      else restoreAnonymous(program, mapping, own, context);
      break;
    case 'shared':
      restoreShared(program, mapping, own, context);
      break;
    case 'reopen':
      reopenFile(program, mapping, context.snapshot);
      break;
    case 'nameless':
      mapNameless(program, mapping, context.snapshot, mapping.prot);
      break;
    case 'written':
      restoreWritten(program, mapping, own, context);
      break;
    case 'tail':
      restoreTail(program, mapping, own, context);
      break;
    case 'sysv':
      if (mapping.prot !== RW) protect(program, mapping);
      break;
  }
  advise(program, mapping);
}

/** A private file mapping: where the loader put it, or moved there out of the pack. */
function restoreView(program: Program, mapping: Mapping, own: readonly Carrier[], context: MemoryContext): void {
  for (const carrier of own) moveFromPack(program, carrier, context);
  if (own.some((carrier) => !carrier.inPlace)) protect(program, mapping);
}

function moveFromPack(program: Program, carrier: Carrier, { packed }: MemoryContext): void {
  const from = packed.get(carrier);
  if (from === undefined) return;
  const size = sizeOf(carrier);
  program.call(
    'mremap',
    [from, size, size, MREMAP_MAYMOVE_FIXED, carrier.start],
    `put ${named(carrier.mapping)} in its place`,
  );
}

/** What is past the end raises SIGBUS, which a PT_LOAD does not do: it ends in zeros. */
function restoreTail(program: Program, mapping: Mapping, own: readonly Carrier[], { packed }: MemoryContext): void {
  const fd = program.slot();
  const sentence = `map ${named(mapping)}, which reaches past the end of its file`;
  program.call('memfd_create', [memfdName(program, mapping.path), 0n], sentence, { keep: fd });
  for (const carrier of own) {
    const at = carrier.start - mapping.start;
    for (const part of cut(carrier)) {
      const size = sizeOf(part);
      const from = (packed.get(carrier) ?? 0n) + part.start - carrier.start;
      const args = [fd, from, size, ...offsetArgs(program, at + part.start - carrier.start)];
      const expect = { kind: 'exactly', value: size } as const;
      unlessRehearsed(program, undefined, () => program.call('pwrite64', args, sentence, { expect }));
    }
  }
  const flags = MAP.PRIVATE | MAP.FIXED;
  program.call('mmap', [mapping.start, sizeOf(mapping), BigInt(mapping.prot), flags, fd, 0n], sentence);
  program.call('close', [fd], 'close the temporary descriptor');
  program.releaseSlot();
}

/** Real anonymous memory: fresh where nothing was, and with the bytes where there was something. */
function restoreAnonymous(program: Program, mapping: Mapping, own: readonly Carrier[], context: MemoryContext): void {
  const flags = mmapFlags(mapping);
  const parts = own.map((carrier) => ({ carrier, ...stretchesOf(carrier) }));
  const inPlace = parts.filter(({ carrier }) => carrier.inPlace);
  for (const gap of subtract(
    mapping,
    inPlace.flatMap(({ stretches }) => stretches),
  ))
    mapAnonymous(program, gap, RW, flags, mapping);
  for (const { stretches, sparse } of inPlace) {
    for (const { start, end } of stretches) {
      const args = [start, end - start, context.window, context.chunk, flags, sparse ? 1n : 0n];
      program.do('anonymise', args, `make ${named(mapping)} anonymous memory`);
    }
  }
  for (const { carrier } of parts) copyFromPack(program, carrier, context);
  if (mapping.prot !== RW) protect(program, mapping);
}

/** What of a carrier is copied: its populated stretches, or all of it when they are many. */
function stretchesOf(carrier: Carrier): { stretches: readonly Range[]; sparse: boolean } {
  const stretches = joinRanges(carrier.extents, COPY_GAP);
  return stretches.length > MANY ? { stretches: [carrier], sparse: true } : { stretches, sparse: false };
}

/** The loader's view of the image stays; only what it did not map is made. */
function restoreLazily(program: Program, mapping: Mapping, own: readonly Carrier[], context: MemoryContext): void {
  const flags = mmapFlags(mapping);
  if (!mayStayView(mapping)) return restoreAnonymous(program, mapping, own, context);
  for (const gap of subtract(mapping, own)) mapAnonymous(program, gap, mapping.prot, flags, mapping);
  for (const carrier of own) moveFromPack(program, carrier, context);
  // What was loaded can be read, whatever the process had made of it.
  const readable = (mapping.prot & PROT_READ) !== 0;
  if (own.some((carrier) => !carrier.inPlace || !readable)) protect(program, mapping);
}

/** Shows its file but for what the process has written. */
function restoreWritten(program: Program, mapping: Mapping, own: readonly Carrier[], context: MemoryContext): void {
  const prot = own.length > 0 ? RW : mapping.prot;
  mapNameless(program, mapping, context.snapshot, prot);
  for (const carrier of own) {
    const from = (context.packed.get(carrier) ?? 0n) - carrier.start;
    // To the page: what lies between shows the file, and a page of zeros was written too.
    for (const { start, end } of carrier.extents)
      program.do('fill', [start, from + start, end - start, 0n], `fill ${named(mapping)}`);
  }
  if (prot !== mapping.prot) protect(program, mapping);
}

/** With MAP_NORESERVE there may be more of it than memory. */
const reserves = ({ vmFlags }: Mapping): bigint => (vmFlags.includes('nr') ? MAP.NORESERVE : 0n);

function restoreShared(program: Program, mapping: Mapping, own: readonly Carrier[], context: MemoryContext): void {
  const size = sizeOf(mapping);
  const object = context.sharedObjects.get(mapping);
  if (object === undefined) {
    const flags = MAP.SHARED | MAP.ANONYMOUS | MAP.FIXED | reserves(mapping);
    program.call(
      'mmap',
      [mapping.start, size, BigInt(RW), flags, NO_FD, 0n],
      `make the shared memory ${named(mapping)}`,
    );
  } else {
    // With an old size of 0 mremap leaves the pages where they are and maps them once more. @source mremap(2)
    const args = [object, 0n, size, MREMAP_MAYMOVE_FIXED, mapping.start];
    program.call('mremap', args, `map the shared memory ${named(mapping)}`);
  }
  for (const carrier of own) copyFromPack(program, carrier, context);
  if (mapping.prot !== RW) protect(program, mapping);
  // Its bytes are here already: whether the file is still there decides nothing.
  if (mapping.kind === 'shared-file-ro') unlessRehearsed(program, undefined, () => preferFile(program, mapping));
}

/** The copy serves where the file is gone; where it is still there, the program sees what becomes of it, as before. */
function preferFile(program: Program, mapping: Mapping): void {
  const fd = program.slot();
  const { path, inode, dev } = mapping;
  program.call('openat', [AT_FDCWD, program.putString(path), O_RDONLY, 0n], `look for ${path}`, {
    expect: { kind: 'any' },
    keep: fd,
    skip: 1,
  });
  const [check, map, close] = [7, 1, 1];
  program.jump(check + map + close);
  unlessSameFile(program, fd, { path, inode, dev: parseDev(dev) }, map);
  const args = [
    mapping.start,
    sizeOf(mapping),
    BigInt(mapping.prot),
    MAP.SHARED | MAP.FIXED,
    fd,
    fileOffset(program, mapping),
  ];
  program.attempt('mmap', args, `map ${named(mapping)}`);
  program.call('close', [fd], `close ${path}`);
  program.releaseSlot();
}

function reopenFile(program: Program, mapping: Mapping, snapshot: Snapshot): void {
  const fd = program.slot();
  // VM_MAYWRITE asks for a file opened for writing even where the protection is read-only.
  openFile(program, {
    snapshot,
    identity: { path: mapping.path, inode: mapping.inode, dev: parseDev(mapping.dev) },
    flags: mapping.vmFlags.includes('mw') ? O_RDWR : O_RDONLY,
    sentence: `open ${mapping.path}, which is mapped at ${formatRange(mapping)}`,
    keep: fd,
  });
  const map = (flags: bigint): void => {
    const args = [mapping.start, sizeOf(mapping), BigInt(mapping.prot), flags, fd, fileOffset(program, mapping)];
    program.call('mmap', args, `map ${named(mapping)}`);
  };
  if (opensNothing(snapshot)) {
    whenRehearsed(program, () => map(MAP.SHARED | MAP.FIXED | MAP.ANONYMOUS));
    unlessRehearsed(program, `map ${mapping.path}`, () => map(MAP.SHARED | MAP.FIXED));
  } else map(MAP.SHARED | MAP.FIXED);
  program.call('close', [fd], `close ${mapping.path}`);
  program.releaseSlot();
}

/** `fd:01` → major and minor. */
function parseDev(text: string): { major: bigint; minor: bigint } {
  const [major = '0', minor = '0'] = text.split(':');
  return { major: BigInt(`0x${major}`), minor: BigInt(`0x${minor}`) };
}

function mapAnonymous(program: Program, range: Range, prot: number, type: bigint, mapping: Mapping): void {
  const flags = MAP.ANONYMOUS | MAP.FIXED | type;
  program.call(
    'mmap',
    [range.start, range.end - range.start, BigInt(prot), flags, NO_FD, 0n],
    `make the memory ${named(mapping)}`,
  );
}

const PAGES_COUNT: readonly Carry[] = ['shared', 'sysv'];

export function copyFromPack(program: Program, carrier: Carrier, { packed }: MemoryContext): void {
  const from = packed.get(carrier);
  if (from === undefined) return;
  // Of shared memory no page is made that did not exist.
  const { stretches, sparse } = PAGES_COUNT.includes(CARRY[carrier.mapping.kind])
    ? { stretches: [carrier], sparse: true }
    : stretchesOf(carrier);
  for (const { start, end } of stretches) {
    const args = [start, from + (start - carrier.start), end - start, sparse ? 1n : 0n];
    program.do('fill', args, `fill ${named(carrier.mapping)}`);
  }
}

function protect(program: Program, mapping: Mapping): void {
  program.call('mprotect', [mapping.start, sizeOf(mapping), BigInt(mapping.prot)], `protect ${named(mapping)}`);
}

/** Of private memory, its type among them. */
function mmapFlags(mapping: Mapping): bigint {
  const rows = flagRows(mapping.vmFlags);
  const type = rows.flatMap((row) => ('type' in row ? [BigInt(row.type)] : []))[0] ?? MAP.PRIVATE;
  return rows.reduce<bigint>((flags, row) => ('mmap' in row ? flags | BigInt(row.mmap) : flags), type);
}

/** Nothing can be put in the place of sealed memory any more: the last of all. */
export function sealMemory(program: Program, mappings: readonly Mapping[]): void {
  const sealed = mappings.filter(
    ({ kind, vmFlags }) => CARRY[kind] !== 'nobody' && flagRows(vmFlags).some((row) => 'mseal' in row),
  );
  for (const mapping of sealed)
    program.call('mseal', [mapping.start, sizeOf(mapping), 0n], `seal ${named(mapping)} (which needs Linux 6.10)`);
}

const MADV_GUARD_INSTALL = 102n;

function advise(program: Program, mapping: Mapping): void {
  for (const guard of mapping.guards)
    program.call(
      'madvise',
      [guard.start, sizeOf(guard), MADV_GUARD_INSTALL],
      `guard ${formatRange(guard)} (which needs Linux 6.13)`,
    );
  for (const row of flagRows(mapping.vmFlags)) {
    if ('madvise' in row)
      program.call(
        'madvise',
        [mapping.start, sizeOf(mapping), BigInt(row.madvise)],
        `mark ${named(mapping)} as ${row.means}`,
      );
    if ('mlock' in row) lockInMemory(program, mapping);
  }
}

const MLOCK_ONFAULT = 1n;

/**
 * What is locked is there at once, but for what cannot be read, as past the end of a file: for that mlock fails, and locks all the same. So
 * whether so much may be locked is asked first, and a rehearsal asks no more. @source mlock2(2), mm/mlock.c do_mlock
 */
function lockInMemory(program: Program, mapping: Mapping): void {
  const sentence = `lock ${named(mapping)} in memory`;
  const range = [mapping.start, sizeOf(mapping)];
  program.call('mlock2', [...range, MLOCK_ONFAULT], sentence);
  if (!flagRows(mapping.vmFlags).some((row) => 'onFault' in row))
    unlessRehearsed(program, undefined, () => program.attempt('mlock', range, sentence));
}
