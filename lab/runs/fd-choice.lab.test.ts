// What `freeze --fd N=WHAT` promises, on a live process.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from '../cell.ts';
import { unlessItRuns } from '../i386.ts';
import { readSource } from '../own-source.ts';
import { Host } from '../places/host.ts';
import { ROOT } from '../root.ts';
import type { Arch } from '../targets/index.ts';

const host = await Host.open(new AbortController().signal);
const hands = await host.hands();

const text = await readSource(join(ROOT, 'lab/runs/fd-choice.c'));

const cellOf = (arch: Arch): Cell => ({
  name: `fd-choice/${arch}/static`,
  target: {
    name: 'fd-choice',
    fact: 'where descriptors lead',
    waits: 'stdin',
    arches: [arch],
    linkages: ['static'],
    text,
  },
  arch,
  linkage: 'static',
});

describe.each(['x86-64', 'i386'] as const)('of a process of %s', (arch) => {
  beforeEach(unlessItRuns(arch));
  it('descriptors lead where they were chosen to, and one that was not chosen is refused', async () => {
    const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
    for (const name of ['other', 'given']) writeFileSync(join(dir, name), name);
    const start = { cwd: dir, env: {}, dir, stdin: 'lines' } as const;
    const executable = await hands.executable(cellOf(arch));
    await using target = await hands.start({ ...start, executable, args: [], role: 'target' });
    await target.until({ kind: 'said', text: 'ready\n' });
    const image = join(dir, 'image');
    const freeze = (...choices: string[]) =>
      hands.elfreeze(['freeze', String(target.pid), '-o', image, '--kill', ...choices.map((each) => `--fd=${each}`)]);

    const choices = ['10=null', `11=${join(dir, 'other')}`, '12=drop', '13=inherit'];
    expect(await freeze(...choices)).toMatchObject({ status: 69, stdout: '' });
    expect((await freeze(...choices, '14=drop')).stderr).toBe('');
    await target.finish();

    const args = ['-c', 'exec 13<"$1" 14<&13; exec "$0"', image, join(dir, 'given')];
    await using continued = await hands.start({ ...start, executable: '/bin/bash', args, role: 'image' });
    await continued.writeLine('go');
    const { end, output } = await continued.finish();
    expect(readFileSync(join(dir, 'image.err'), 'utf8')).toBe('');
    expect(output.split('\n')).toEqual([
      '10 /dev/null',
      `11 ${join(dir, 'other')}`,
      '12 closed',
      `13 ${join(dir, 'given')}`,
      '14 closed',
      'ok',
      '',
    ]);
    expect(end).toBe('exit 0');
    await cleanup();
  });
});
