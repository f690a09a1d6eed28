import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Compiler } from '../compile.ts';
import { unlessItRuns } from '../i386.ts';
import { ROOT } from '../root.ts';
import type { Arch, Linkage } from '../targets/index.ts';
import { ALLOWED } from './allowed.ts';
import { call, DEADLINE_MS, gdb, type Image, makeImage, stripped, toolCell } from './images.ts';

interface Row {
  readonly name: string;
  readonly arch?: Arch;
  readonly linkage?: Linkage;
  readonly strip?: true;
  readonly program?: { readonly executable: string; readonly args: readonly string[] };
  /** A function that is on the stack, and that the image has a symbol for. */
  readonly frame?: string;
}

const LINKAGES: readonly Linkage[] = ['static', 'static-pie', 'pie', 'no-pie', 'musl'];
const BUILT = (['x86-64', 'i386'] as const).flatMap((arch) =>
  LINKAGES.map((linkage): Row => ({ name: `${arch}/${linkage}`, arch, linkage, frame: 'main' })),
);
const STRIPPED = (['x86-64', 'i386'] as const).map((arch): Row => ({
  name: `${arch}/pie, stripped`,
  arch,
  linkage: 'pie',
  strip: true,
}));
const PYTHON = 'import os; print("ready", flush=True); os.read(0, 1)';
const SYSTEM: readonly Row[] = [
  { name: 'bash', frame: 'main', program: { executable: '/bin/bash', args: ['-c', 'echo ready; read line'] } },
  { name: 'python3', frame: 'Py_BytesMain', program: { executable: '/usr/bin/python3', args: ['-c', PYTHON] } },
];

const compiler = await Compiler.find();
const scratch = await temporaryDirectory({ prefix: 'elfreeze-tools-', unsafeCleanup: true });
const images = new Map<string, Promise<Image>>();
afterAll(async () => {
  for (const image of images.values()) await image.then((made) => made[Symbol.asyncDispose]()).catch(() => undefined);
  await scratch.cleanup();
});

const lacks = ({ arch, linkage }: Row): boolean =>
  arch !== undefined &&
  linkage !== undefined &&
  compiler.lacks(toolCell('known-addresses', arch, linkage)) !== undefined;

async function makeImageOf({ arch = 'x86-64', linkage = 'pie', strip, program }: Row): Promise<Image> {
  if (program) return makeImage(compiler, program);
  const built = await compiler.executable(toolCell('known-addresses', arch, linkage));
  return makeImage(compiler, { executable: strip ? await stripped(built, join(scratch.path, arch)) : built });
}

/** Made once for all tests of a row. */
function imageOf(row: Row): Promise<Image> {
  const image = images.get(row.name) ?? makeImageOf(row);
  images.set(row.name, image);
  return image;
}

/** `main 0x401136` as the program printed it. */
const addressOf = (image: Image, name: string): bigint =>
  BigInt(new RegExp(`^${name} (0x[0-9a-f]+)$`, 'm').exec(image.printed)?.[1] ?? -1);

const PROGRAM_HEADER = /^ {2}[A-Z_]+ +0x[0-9a-f]+ (0x[0-9a-f]+) 0x[0-9a-f]+ 0x/gm;

/** Whether an address was in memory of a file other than the program's, or in the vdso. */
function isOfAnotherFile({ maps, executable }: Image, address: bigint): boolean {
  const line = maps.split('\n').find((text) => {
    const [start, end] = (text.split(' ')[0] ?? '').split('-').map((hex) => BigInt(`0x${hex || 0}`));
    return start !== undefined && end !== undefined && start <= address && address < end;
  });
  const path = line?.slice(73) ?? '';
  return path === '[vdso]' || (path.startsWith('/') && path !== executable);
}

/** Names of the functions in a backtrace. */
const frames = (backtrace: string): string[] =>
  [...backtrace.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \(/gm)].map(([, name]) => name ?? '');

describe.each([...BUILT, ...STRIPPED, ...SYSTEM])('the image of $name', (row) => {
  beforeEach(unlessItRuns(row.arch ?? 'x86-64'));
  it.skipIf(lacks(row)).each(['-hW', '-lW', '-SW', '-sW', '-nW'])(
    'is read by readelf %s without a warning',
    async (option) => {
      const image = await imageOf(row);
      const { status, stderr } = await call('readelf', [option, image.path]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );

  it.skipIf(lacks(row))('is what eu-elflint expects, but for what docs/tools.md explains', async () => {
    const image = await imageOf(row);
    const { stdout, stderr } = await call('eu-elflint', ['--gnu-ld', '--strict', image.path]);
    const lines = (stdout + stderr).split('\n').filter((line) => line !== '');
    const starts = [...(await call('readelf', ['-lW', image.path])).stdout.matchAll(PROGRAM_HEADER)].map(([, at]) =>
      BigInt(at ?? 0),
    );
    const unexplained = lines.filter((line) => {
      const explained = ALLOWED.some(({ says }) => says.test(line));
      const segment = /^loadable segment \[(\d+)\]/.exec(line)?.[1];
      return !explained || (segment !== undefined && !isOfAnotherFile(image, starts[Number(segment)] ?? 0n));
    });
    expect(unexplained).toEqual([]);
  });

  it.skipIf(lacks(row))('tells its notes: those of the program, and what elfreeze recorded', async () => {
    const image = await imageOf(row);
    const { stdout } = await call('readelf', ['-nW', image.path]);
    expect(stdout).toMatch(/ {2}elfreeze +0x[0-9a-f]+\tUnknown note type: \(0x72666c65\)/);
  });

  it.skipIf(lacks(row))(
    "shows gdb the program's frames, stopped before its first own instruction or running",
    async () => {
      const image = await imageOf(row);
      const deadline = performance.now() + DEADLINE_MS;
      await using original = await image.startOriginal();
      const expected = frames(await gdb(['-p', String(original.pid)], 'bt'));
      await using running = await image.start({ ELFREEZE_STOP: '1' });
      await running.until('stopped', async () => (await running.state()) === 'T', deadline);
      expect(frames(await gdb(['-p', String(running.pid)], 'bt'))).toEqual(expected);
      running.signal('SIGCONT');
      await running.until('waiting', async () => (await running.state()) === 'S', deadline);
      expect(frames(await gdb(['-p', String(running.pid)], 'bt'))).toEqual(expected);
      // musl has nothing by which to unwind out of its system calls: gdb cannot with the original either.
      if (row.frame && row.linkage !== 'musl') expect(expected).toContain(row.frame);
      if (row.program) return;
      running.writeLine('go');
      expect(await running.finish(deadline)).toEqual({ status: 0, signal: null });
      expect(running.output).toBe('ok\n');
    },
  );
});

describe.each([...BUILT, ...STRIPPED])('the image of $name, whose maps are known', (row) => {
  beforeEach(unlessItRuns(row.arch ?? 'x86-64'));
  it.skipIf(lacks(row))('has a PT_LOAD for each line of maps that belongs to the program', async () => {
    const image = await imageOf(row);
    const own = image.maps.split('\n').filter((line) => line.endsWith(` ${image.executable}`));
    expect(own.length).toBeGreaterThan(0);
    const headers = await call('readelf', ['-lW', image.path]);
    const loads = [...headers.stdout.matchAll(/^ +LOAD +0x[0-9a-f]+ 0x([0-9a-f]+)/gm)].map(([, start]) =>
      BigInt(`0x${start}`),
    );
    for (const line of own) expect(loads).toContain(BigInt(`0x${line.slice(0, line.indexOf('-'))}`));
  });
});

describe.each(BUILT)('the image of $name, whose symbols are known', (row) => {
  beforeEach(unlessItRuns(row.arch ?? 'x86-64'));
  it.skipIf(lacks(row))("has the program's symbols at the addresses that the program itself prints", async () => {
    const image = await imageOf(row);
    const { stdout } = await call('nm', [image.path]);
    const kinds = { main: 'T', counted: 'D', zeros: '[DA]' };
    const found = Object.entries(kinds).map(([name, kind]) => [
      name,
      BigInt(`0x${new RegExp(`^([0-9a-f]+) ${kind} ${name}$`, 'm').exec(stdout)?.[1]}`),
    ]);
    expect(found).toEqual(Object.keys(kinds).map((name) => [name, addressOf(image, name)]));
  });

  it.skipIf(lacks(row))('is disassembled by name', async () => {
    const image = await imageOf(row);
    const { stdout } = await call('objdump', ['-d', '--disassemble=main', image.path]);
    expect(stdout).toMatch(new RegExp(`^0*${addressOf(image, 'main').toString(16)} <main>:$`, 'm'));
    expect(stdout).toContain('<middle>');
  });

  it.skipIf(lacks(row))('shows gdb code and data without running', async () => {
    const image = await imageOf(row);
    const said = await gdb([image.path], 'x/i main', 'print *(int *)&counted', 'info files');
    expect(said).toMatch(new RegExp(`^ +0x${addressOf(image, 'main').toString(16)} <main[+>]`, 'm'));
    expect(said).toContain('$1 = 42');
    expect(said).toMatch(/ is \.text$/m);
  });

  it.skipIf(lacks(row))(
    "has source lines when the program was not moved, and takes them from the program's file when it was",
    async () => {
      const image = await imageOf(row);
      const moved = row.linkage === 'pie' || row.linkage === 'static-pie';
      const { stdout } = await call('nm', [image.executable]);
      const bias = addressOf(image, 'main') - BigInt(`0x${/^([0-9a-f]+) T main$/m.exec(stdout)?.[1]}`);
      const add = moved ? [`add-symbol-file "${image.executable}" -o 0x${bias.toString(16)}`] : [];
      expect(moved).toBe(bias !== 0n);
      expect(await gdb([image.path], ...add, 'info line main')).toMatch(
        /Line \d+ of ".*known-addresses\.c" starts at address/,
      );
    },
  );
});

it('docs/tools.md explains each complaint', async () => {
  const page = await readFile(join(ROOT, 'docs/tools.md'), 'utf8');
  for (const { document } of ALLOWED) expect(page).toContain(document);
});
