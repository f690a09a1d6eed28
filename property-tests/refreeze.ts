import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatRange, hex, overlaps, type Range } from '../src/base/range.ts';
import type { Mapping, Snapshot } from './arbitraries/types.ts';
import type { Image } from './restored.ts';

const run = promisify(execFile);
const ELFREEZE = fileURLToPath(new URL('../bin/elfreeze', import.meta.url));
const POLL_MS = 2;
const DEADLINE_MS = 60_000;

/** What `elfreeze inspect --json` of an image tells of the process, as far as it is compared. */
interface Inspected {
  readonly mappings: readonly {
    readonly start: string;
    readonly end: string;
    readonly perms: string;
    readonly kind: string;
  }[];
  readonly brk: { readonly start: string; readonly end: string };
  readonly threads: readonly { readonly registers: Readonly<Record<string, string>> }[];
}

/** Continues the image, freezes what runs with the built command line, and says what the second image has different. */
export async function refreeze(source: Snapshot, { plan, launch }: Image, folder: string): Promise<string[]> {
  const [first, second] = ['first.elf', 'second.elf'].map((name) => join(folder, name));
  const [file] = launch.files;
  const bytes = Buffer.alloc(file!.size);
  for (const piece of file!.pieces) bytes.set(piece.bytes, piece.offset);
  await writeFile(first!, bytes, { mode: 0o700 });
  const child = spawn(first!, { env: { ELFREEZE_STOP: '1' }, stdio: ['ignore', 'ignore', 'inherit'] });
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
  const { stdout } = await run(process.execPath, [ELFREEZE, 'inspect', second!, '--json'], { maxBuffer: 64 << 20 });
  return compare(source, plan.remains, JSON.parse(stdout) as Inspected);
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

const permsOf = ({ prot, kind }: Mapping): string =>
  `${prot & 1 ? 'r' : '-'}${prot & 2 ? 'w' : '-'}${prot & 4 ? 'x' : '-'}${kind.startsWith('shared') ? 's' : 'p'}`;

function compare(source: Snapshot, remains: Range, { mappings, brk, threads }: Inspected): string[] {
  const seen = mappings
    .map(({ start, end, ...rest }) => ({ start: BigInt(start), end: BigInt(end), ...rest }))
    .filter((mapping) => !overlaps(mapping, remains) && mapping.kind !== 'vsyscall');
  const was = pagesOf(source.mappings.map((mapping) => ({ ...mapping, perms: permsOf(mapping) })));
  const is = pagesOf(seen);
  const { startBrk, brk: end } = source.layout;
  const registers = Object.entries(source.threads[0]!.registers).filter(([name]) => !name.startsWith('orig_'));
  return [
    ...was.filter((page) => !is.includes(page)).map((page) => `lost: ${page}`),
    ...is.filter((page) => !was.includes(page)).map((page) => `new: ${page}`),
    ...(BigInt(brk.start) === startBrk && BigInt(brk.end) === end
      ? []
      : [`break ${brk.start}-${brk.end}, was ${formatRange({ start: startBrk, end })}`]),
    ...registers.flatMap(([name, value]) =>
      threads[0]?.registers[name] === hex(value)
        ? []
        : [`${name} is ${threads[0]?.registers[name]}, was ${hex(value)}`],
    ),
  ];
}

/** Joined by permissions. */
function pagesOf(lines: readonly (Range & { readonly perms: string })[]): string[] {
  const joined: { start: bigint; end: bigint; perms: string }[] = [];
  for (const { start, end, perms } of lines) {
    const last = joined.at(-1);
    if (last?.end === start && last.perms === perms) last.end = end;
    else joined.push({ start, end, perms });
  }
  return joined.map((each) => `${formatRange(each)} ${each.perms}`);
}
