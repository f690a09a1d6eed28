import { decodeName, encodeName } from '../../base/names.ts';
import { groupBy } from '../../base/group.ts';
import { joinRanges, type Range } from '../../base/range.ts';
import type { Arg, Slot } from '../../restorer/steps.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { namelessKey, type NamelessFile } from '../../snapshot/files/nameless-files.ts';
import { keeperOf } from './number.ts';
import { perSnapshot } from '../program/per-snapshot.ts';
import { eightBytes, type Program } from '../program/program.ts';
import { unlessRehearsed } from '../program/rehearsal.ts';
import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';

const AT_FDCWD = -100n;
/** @source open(2), memfd_create(2), fcntl(2) */
const O = {
  ACCESS_MODE: 3n,
  RDWR: 2n,
  EXCL: 0o200n,
  // A memfd takes it only where it was opened again.
  DIRECT: 0o40000n,
  LARGEFILE: 0o100000n,
  CLOEXEC: 0o2000000n,
  SYNC: 0o4010000n,
  TMPFILE: 0o20200000n,
  NOFOLLOW: 0o400000n,
} as const;
const MFD = { CLOEXEC: 1n, ALLOW_SEALING: 2n, NOEXEC_SEAL: 8n, EXEC: 0x10n } as const;
const F_ADD_SEALS = 1033n;
const F_SEAL_EXEC = 0x20;
const ANY_EXECUTE = 0o111;
/** Readable and writable by its owner, until all that opens it again has done so. */
const AT_FIRST = 0o600n;

/** A stretch of what is in nameless file number `file`, by offset. */
interface Extent extends Range {
  readonly file: number;
}

/** And where it lies in memory until it is written. */
export interface FilePart extends Extent {
  readonly address: bigint;
}

/** One write(2) takes no more than 2 GiB less a page. */
const LARGEST = 1n << 30n;
/** More stretches of a file are joined across the smallest holes. */
const MOST = 1024;

export const partsOfFiles = ({ nameless }: Snapshot): Extent[] =>
  nameless.flatMap(({ extents }, file) =>
    fewEnough(extents).flatMap((extent) => cut(extent).map((part) => ({ ...part, file }))),
  );

function fewEnough(extents: readonly Range[]): Range[] {
  let joined = joinRanges(extents);
  for (let gap = 4096n; joined.length > MOST; gap *= 2n) joined = joinRanges(extents, gap);
  return joined;
}

/** Into stretches that one call writes. */
export function cut({ start, end }: Range): Range[] {
  const parts: Range[] = [];
  for (let at = start; at < end; at += LARGEST) parts.push({ start: at, end: at + LARGEST < end ? at + LARGEST : end });
  return parts;
}

/** Opens one of them once more, which takes a name: that of its descriptor. */
export function openAgain(program: Program, keeper: bigint, flags: bigint, sentence: string, keep: Slot): void {
  const path = program.putString(`/proc/self/fd/${keeper}`);
  program.call('openat', [AT_FDCWD, path, flags & ~(O.TMPFILE | O.NOFOLLOW), 0n], `${sentence} (is there a /proc?)`, {
    keep,
  });
}

/** Makes every file, with what was in it. */
export function makeNamelessFiles(program: Program, snapshot: Snapshot, parts: readonly FilePart[]): void {
  const partsOf = groupBy(parts, ({ file }) => file);
  snapshot.nameless.forEach((file, index) => {
    const keeper = keeperOf(snapshot, index);
    const made = program.slot();
    if (file.kind === 'memfd') makeMemfd(program, file, made);
    else makeUnnamed(program, file, made, ownerOfKeeper(snapshot, file));
    program.call('dup3', [made, keeper, O.CLOEXEC], `keep ${file.name} at hand`);
    program.call('close', [made], 'close the temporary descriptor');
    program.releaseSlot();
    program.call('ftruncate', [keeper, ...offsetArgs(program, file.size)], `give ${file.name} its size`);
    unlessRehearsed(program, undefined, () => {
      for (const part of partsOf.get(index) ?? []) writePart(program, part, keeper, file.name);
    });
  });
}

type Nameless = DescriptorOf<'nameless'>;

const isUnnamed = ({ flags }: Nameless): boolean => (BigInt(flags) & O.TMPFILE) === O.TMPFILE;

/**
 * The open file description that is the keeper's own: what was made without a name shows that in its flags, and what was
 * opened by name shows that too.
 */
export const ownerOfKeeper = (snapshot: Snapshot, file: Pick<NamelessFile, 'dev' | 'inode'>): Nameless | undefined =>
  ownersOfKeepers(snapshot).get(namelessKey(file))?.[0];

const ownersOfKeepers = perSnapshot(({ descriptors }: Snapshot) => {
  const isLikeKeeper = (each: Nameless): boolean =>
    each.file === 'memfd' ? (BigInt(each.flags) & (O.ACCESS_MODE | O.SYNC | O.DIRECT)) === O.RDWR : isUnnamed(each);
  const own = descriptors.filter((each) => each.kind === 'nameless' && each.description === each.fd) as Nameless[];
  return groupBy(own.filter(isLikeKeeper), namelessKey);
});

/** No longer than a memfd's name may be, which a file's can: only who looks at descriptors or maps sees it. @source memfd_create(2) */
export const memfdName = (program: Program, name: string): bigint =>
  program.putString(decodeName(encodeName(name).subarray(0, 249)));

function makeMemfd(program: Program, { name, attributes }: NamelessFile, keep: Slot): void {
  const path = program.putString(name);
  const make = (flags: bigint, skip: number): void => {
    const expect = skip > 0 ? ({ kind: 'any' } as const) : ({ kind: 'ok' } as const);
    const args = [path, MFD.CLOEXEC | MFD.ALLOW_SEALING | flags];
    program.call('memfd_create', args, `make the memfd ${name}`, { keep, expect, skip });
  };
  const { seals = 0, mode = 0 } = attributes ?? {};
  if (seals & F_SEAL_EXEC && !(mode & ANY_EXECUTE)) return make(MFD.NOEXEC_SEAL, 0);
  // Linux before 6.3 does not know the flag, and later ones may be set to make a memfd that cannot be executed without it.
  make(MFD.EXEC, 1);
  make(0n, 0);
}

/**
 * Where it was, if that can be: else in memory. What was made without a name may be given one, unless O_EXCL forbade that,
 * which is not told; what was deleted may not.
 */
function makeUnnamed(program: Program, { name }: NamelessFile, keep: Slot, owner: Nameless | undefined): void {
  const directory = program.putString(name.slice(0, name.lastIndexOf('/')) || '/');
  const kept = owner ? BigInt(owner.flags) & (O.ACCESS_MODE | O.LARGEFILE | O.SYNC) : O.RDWR | O.LARGEFILE | O.EXCL;
  const flags = O.TMPFILE | O.CLOEXEC | kept;
  program.call('openat', [AT_FDCWD, directory, flags, AT_FIRST], `make a file without a name for ${name}`, {
    keep,
    expect: { kind: 'any' },
    skip: 1,
  });
  const memfd = memfdName(program, name.slice(name.lastIndexOf('/') + 1));
  program.call('memfd_create', [memfd, MFD.CLOEXEC], `make a file in memory for ${name}`, { keep });
}

function writePart(program: Program, { start, end, address }: FilePart, keeper: bigint, name: string): void {
  const size = end - start;
  const args = [keeper, address, size, ...offsetArgs(program, start)];
  const expect = { kind: 'exactly', value: size } as const;
  program.call('pwrite64', args, `write ${size} bytes of ${name}`, { expect });
}

/** A 64-bit offset takes two words on i386. */
export const offsetArgs = ({ arch }: Program, offset: bigint): Arg[] =>
  arch.wordSize === 8 ? [offset] : [offset & 0xffff_ffffn, offset >> 32n];

/** What would have been in the way before: permissions, and seals. Times come last. */
export function finishNamelessFiles(program: Program, snapshot: Snapshot): void {
  snapshot.nameless.forEach(({ name, attributes }, index) => {
    const keeper = keeperOf(snapshot, index);
    if (attributes) {
      const { mode, uid, gid, seals, accessedNs, modifiedNs } = attributes;
      program.attempt('fchown', [keeper, BigInt(uid), BigInt(gid)], `give ${name} its owner`);
      program.call('fchmod', [keeper, BigInt(mode)], `set the permissions of ${name}`);
      const times = program.put(Buffer.concat([accessedNs, modifiedNs].flatMap(timespec)));
      program.call('utimensat', [keeper, 0n, times, 0n], `set the times of ${name}`);
      if (seals !== 0) program.call('fcntl', [keeper, F_ADD_SEALS, BigInt(seals)], `seal ${name}`);
    }
    program.call('close', [keeper], 'close the temporary descriptor');
  });
}

const SECOND = 1_000_000_000n;

function timespec(word: bigint): Buffer[] {
  const ns = BigInt.asIntN(64, word);
  const rest = ((ns % SECOND) + SECOND) % SECOND;
  return [eightBytes(BigInt.asUintN(64, (ns - rest) / SECOND)), eightBytes(rest)];
}
