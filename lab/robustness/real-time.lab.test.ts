// A process with a real-time policy has it again in its image, or the image says why not and runs nothing of the program.
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze } from './freeze.ts';
import { FLAVOURS } from './programs.ts';
import { Subject } from './subject.ts';

const NOBODY = 65534;

/** Fields 40 and 41. @source proc_pid_stat(5) */
const policyOf = (pid: number): string =>
  spawnSync('ps', ['-o', 'rtprio=,policy=', '-p', `${pid}`], { encoding: 'utf8' }).stdout.trim();

describe.each(FLAVOURS)('$arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));
  it('a real-time policy is kept, or refused when the caller has no right to it', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'not root: no right to a real-time policy');
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    chmodSync(scratch.path, 0o777);
    await using target = await Subject.start({ flavour, kind: 'realtime', dir: scratch.path, program: 'holds' });
    const output = join(scratch.path, 'image');
    expect(await freeze({ pid: target.pid, output, mark: target.name })).toMatchObject({ status: 0, stderr: '' });
    const before = policyOf(target.pid);
    expect(before).toMatch(/^7 +FF$/);
    await target.finish();

    await using continued = await Subject.continue(output, target, { dir: scratch.path });
    expect(policyOf(continued.pid)).toBe(before);
    expect(await continued.finish()).toBe('ok');

    chmodSync(output, 0o755);
    const refused = spawnSync(output, { uid: NOBODY, gid: NOBODY, encoding: 'utf8' });
    expect(refused).toMatchObject({ status: 126, stdout: '' });
    expect(refused.stderr).toBe('elfreeze: cannot set real-time priority 7: Operation not permitted (EPERM)\n');
    await scratch.cleanup();
  });
});
