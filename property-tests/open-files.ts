import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';

const run = promisify(execFile);
const ELFREEZE = fileURLToPath(new URL('../bin/elfreeze', import.meta.url));
const SOURCE = fileURLToPath(new URL('open-files.c', import.meta.url));
const MACHINE = { 'x86-64': '-m64', i386: '-m32' } as const;
const KINDS = 20;
const DEADLINE_MS = 60_000;

/** Builds open-files.c. @returns its path */
export async function buildOpenFiles(arch: keyof typeof MACHINE, folder: string): Promise<string> {
  const path = join(folder, `open-files-${arch}`);
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Wno-unused-result'];
  await run('gcc', [MACHINE[arch], ...flags, SOURCE, '-o', path]);
  return path;
}

/** @source open(2), fcntl(2); include/uapi/asm-generic/fcntl.h */
const O = { WRONLY: 1, RDWR: 2, APPEND: 0o2000, NONBLOCK: 0o4000, DIRECT: 0o40000, PATH: 0o10000000 } as const;
const ACCESS = [0, O.WRONLY, O.RDWR] as const;

const which = fc.nat(40);
const flagsOf = (...bits: readonly number[]): fc.Arbitrary<number> =>
  fc.subarray([...bits]).map((chosen) => chosen.reduce((all, bit) => all | bit, 0));

/** Words of open-files.c. Descriptors are made more often than closed. */
const operation = fc.oneof(
  { weight: 8, arbitrary: fc.nat(KINDS - 1).map((kind) => `m:${kind}`) },
  { weight: 4, arbitrary: which.map((n) => `d:${n}`) },
  { weight: 1, arbitrary: fc.tuple(which, fc.integer({ min: 3, max: 150 })).map(([n, from]) => `D:${n}:${from}`) },
  { weight: 2, arbitrary: which.map((n) => `c:${n}`) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(which, fc.constantFrom(...ACCESS), flagsOf(O.NONBLOCK, O.APPEND))
      .map(([n, access, flags]) => `o:${n}:${access | flags}`),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(which, flagsOf(O.NONBLOCK, O.APPEND, O.DIRECT)).map(([n, flags]) => `f:${n}:${flags}`),
  },
  { weight: 2, arbitrary: which.map((n) => `x:${n}`) },
  { weight: 2, arbitrary: fc.tuple(which, fc.nat(100)).map(([n, position]) => `s:${n}:${position}`) },
  { weight: 2, arbitrary: which.map((n) => `w:${n}`) },
  { weight: 1, arbitrary: fc.tuple(which, fc.constantFrom(0, 10, 34)).map(([n, signo]) => `a:${n}:${signo}`) },
  { weight: 1, arbitrary: which.map((n) => `l:${n}`) },
);

export const operations: fc.Arbitrary<string[]> = fc.array(operation, { minLength: 1, maxLength: 60, size: 'max' });

/** Lets the program do it, freezes and kills it, continues its image. @returns what its descriptors are that they were not */
export async function differencesAfterFreeze(
  program: string,
  words: readonly string[],
  folder: string,
): Promise<string[]> {
  const cwd = await mkdtemp(join(folder, 'run-'));
  const image = join(cwd, 'image');
  try {
    const target = spawn(program, words, { cwd, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    const gone = new Promise<void>((resolve) => target.once('exit', () => resolve()));
    try {
      const before = await linesUntil(target.stdout, 'ready');
      const args = ['freeze', String(target.pid), '--kill', '-o', image];
      const refusal = await run(process.execPath, [ELFREEZE, ...args]).then(
        () => undefined,
        (error: { readonly stderr: string }) => error.stderr,
      );
      if (refusal !== undefined) return [refusal.trim(), ...before];
      const continued = run(image, [], { cwd, timeout: DEADLINE_MS });
      continued.child.stdin?.end();
      const after = (await continued).stdout.split('\n');
      return after.includes('done') ? compare(before, after.slice(0, after.indexOf('done'))) : ['it did not end'];
    } finally {
      target.kill('SIGKILL');
      await gone;
    }
  } finally {
    await rm(cwd, { recursive: true });
  }
}

async function linesUntil(output: NodeJS.ReadableStream, last: string): Promise<string[]> {
  let text = '';
  for await (const part of output) {
    text += String(part);
    const lines = text.split('\n');
    if (lines.includes(last)) return lines.slice(0, lines.indexOf(last));
  }
  throw new Error(`open-files.c said ${text}`);
}

const compare = (before: readonly string[], after: readonly string[]): string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `was  ${line}`),
  ...after.filter((line) => !before.includes(line)).map((line) => `is   ${line}`),
];
