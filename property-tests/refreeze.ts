import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hex, overlaps, PAGE } from '../src/base/range.ts';
import { compareSnapshots } from '../src/compare/snapshots.ts';
import { type Image as OpenImage, openImage } from '../src/image/read.ts';
import type { Code } from './arbitraries/runnable.ts';
import type { Snapshot } from './arbitraries/types.ts';
import { contentsOf } from './made-up-memory.ts';
import { type Image, pagesOf } from './restored.ts';

const run = promisify(execFile);
const ELFREEZE = fileURLToPath(new URL('../bin/elfreeze', import.meta.url));
const POLL_MS = 2;
const DEADLINE_MS = 60_000;

/** Continues the image, freezes what runs with the built command line, and says what the second image has different. */
export async function refreeze(
  source: Snapshot,
  code: Code,
  { plan, launch }: Image,
  lazy: boolean,
  folder: string,
): Promise<string[]> {
  const [first, second] = ['first.elf', 'second.elf'].map((name) => join(folder, name));
  const [file] = launch.files;
  const bytes = Buffer.alloc(file!.size);
  for (const piece of file!.pieces) bytes.set(piece.bytes, piece.offset);
  await writeFile(first!, bytes, { mode: 0o700 });
  const child = spawn(first!, { cwd: '/', env: { ELFREEZE_STOP: '1' }, stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    await untilStopped(child.pid!, () => child.exitCode !== null || child.signalCode !== null);
    // From here it runs its own instruction, a jump to itself.
    child.kill('SIGCONT');
    await run(process.execPath, [ELFREEZE, 'freeze', String(child.pid), '--kill', '-o', second!]);
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
  using again = openImage(second!);
  // It was made up without descriptors; the standard ones came from us.
  const found = { ...again.description.snapshot, descriptors: [] };
  const state = compareSnapshots(source, found, { ...plan, lazy, brk: 'prctl' });
  return [
    ...state.map(({ what, where, recorded, found: is }) => `${what} ${where}: was ${recorded}, is ${is}`),
    ...(await compareMemory(source, code, plan.differences, again)),
  ];
}

async function untilStopped(pid: number, ended: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    if (/^State:\tT/m.test(status) && /^TracerPid:\t0$/m.test(status)) return;
    if (ended()) throw new Error('the image ended before it stopped');
    if (performance.now() > deadline) throw new Error('the image did not stop');
    await delay(POLL_MS);
  }
}

/** Page by page, what the second image carries and what was made up. */
async function compareMemory(
  { mappings }: Snapshot,
  code: Code,
  differences: Image['plan']['differences'],
  { memory }: OpenImage,
): Promise<string[]> {
  const problems: string[] = [];
  const found = Buffer.alloc(Number(PAGE));
  for (const mapping of mappings)
    for (const page of pagesOf(mapping)) {
      const range = { start: page, end: page + PAGE };
      if ([...differences, ...mapping.guards].some((each) => overlaps(each, range))) continue;
      await memory.read(page, found);
      if (!found.equals(contentsOf(page, mapping, code))) problems.push(`the page at ${hex(page)} differs`);
    }
  return problems;
}
