// Names are bytes, on the command line and in what is printed, and a path leads where it led or is refused.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ELFREEZE } from '../root.ts';
import { FLAVOURS, target, tool } from './programs.ts';
import { refusalOf } from './refusal.ts';

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'elfreeze-names-'));
  // Node cannot remove what it cannot name.
  onTestFinished(() => void execFileSync('rm', ['-rf', folder]));
  return folder;
}

/** A program that waits for a line once it has printed one. */
async function waiting(words: readonly string[], cwd: string) {
  const child = spawn(await tool('../start'), words, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await once(child.stdout, 'data'); // `ready`
  return { pid: String(child.pid), stdin: child.stdin, ended };
}

/** Bytes of a name as bash writes them, since Node's own arguments are strings. @param output in the words of `$'…'` */
const freezeTo = (pid: string, output: string, cwd: string, ...more: readonly string[]) =>
  spawnSync(
    'bash',
    ['-c', `exec "$0" "$1" freeze "$2" -o $'${output}' "\${@:3}"`, process.execPath, ELFREEZE, pid, ...more],
    {
      cwd,
      encoding: 'utf8',
    },
  );

const entriesOf = (folder: string): string[] =>
  readdirSync(folder, { encoding: 'buffer' }).map((name) => name.toString('latin1'));

describe('the name of an image', () => {
  it('may be any bytes', async () => {
    const folder = scratchFolder();
    const { pid } = await waiting([await target('../targets/umask', FLAVOURS[0]!)], folder);
    const { status, stdout } = freezeTo(pid, 'im\\xff\\n.elf', folder);
    expect({ status, says: stdout.split(':')[0] }).toEqual({ status: 0, says: 'im\\xff\\x0a.elf' });
    expect(entriesOf(folder)).toContain('im\xff\n.elf');
    const json = freezeTo(pid, '\\xed\\xa0\\x80', folder, '--json');
    expect((JSON.parse(json.stdout) as { path: string }).path).toBe('\udced\udca0\udc80');
    expect(entriesOf(folder)).toContain('\xed\xa0\x80');
  });

  it('is on one line with what went wrong, and as it is in --json', async () => {
    const folder = scratchFolder();
    const { pid } = await waiting([await target('../targets/umask', FLAVOURS[0]!)], folder);
    const called = freezeTo(pid, 'no\\nwhere\\xff/image', folder, '--json');
    expect(refusalOf({ ...called, stdout: '' }, 'OUTPUT_FAILED')).toContain('no\\x0awhere\\xff');
    const { error } = JSON.parse(called.stdout) as { error: { message: string } };
    expect(error.message).toContain('no\nwhere\udcff');
  });
});

describe('a working directory', () => {
  it('is entered when it is the one that it was, and no other of its name', async () => {
    const folder = scratchFolder();
    const { pid } = await waiting([await target('../targets/cwd', FLAVOURS[0]!)], folder);
    expect(freezeTo(pid, 'image', folder, '--kill').status).toBe(0);
    const [below, away] = [join(folder, 'below'), join(folder, 'away')];
    renameSync(below, away);
    mkdirSync(below);
    const continued = () => spawnSync(join(folder, 'image'), { input: '\n', encoding: 'utf8' });
    expect(continued()).toMatchObject({
      status: 126,
      stderr: `elfreeze: ${below} is another directory than the one that the process was frozen in\n`,
    });
    rmdirSync(below);
    renameSync(away, below);
    expect(continued()).toMatchObject({ status: 0, stdout: 'ok\n' });
  });

  it('is any of its name with --cwd=any', async () => {
    const folder = scratchFolder();
    const { pid } = await waiting([await target('../targets/cwd', FLAVOURS[0]!)], folder);
    expect(freezeTo(pid, 'image', folder, '--kill', '--cwd=any').status).toBe(0);
    renameSync(join(folder, 'below'), join(folder, 'away'));
    mkdirSync(join(folder, 'below'));
    const { status, stdout } = spawnSync(join(folder, 'image'), { input: '\n', encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ok\n' });
  });

  it.each([
    [
      'that has been removed',
      'mkdir "gone"; chdir "gone"; rmdir "../gone";',
      /working directory, .*\/gone, which has been removed/,
    ],
    [
      'deeper than a path',
      'for (1..20) { mkdir "q" x 250; chdir "q" x 250 }',
      /working directory, a path of more than 4,095 bytes/,
    ],
    [
      'above a file deeper than a path',
      'for (1..20) { mkdir "q" x 250; chdir "q" x 250 } open F, ">", "file"; chdir "/";',
      /fd 3 → a file with a path of more than 4,095 bytes/,
    ],
  ])('%s is refused, and the process continues', async (_, script, says) => {
    const folder = scratchFolder();
    const words = ['/usr/bin/perl', '-e', `${script} $| = 1; print "ready\\n"; exit(<STDIN> eq "on\\n" ? 7 : 1)`];
    const { pid, stdin, ended } = await waiting(words, folder);
    const called = freezeTo(pid, 'image', folder, '--kill');
    expect(refusalOf(called, 'UNSUPPORTED')).toMatch(says);
    stdin.end('on\n');
    expect(await ended).toEqual([7, null]);
  });
});
