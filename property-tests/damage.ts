import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { contains } from '../src/base/range.ts';
import { PT_LOAD } from '../src/elf/constants.ts';
import { decodeIdent, EHDR, IDENT_SIZE, PHDR, recordSize } from '../src/elf/layout.ts';
import { bufferAccess, readElf } from '../src/elf/read.ts';
import { decodeSums, HEADERS_ROOM } from '../src/restorer/sums.ts';
import { ELFREEZE } from '../lab/root.ts';
import { type Flavour, target, tool } from '../lab/robustness/programs.ts';

/** A program with memory of every protection, which checks itself when it is continued. */
const PROGRAM = '../targets/prot-variety';
const LIMIT_MS = 20_000;

/** Bytes that are changed: where, among what every start verifies or all that may be (modulo their size), and by which bits. */
export type Damage = readonly { readonly isOwn: boolean; readonly where: number; readonly by: number }[];

const change = fc.record({
  isOwn: fc.boolean(),
  // Anywhere alike, and not first of all at the ends.
  where: fc.noBias(fc.nat()),
  by: fc.integer({ min: 1, max: 255 }),
});
export const damage: fc.Arbitrary<Damage> = fc.array(change, { minLength: 1, maxLength: 4 });

/** An image in `folder` of a process that waits for a line. */
export async function freezeProgram(flavour: Flavour, folder: string): Promise<Frozen> {
  const image = join(folder, `image-${flavour.arch}`);
  const program = await target(PROGRAM, flavour);
  const starter = await tool('../start');
  const child = spawn(starter, [program], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data'); // `ready`
  const { status, stderr } = spawnSync(ELFREEZE, ['freeze', String(child.pid), '--kill', '-o', image], {
    encoding: 'utf8',
  });
  child.kill('SIGKILL');
  await ended;
  if (status !== 0) throw new Error(stderr);
  return new Frozen(image, starter);
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The parts of an image's file that may be damaged: all but the restorer's own code. */
interface Parts {
  readonly places: readonly Stretch[];
  /** What every start verifies. */
  readonly own: readonly Stretch[];
  /** ELF header and program headers: the kernel acts on them before anything of the image can. */
  readonly headers: number;
}

function partsOf(image: Buffer): Parts {
  const { phdrs, entry } = readElf(bufferAccess(image));
  const stretchOf = (address: bigint, size: number): Stretch => {
    const home = phdrs.find(
      ({ type, vaddr, filesz }) => type === PT_LOAD && contains({ start: vaddr, end: vaddr + filesz }, address),
    );
    const start = Number(home!.offset + address - home!.vaddr);
    return { start, end: start + size };
  };
  const inCode = stretchOf(entry, 0).start;
  const sums = decodeSums(image.subarray(Number(HEADERS_ROOM)))!;
  const rows = sums.own.map(({ address, size }) => stretchOf(address, size));
  const code = rows.find(({ start, end }) => start <= inCode && inCode < end)!;
  return {
    places: [
      { start: 0, end: code.start },
      { start: code.end, end: image.length },
    ],
    own: rows.filter((row) => row !== code),
    headers: IDENT_SIZE + recordSize(EHDR, decodeIdent(image)) + phdrs.length * recordSize(PHDR, decodeIdent(image)),
  };
}

interface Place {
  readonly at: number;
  readonly by: number;
}

export function placesOf({ places, own }: Parts, changes: Damage): Place[] {
  const all = new Map<number, number>();
  for (const { isOwn, where, by } of changes) {
    const among = isOwn ? own : places;
    const total = among.reduce((sum, { start, end }) => sum + end - start, 0);
    const at = placeAt(among, where % total);
    all.set(at, (all.get(at) ?? 0) ^ by);
  }
  // Changes of one place may undo one another.
  return [...all].flatMap(([at, by]) => (by === 0 ? [] : [{ at, by }]));
}

function placeAt(places: readonly Stretch[], index: number): number {
  let left = index;
  for (const { start, end } of places) {
    if (left < end - start) return start + left;
    left -= end - start;
  }
  throw new Error('a place is inside the parts');
}

/** Does it while these bytes of the file are others. */
function whileDamaged<T>(path: string, places: readonly Place[], use: () => T): T {
  const kept = new Map(places.map(({ at }) => [at, byteAt(path, at)]));
  try {
    for (const { at, by } of places) put(path, at, byteAt(path, at) ^ by);
    return use();
  } finally {
    for (const [at, byte] of kept) put(path, at, byte);
  }
}

function withFile<T>(path: string, flags: string, use: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

const byteAt = (path: string, at: number): number =>
  withFile(path, 'r', (fd) => {
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, at);
    return byte[0]!;
  });

const put = (path: string, at: number, byte: number): void =>
  withFile(path, 'r+', (fd) => void writeSync(fd, Uint8Array.of(byte), 0, 1, at));

interface End {
  /** Exit status, or the signal that ended it. */
  readonly end: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

const REFUSED = /^elfreeze: [^\n]+\n$/;
const isRefused = ({ end, stderr }: End): boolean => end === 126 && REFUSED.test(stderr);
const told = (what: string, { end, stderr }: End): string => `${what} ends with ${end}: ${stderr.slice(0, 200)}`;

/** A frozen program whose image is damaged again and again. */
export class Frozen {
  readonly parts: Parts;
  private readonly path: string;
  /** Executes a program, and no shell where the kernel takes it for none. */
  private readonly starter: string;

  constructor(path: string, starter: string) {
    this.path = path;
    this.starter = starter;
    this.parts = partsOf(readFileSync(path));
  }

  private run(env: Record<string, string>): End {
    const options = { encoding: 'utf8', env, input: '\n', timeout: LIMIT_MS } as const;
    const { status, signal, stdout, stderr } = spawnSync(this.starter, [this.path], options);
    return { end: signal ?? status!, stdout, stderr };
  }

  /** What is wrong: it must say so before its first step, or run to the right end. */
  problems(changes: Damage): string[] {
    const places = placesOf(this.parts, changes);
    const inHeaders = places.some(({ at }) => at < this.parts.headers);
    const isOwn = places.some(({ at }) => this.parts.own.some(({ start, end }) => start <= at && at < end));
    // The kernel finds an image's parts by its headers: where it finds none, nothing of it has run.
    const isByKernel = ({ end, stderr }: End): boolean =>
      inHeaders && ((typeof end === 'string' && stderr === '') || (end === 126 && stderr.startsWith(`${this.path}: `)));
    return whileDamaged(this.path, places, () => {
      const rehearsed = this.run({ ELFREEZE_CHECK: '1' });
      const started = this.run({ ELFREEZE_TRACE: '1' });
      const stopped = (end: End): boolean => isRefused(end) || isByKernel(end);
      // A rehearsal verifies memory too.
      if (isOwn || stopped(rehearsed)) {
        const all = isOwn ? [rehearsed, started] : [rehearsed];
        return all.filter((end) => !stopped(end)).map((end) => told('what is damaged', end));
      }
      if (rehearsed.end !== 0) return [told('the rehearsal', rehearsed)];
      return started.end === 0 && started.stdout.endsWith('ok\n') ? [] : [told('what rehearses', started)];
    });
  }
}
