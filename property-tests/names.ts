import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ELFREEZE } from '../lab/root.ts';
import { type Flavour, target, tool } from '../lab/robustness/programs.ts';

/** A program that gives each kind of thing that has a name the names of its arguments, and finds all again when it is continued. */
const PROGRAM = '../targets/names';
const LIMIT_MS = 30_000;
const NAME_MAX = 255;

/** Names, and where they are given. */
export interface Named {
  readonly names: readonly Uint8Array[];
  /** Whether their paths are as long as any may be. */
  readonly isDeep: boolean;
}

/** What is easily taken for something else, in UTF-8, in /proc, by a shell or a terminal. */
const PIECES = [
  'a', ' ', '.', '\n', '\t', '\\', '\\012', '\\n', '012', ' (deleted)', '(deleted)', '"', '%s', '\x1b[2J', '\r', '\x7f', '\xff', '\x80', '\xc3\xa4',
  '\xc3', '\xe2\x82', '\xed\xa0\x80', '\xed\xb2\x80', '\xf0\x9f\x92\x80', '\xef\xbf\xbd', '\xef\xbb\xbf', '\xe2\x80\xa8', 'memfd:', 'socket:[1]', '[heap]',
].map((piece) => Buffer.from(piece, 'latin1')); // prettier-ignore

const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.array(byte, { minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)) },
);
const short = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => Buffer.concat(pieces));
const name = fc
  .oneof(
    { weight: 4, arbitrary: short },
    { weight: 1, arbitrary: short.map((bytes) => Buffer.concat(Array.from({ length: NAME_MAX }, () => bytes))) },
  )
  .map((bytes) => bytes.subarray(0, NAME_MAX))
  .filter((bytes) => !['.', '..'].includes(bytes.toString('latin1')));

export const named: fc.Arbitrary<Named> = fc.record({
  names: fc.array(name, { minLength: 1, maxLength: 6 }),
  isDeep: fc.boolean(),
});

export const showNamed = ({ names, isDeep }: Named): string[] => [
  ...names.map((bytes) => JSON.stringify(Buffer.from(bytes).toString('latin1'))),
  ...(isDeep ? ['as deep as may be'] : []),
];

/** The longest path, without its NUL, and what the program puts before a name of its own. */
const [PATH_MAX, BEFORE] = [4095, '/0-directory/'.length];

/** A folder in which a name of 255 bytes has the longest path. */
function deepIn(folder: string): string {
  let deep = folder;
  for (let left = PATH_MAX - NAME_MAX - BEFORE - deep.length; left > 1; left -= 251) {
    // What is left must have room for a name.
    const length = left === 252 ? 249 : Math.min(left - 1, 250);
    deep += `/${'d'.repeat(length)}`;
  }
  return deep;
}

/** Frozen and killed in the middle, and continued. @returns what the program found otherwise than it was */
export async function findAgain({ names, isDeep }: Named, flavour: Flavour, folder: string): Promise<string[]> {
  const scratch = mkdtempSync(join(folder, 'names-'));
  const home = isDeep ? deepIn(scratch) : scratch;
  mkdirSync(home, { recursive: true });
  const image = join(scratch, 'image');
  const words = names.map((bytes) => Buffer.from(bytes).toString('hex'));
  const [program, starter] = [await target(PROGRAM, flavour), await tool('../start')];
  const child = spawn(starter, [program, ...words], { cwd: home, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    if (said.toString() !== 'ready\n') throw new Error(said.toString());
    const frozen = spawnSync(ELFREEZE, ['freeze', String(child.pid), '--kill', '-o', image], { encoding: 'utf8' });
    if (frozen.status !== 0) return [frozen.stderr];
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  const { status, signal, stdout, stderr } = spawnSync(starter, [image], {
    cwd: '/',
    input: '\n',
    encoding: 'latin1',
    timeout: LIMIT_MS,
  });
  return status === 0 && stdout === 'ok\n' ? [] : [`exit ${status ?? signal}: ${stdout}${stderr}`];
}
