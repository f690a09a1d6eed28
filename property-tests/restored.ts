import { invariant } from '../src/base/errors.ts';
import { formatRange, hex, joinRanges, overlaps, PAGE, type Range, sizeOf } from '../src/base/range.ts';
import { ARCHES } from '../src/arch/index.ts';
import { isNullSelector } from '../src/arch/segments.ts';
import { layOutImage } from '../src/plan/image/file-layout.ts';
import { planImage } from '../src/plan/plan.ts';
import type { Kernel } from '../src/predict/kernel.ts';
import { sumBytes } from '../src/restorer/sums.ts';
import { describeImage } from '../src/snapshot/description.ts';
import type { Code } from './arbitraries/runnable.ts';
import type { Mapping, Snapshot } from './arbitraries/types.ts';
import { bytesOf, crcOf } from './made-up-memory.ts';
import type { FilePieces, LaunchCase } from './oracles/case.ts';
import type { Observation, SeenMapping, SeenProcess } from './oracles/observation.ts';
import type { Piece } from '../src/plan/image/piece.ts';
import type { Plan } from '../src/plan/job/plan.ts';

/** Every way to make one. */
export const MODES = [
  ['x86-64', 'by default'],
  ['x86-64', 'with --lazy'],
  ['i386', 'by default'],
  ['i386', 'with --lazy'],
] as const;
export const isLazy = (how: (typeof MODES)[number][1]): boolean => how === 'with --lazy';

export interface Image {
  readonly plan: Plan;
  readonly launch: LaunchCase;
}

/** The image of a made-up process, to be run up to its first instruction. @param code what is to be found there instead */
export function imageOf(source: Snapshot, lazy: boolean, code?: Code): Image {
  const plan = planImage(source, { lazy, brk: 'prctl' });
  const { differences, remains } = plan;
  const layout = layOutImage(
    plan,
    (stored) => describeImage({ snapshot: source, lazy, brk: 'prctl', ...stored, differences, remains }),
    undefined,
  );
  const sums = new Map<bigint, number>();
  const pieces = layout.pieces.map((piece) => {
    const bytes = bytesOfPiece(piece, code);
    for (const { address, sum } of sumBytes(piece.offset, bytes)) sums.set(address, sum);
    return { piece, bytes };
  });
  const file: FilePieces = {
    size: Number(layout.size),
    pieces: pieces.map(({ piece, bytes }) => ({
      offset: Number(piece.offset),
      bytes: piece.kind === 'sums' ? piece.encode((offset) => sums.get(offset) ?? 0) : bytes,
    })),
  };
  return { plan, launch: { personality: 0, uid: 0, until: 'stop', files: [file] } };
}

function bytesOfPiece(piece: Piece, code: Code | undefined): Uint8Array {
  invariant(piece.kind !== 'file', 'a made-up process has no files');
  if (piece.kind === 'sums') return new Uint8Array();
  return piece.kind === 'bytes'
    ? piece.bytes
    : bytesOf({ start: piece.address, end: piece.address + piece.size }, code);
}

/** What of the process that stopped before its first instruction is not as the snapshot says. */
export function differencesOf(source: Snapshot, { plan }: Image, kernel: Kernel['arch'], seen: Observation): string[] {
  if (seen.kind !== 'entered') return [`it did not stop: ${JSON.stringify(seen)}`];
  const may = [plan.remains, ...plan.differences];
  return [
    ...compareMaps(source, plan.remains, seen.maps),
    ...compareBytes(source, may, seen),
    ...compareNumber('start_brk', source.layout.startBrk, seen.startBrk),
    ...compareNumber('brk', source.layout.brk, seen.brk ?? -1n),
    ...compareRegisters(source, kernel, seen),
  ];
}

const compareNumber = (name: string, expected: bigint, found: bigint): string[] =>
  expected === found ? [] : [`${name} is ${hex(found)}, was ${hex(expected)}`];

const permissionsOf = ({ prot, kind }: Mapping): string =>
  `${prot & 1 ? 'r' : '-'}${prot & 2 ? 'w' : '-'}${prot & 4 ? 'x' : '-'}${kind.startsWith('shared') ? 's' : 'p'}`;

/** By permissions, for the kernel joins lines and parts them by rules of its own. */
function compareMaps({ mappings }: Snapshot, remains: Range, seen: readonly SeenMapping[]): string[] {
  const own = seen.filter((line) => !overlaps(line, remains) && line.path !== '[vsyscall]');
  const byPermissions = (lines: readonly (Range & { readonly how: string })[], how: string): string[] =>
    joinRanges(lines.filter((line) => line.how === how)).map((range) => `${formatRange(range)} ${how}`);
  // The data of a vdso stay with the kernel that they are of.
  const restored = mappings.filter(({ kind }) => kind !== 'vvar');
  const expected = restored.map((mapping) => ({ start: mapping.start, end: mapping.end, how: permissionsOf(mapping) }));
  const found = own.map(({ start, end, permissions }) => ({ start, end, how: permissions }));
  const all = [...new Set([...expected, ...found].map(({ how }) => how))];
  const [was, is] = [expected, found].map((lines) => all.flatMap((how) => byPermissions(lines, how)));
  const kernel = new Set(own.filter(({ path }) => /^\[v(dso|var)/.test(path)).map(formatRange));
  return [
    ...was!.filter((line) => !is!.includes(line)).map((line) => `lost: ${line}`),
    ...is!.filter((line) => !was!.includes(line)).map((line) => `new: ${line}`),
    ...[...kernel].map((range) => `the live vdso lies outside of what remains: ${range}`),
  ];
}

function compareBytes({ mappings }: Snapshot, may: readonly Range[], seen: SeenProcess): string[] {
  const { maps, crcs, unreadable } = seen;
  const guards = new Set(mappings.flatMap((mapping) => mapping.guards.flatMap(pagesOf)));
  // A line that is partly the restorer's is none of the process's own.
  const own = maps.filter((line) => !may.some((range) => overlaps(range, line)) && line.path !== '[vsyscall]');
  return own.flatMap((line) => [
    ...(crcOf(line, mappings) === crcs.get(line.start)
      ? []
      : [`the ${sizeOf(line)} bytes at ${formatRange(line)} differ`]),
    ...pagesOf(line).flatMap((page) => {
      if (guards.has(page) === unreadable.has(page)) return [];
      return [guards.has(page) ? `no guard at ${hex(page)}` : `${hex(page)} cannot be read`];
    }),
  ]);
}

/** The addresses of its pages. */
export const pagesOf = ({ start, end }: Range): bigint[] =>
  Array.from({ length: Number((end - start) / PAGE) }, (_, i) => start + BigInt(i) * PAGE);

/** @source Intel SDM vol. 1, 13.4: MXCSR, then the XMM registers */
const MXCSR = [24, 28] as const;
const XMM = { 'x86-64': [160, 416], i386: [160, 288] } as const;

/** Selectors of i386 processes, which a 32-bit kernel numbers otherwise. @source arch/x86/include/asm/segment.h */
const ON_32_BIT_KERNEL: Readonly<Record<string, bigint>> = { cs: 0x73n, ss: 0x7bn, ds: 0x7bn, es: 0x7bn };

function compareRegisters({ arch: name, threads }: Snapshot, kernel: Kernel['arch'], seen: SeenProcess): string[] {
  const [thread] = threads;
  const arch = ARCHES[name];
  const bytes = seen.registers ?? Buffer.alloc(0);
  const at = (i: number): bigint =>
    arch.wordSize === 8 ? bytes.readBigUInt64LE(8 * i) : BigInt(bytes.readUInt32LE(4 * i));
  const translated = kernel === 'i386' ? ON_32_BIT_KERNEL : {};
  const expected = { ...thread!.registers, ...translated };
  const wrong = arch.registers.flatMap((register, i) => {
    const value = expected[register] ?? 0n;
    // What the kernel keeps for itself, and none that became another none: src/arch/segments.ts.
    const isNone = ['fs', 'gs'].includes(register) && isNullSelector(value) && isNullSelector(at(i));
    return register === arch.origAx || isNone ? [] : compareNumber(register, value, at(i));
  });
  const parts = [MXCSR, XMM[name]].filter(
    ([from, to]) => seen.xstate?.subarray(from, to).equals(thread!.xstate.subarray(from, to)) !== true,
  );
  return [
    ...wrong,
    ...parts.map(([from, to]) => `bytes ${from} to ${to} of the XSAVE area differ`),
    ...compareNumber('signal mask', thread!.sigmask, seen.sigmask ?? -1n),
  ];
}

/** A snapshot, readable. */
export const showSnapshot = ({ arch, mappings, layout, threads }: Snapshot): string[] => [
  `${arch}, break ${formatRange({ start: layout.startBrk, end: layout.brk })}, ${mappings.length} mappings`,
  ...mappings
    .slice(0, 40)
    .map(
      (mapping) =>
        `  ${formatRange(mapping)} ${permissionsOf(mapping)} ${mapping.kind} holds ${mapping.extents.map(formatRange).join(' ')}${mapping.guards.map((guard) => `, guard ${formatRange(guard)}`).join('')}`,
    ),
  `  ${Object.entries(threads[0]!.registers)
    .map(([name, value]) => `${name} ${hex(value)}`)
    .join(' ')}`,
];
