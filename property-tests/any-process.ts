import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ELFREEZE } from '../lab/root.ts';
import { type Flavour, FLAVOURS, target, tool } from '../lab/robustness/programs.ts';

const PROGRAM = '../../property-tests/any-process';
const USER = 65534;
const LIMIT_MS = 60_000;
/** More things than any-process.c has room for would be too many; these are enough to meet one another. */
const MOST = 8;

/** A process: what it is made of, and how it is frozen. */
export interface Case {
  readonly flavour: Flavour;
  /** Arguments of any-process.c: `name=variant`. */
  readonly things: readonly string[];
  readonly lazy: boolean;
  /** Whether the process and elfreeze are an unprivileged user's. */
  readonly unprivileged: boolean;
}

/** @param names what any-process.c can make: nothing here knows what elfreeze can do */
export const anyProcess = (arch: Flavour['arch'], names: readonly string[]): fc.Arbitrary<Case> =>
  fc.record({
    flavour: fc.constantFrom(...FLAVOURS.filter((each) => each.arch === arch)),
    things: fc.array(
      fc.tuple(fc.constantFrom(...names), fc.nat(7)).map(([name, variant]) => `${name}=${variant}`),
      { minLength: 1, maxLength: MOST },
    ),
    lazy: fc.boolean(),
    unprivileged: fc.boolean(),
  });

/** The names of all that any-process.c can make. */
export async function namesOfThings(): Promise<string[]> {
  const { stdout } = spawnSync(await target(PROGRAM, FLAVOURS[0]!), ['list'], { encoding: 'utf8' });
  return stdout.trim().split('\n');
}

const asUser = ({ unprivileged }: Case, command: readonly string[]): string[] =>
  unprivileged && process.getuid?.() === 0
    ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', ...command]
    : [...command];

/** A process that was started, with all that it prints. Whatever it has started ends with it. */
class Running implements Disposable {
  readonly child: ChildProcess;
  private text = '';
  private readonly closed: Promise<unknown>;

  constructor(command: readonly string[], cwd: string) {
    const [file = '', ...args] = command;
    this.child = spawn(file, args, { cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'], timeout: LIMIT_MS });
    this.closed = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('latin1').on('data', (chunk: string) => (this.text += chunk));
  }

  async ready(): Promise<void> {
    while (!this.text.includes('\n')) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`it ended: ${this.text}`);
      await Promise.race([once(this.child.stdout!, 'data'), this.closed]);
    }
    if (!this.text.startsWith('ready\n')) throw new Error(`it is not ready: ${this.text}`);
  }

  /** Lets it say what it has, and end. */
  async answer(): Promise<string> {
    this.child.stdin?.on('error', () => undefined); // it may have ended
    this.child.stdin?.write('go\n');
    await this.closed;
    const { exitCode, signalCode } = this.child;
    return `${this.text.replace(/^ready\n/, '')}[${signalCode ?? exitCode}]`;
  }

  async ended(): Promise<string> {
    await this.closed;
    return String(this.child.signalCode ?? this.child.exitCode);
  }

  [Symbol.dispose](): void {
    try {
      process.kill(-this.child.pid!, 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  }
}

const LINE = /^elfreeze: [^\n]+ \[[A-Z_]+\]: [^\n]+\n$/;

/**
 * What is wrong: frozen and killed, a process goes on in its image as it would have undisturbed; or elfreeze says in one line why not, and it
 * goes on itself.
 */
export async function problemsOf(one: Case): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'elfreeze-any-'));
  const [undisturbed, frozen] = ['undisturbed', 'frozen'].map((name) => join(scratch, name)) as [string, string];
  chmodSync(scratch, 0o755);
  for (const directory of [undisturbed, frozen]) {
    mkdirSync(directory);
    if (one.unprivileged && process.getuid?.() === 0) chownSync(directory, USER, USER);
  }
  try {
    const command = asUser(one, [await tool('../start'), await target(PROGRAM, one.flavour), ...one.things]);
    return await compare(one, command, undisturbed, frozen);
  } finally {
    // Not every name is text.
    spawnSync('rm', ['-rf', scratch]);
  }
}

async function compare(one: Case, command: readonly string[], undisturbed: string, frozen: string): Promise<string[]> {
  using reference = new Running(command, undisturbed);
  await reference.ready();
  const expected = await reference.answer();

  using subject = new Running(command, frozen);
  await subject.ready();
  const image = join(frozen, 'image.elf');
  const args = ['freeze', String(subject.child.pid), '--kill', '-o', image, ...(one.lazy ? ['--lazy'] : [])];
  const [file = '', ...rest] = asUser(one, [ELFREEZE, ...args]);
  const { status, stderr } = spawnSync(file, rest, { encoding: 'latin1', timeout: LIMIT_MS });
  if (status === 0) {
    const end = await subject.ended();
    using continued = new Running(asUser(one, [image]), '/');
    const found = await continued.answer();
    return [
      ...(end === 'SIGKILL' ? [] : [`the process ended by ${end}`]),
      ...(found === expected ? [] : [`the image: ${found}`, `undisturbed: ${expected}`]),
    ];
  }
  const found = await subject.answer();
  return [
    ...(LINE.test(stderr) ? [] : [`elfreeze exits ${status} and says: ${stderr}`]),
    ...(existsSync(image) ? ['an image is left'] : []),
    ...(found === expected
      ? []
      : [`refused (${stderr.trim()}), it goes on otherwise: ${found}`, `undisturbed: ${expected}`]),
  ];
}
