import { formatRange, hex, PAGE } from '../src/base/range.ts';
import { bufferAccess, type RandomAccess } from '../src/elf/access.ts';
import { ET_DYN } from '../src/elf/constants.ts';
import type { Vma } from '../src/predict/address-space.ts';
import { type Draws, isRandomised, mmapBase, NO_DRAWS, zonesOf } from '../src/predict/conditions.ts';
import { execute, type ExecInput, type Loaded, type Outcome } from '../src/predict/load.ts';
import { encodeLayout } from './arbitraries/elf-layout.ts';
import type { Launch } from './arbitraries/launch.ts';
import { type FilePieces, INTERPRETER_PATH, LAUNCHER_ARGS, type LaunchCase } from './oracles/case.ts';
import { MAY_CHANGE_USER } from './settings.ts';
import type { World } from './world.ts';
import type { Observation, SeenMapping, SeenProcess } from './oracles/observation.ts';

export function caseOf(launch: Launch): LaunchCase {
  const { layout, personality, uid, stackLimit, addressSpaceLimit, dataLimit } = launch;
  const files = [layout, ...(layout.interpreter ? [layout.interpreter] : [])].map(encodeLayout);
  return {
    personality, uid: MAY_CHANGE_USER ? uid : 0, until: 'entry', files,
    ...(stackLimit === undefined ? {} : { stackLimit }),
    ...(addressSpaceLimit === undefined ? {} : { addressSpaceLimit }),
    ...(dataLimit === undefined ? {} : { dataLimit }),
  }; // prettier-ignore
}

export function inputOf({ kernel, rules, conditions }: World, launch: Launch, { files }: LaunchCase): ExecInput {
  const [program, interpreter] = files.map(fileAccess);
  const { personality, uid, stackLimit, addressSpaceLimit, dataLimit } = launch;
  return {
    program: program!,
    openInterpreter: (path) => {
      if (path === INTERPRETER_PATH && interpreter) return interpreter;
      return path === '/proc/self/fd/' ? 'EACCES' : 'ENOENT';
    },
    kernel,
    rules,
    conditions: {
      ...conditions,
      ...LAUNCHER_ARGS,
      personality,
      mmapMinAddr: MAY_CHANGE_USER && uid === 0 ? 0n : conditions.mmapMinAddr,
      stackLimit: stackLimit ?? conditions.stackLimit,
      addressSpaceLimit,
      dataLimit,
    },
  };
}

function fileAccess({ size, pieces }: FilePieces): RandomAccess {
  const bytes = Buffer.alloc(size);
  for (const piece of pieces) bytes.set(piece.bytes, piece.offset);
  return bufferAccess(bytes);
}

/** @source errno(3) */
const ERRNOS: Readonly<Record<string, number>> = {
  EPERM: 1, ENOENT: 2, EIO: 5, ENOEXEC: 8, ENOMEM: 12, EACCES: 13, EFAULT: 14, EEXIST: 17, EINVAL: 22, EOVERFLOW: 75, ELIBBAD: 80,
}; // prettier-ignore
const SIGSEGV = 11;

/** What the kernel did that the model does not say; empty when they agree. */
export function disagreements(input: ExecInput, seen: Observation): string[] {
  if (seen.kind !== 'entered') return compareEnds(input, execute(input, NO_DRAWS), seen);
  // What was drawn can be told from where things are: all else must follow from it. The stack comes first.
  const { stackTop } = zonesOf(classOf(input), input.kernel, input.conditions);
  const stack = stackTop - (seen.maps.findLast(({ path }) => path === '[stack]')?.end ?? stackTop);
  const start = { ...NO_DRAWS, stack };
  const first = execute(input, start);
  if (first.kind !== 'loaded') return compareEnds(input, first, seen);
  const guess = drawsOf(input, first, seen, start);
  const closer = execute(input, guess);
  const near = closer.kind === 'loaded' ? drawsOf(input, closer, seen, guess) : guess;
  const [likely, ...others] = [near.mmap, ...possibleBases(input, first, seen)].map((mmap) => ({ ...near, mmap }));
  const problems = compareDrawn(input, seen, likely!);
  // What leaves a gap below the beginning of the mmap area, an aligned static PIE for one, hides where that is.
  return problems.length > 0 && others.some((draws) => compareDrawn(input, seen, draws).length === 0) ? [] : problems;
}

function compareDrawn(input: ExecInput, seen: SeenProcess, draws: Draws): string[] {
  const predicted = execute(input, draws);
  if (predicted.kind !== 'loaded') return compareEnds(input, predicted, seen);
  return [...compareDraws(input, predicted, draws), ...compareProcess(predicted, seen)];
}

/** Draws by which the mmap area would begin where some mapping ends, or less than a vdso above it; or within a mapping. */
function possibleBases(input: ExecInput, { headers }: Loaded, seen: SeenProcess): bigint[] {
  const zones = zonesOf(headers.cls, input.kernel, input.conditions);
  const { base } = mmapBase(zones, input.conditions);
  const gaps = Array.from({ length: 10 }, (_, pages) => BigInt(pages) * PAGE);
  return [0n, zones.mmapRandom, ...seen.maps.flatMap(({ end }) => gaps.map((gap) => base - end - gap))];
}

function compareEnds(input: ExecInput, predicted: Outcome, seen: Observation): string[] {
  const [expected, found] = [describe(predicted), describeSeen(seen)];
  if (expected === found) return [];
  if (isRandomised(input.conditions) && otherEnds(input, predicted).includes(found)) return [];
  const why = predicted.kind === 'loaded' ? '' : ` (${predicted.why})`;
  return [`predicted ${expected}${why}, found ${found}`];
}

/** By e_machine. */
const classOf = ({ program }: ExecInput): 32 | 64 => (program.read(18n, 1)[0] === 62 ? 64 : 32);

/** What else may become of it: whether a segment meets the stack, or an address is beyond the end, can depend on what is drawn. */
function otherEnds(input: ExecInput, predicted: Outcome): string[] {
  const cls = classOf(input);
  const { stackRandom, mmapRandom } = zonesOf(cls, input.kernel, input.conditions);
  const extremes = [0n, stackRandom].flatMap((stack) =>
    [0n, mmapRandom].flatMap((mmap) => [0n, mmapRandom].map((pie) => ({ ...NO_DRAWS, stack, mmap, pie }))),
  );
  const ends = extremes.map((draws) => describe(execute(input, draws)));
  return meetsStack(input, predicted) ? [...ends, `killed ${SIGSEGV}`] : ends;
}

function meetsStack(input: ExecInput, predicted: Outcome): boolean {
  if (predicted.kind !== 'loaded') return false;
  const { stackTop, stackRandom } = zonesOf(predicted.headers.cls, input.kernel, input.conditions);
  return predicted.mappings.some(
    ({ backing, start, end }) =>
      (backing.kind === 'file' || backing.kind === 'zeros') &&
      end > stackTop - stackRandom - 0x40000n &&
      start < stackTop,
  );
}

function describe(outcome: Outcome): string {
  if (outcome.kind === 'error') return `errno ${ERRNOS[outcome.errno]}`;
  return outcome.kind === 'killed' ? `killed ${SIGSEGV}` : 'loaded';
}

function describeSeen(seen: Observation): string {
  if (seen.kind === 'error') return `errno ${seen.errno}`;
  if (seen.kind === 'killed') return `killed ${seen.signal}`;
  return seen.kind === 'exited' ? `exited ${seen.status}` : 'loaded';
}

const AT = { AT_PHDR: 3, AT_BASE: 7, AT_ENTRY: 9, AT_SYSINFO_EHDR: 33 } as const;

/** Which draws, added to those by which `near` came about, put things where they were seen. */
function drawsOf(input: ExecInput, near: Loaded, seen: SeenProcess, used: Draws): Draws {
  const { cls, ehdr, interpreter } = near.headers;
  const seenAt = (type: number): bigint => seen.auxv.get(type) ?? 0n;
  const entry = seenAt(AT.AT_ENTRY);
  const isPie = ehdr.type === ET_DYN && interpreter !== undefined;
  const isStaticPie = ehdr.type === ET_DYN && !interpreter;
  const aboveStack = cls === 64 && !input.rules['vdso-in-mmap-area'];
  // What shows where the mmap area begins.
  const byVdso = (near.vdso?.start ?? 0n) - seenAt(AT.AT_SYSINFO_EHDR);
  const byOthers = isStaticPie ? near.atEntry - entry : near.atBase - seenAt(AT.AT_BASE);
  const below = aboveStack ? byOthers : byVdso;
  const { upward } = mmapBase(zonesOf(cls, input.kernel, input.conditions), input.conditions);
  return {
    stack: used.stack,
    mmap: used.mmap + (upward ? -below : below),
    pie: used.pie + (isPie ? drawnOf(near, input, entry - near.atEntry) : 0n),
    brk: used.brk + seen.startBrk - near.startBrk,
    vdso: aboveStack ? seen.maps.find(({ path }) => path === '[vvar]')?.start : undefined,
  };
}

/** The smallest draw that moves an aligned program by `distance`. */
function drawnOf({ headers }: Loaded, input: ExecInput, distance: bigint): bigint {
  const { pieBase } = zonesOf(headers.cls, input.kernel, input.conditions);
  const alignments = headers.phdrs.flatMap(({ type, align }) =>
    type === 1 && (align & (align - 1n)) === 0n ? [align] : [],
  );
  const alignment = alignments.reduce((most, align) => (align > most ? align : most), 4096n);
  return distance > 0n ? distance - (pieBase % alignment) + (pieBase % 4096n) : distance;
}

/** The draws must be ones that the kernel can make. */
function compareDraws({ kernel, conditions }: ExecInput, { headers, brkRandom }: Loaded, draws: Draws): string[] {
  const { stackRandom, mmapRandom } = zonesOf(headers.cls, kernel, conditions);
  const random = isRandomised(conditions);
  const within = (name: string, draw: bigint, most: bigint): string[] =>
    draw >= 0n && draw <= most
      ? []
      : [`${name} is ${hex(draw)} from its predicted place, at most ${hex(most)} is possible`];
  return [
    ...within('the stack', draws.stack, random ? stackRandom : 0n),
    ...within('the mmap area', draws.mmap, random ? mmapRandom : 0n),
    ...within('the program', draws.pie, random ? mmapRandom : 0n),
    ...within('the break', draws.brk, brkRandom === 0n ? 0n : brkRandom - 1n),
  ];
}

function compareProcess(predicted: Loaded, seen: SeenProcess): string[] {
  const values: [string, bigint, bigint | undefined][] = [
    ['the first instruction', predicted.entry, seen.ip],
    ['AT_ENTRY', predicted.atEntry, seen.auxv.get(AT.AT_ENTRY)],
    ['AT_PHDR', predicted.atPhdr, seen.auxv.get(AT.AT_PHDR)],
    ['AT_BASE', predicted.atBase, seen.auxv.get(AT.AT_BASE)],
    ['AT_SYSINFO_EHDR', predicted.vdso?.start ?? 0n, seen.auxv.get(AT.AT_SYSINFO_EHDR)],
    ['start_brk', predicted.startBrk, seen.startBrk],
    ['brk', predicted.startBrk, seen.brk ?? seen.startBrk],
  ];
  const wrong = values.flatMap(([name, expected, found]) =>
    expected === found
      ? []
      : [`${name}: predicted ${hex(expected)}, found ${found === undefined ? 'none' : hex(found)}`],
  );
  const [expected, found] = [joined(predicted.mappings.map(lineOf)), joined(seen.maps.flatMap(seenLine))];
  return [
    ...wrong,
    ...expected.filter((line) => !found.includes(line)).map((line) => `predicted, not found: ${line}`),
    ...found.filter((line) => !expected.includes(line)).map((line) => `found, not predicted: ${line}`),
  ];
}

interface Line {
  readonly start: bigint;
  readonly end: bigint;
  readonly what: string;
  /** undefined for memory without a file. */
  readonly offset: bigint | undefined;
}

const permissions = (prot: number): string => `${prot & 1 ? 'r' : '-'}${prot & 2 ? 'w' : '-'}${prot & 4 ? 'x' : '-'}p`;

function lineOf({ start, end, prot, backing, offset }: Vma): Line {
  const anonymous = backing.kind === 'zeros' || backing.kind === 'stack' || backing.kind === 'page-zero';
  const name = anonymous ? 'anonymous' : backing.kind === 'file' ? backing.of : backing.kind;
  return { start, end, what: `${permissions(prot)} ${name}`, offset: backing.kind === 'file' ? offset : undefined };
}

function seenLine({ start, end, offset, path, ...seen }: SeenMapping): Line[] {
  const file = /^\/memfd:(program|interpreter) /.exec(path)?.[1];
  const special = /^\[(vdso|vvar|vvar_vclock)\]$/.exec(path)?.[1];
  if (path === '[vsyscall]') return [];
  return [
    { start, end, what: `${seen.permissions} ${file ?? special ?? 'anonymous'}`, offset: file ? offset : undefined },
  ];
}

/** The kernel joins neighbours or not by rules of its own; what is mapped is the same. */
function joined(lines: readonly Line[]): string[] {
  const all: { start: bigint; end: bigint; what: string; offset: bigint | undefined }[] = [];
  for (const line of lines) {
    const last = all.at(-1);
    const follows =
      last?.end === line.start && last.what === line.what &&
      (line.offset === undefined || (last.offset ?? 0n) + last.end - last.start === line.offset); // prettier-ignore
    if (follows) last.end = line.end;
    else all.push({ ...line });
  }
  return all.map(
    ({ what, offset, ...range }) => `${formatRange(range)} ${what}${offset === undefined ? '' : ` ${hex(offset)}`}`,
  );
}
