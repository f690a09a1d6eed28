import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { afterAll, describe, expect, it } from 'vitest';
import { buildImage } from './build.ts';
import { packFiles, readContextFile } from './context.ts';
import { openEngine } from './engine.ts';
import { whileNobodyBuilds } from './images.ts';
import { LAB_LABEL, OF_IMAGE } from './labels.ts';
import { sweepEngine } from './sweep-engine.ts';

const hasEngine = process.env['ELFREEZE_LAB_PLACE'] !== 'host';
const engine = hasEngine ? await openEngine() : undefined;
afterAll(async () => engine?.[Symbol.asyncDispose]());

const POLL_MS = 20;
/** Tells this run's builds from all others. */
const MARK = `elfreeze.test=${randomBytes(6).toString('hex')}`;

const recipe = async (...steps: readonly string[]) => {
  const text = ['FROM scratch', `LABEL ${LAB_LABEL}=${OF_IMAGE} ${MARK}`, 'COPY busybox /', ...steps].join('\n');
  const dockerfile = { name: '.Dockerfile', mode: 0o644, bytes: Buffer.from(text) };
  return { tag: 'elfreeze-lab/test:latest', files: [dockerfile, await readContextFile('busybox', '/bin/busybox')] };
};
const run = (script: string): string => `RUN ["/busybox", "sh", "-c", "${script}"]`;

const containersOf = (docker: Docker) => docker.listContainers({ all: true, filters: { label: [MARK] } });
const imagesOf = (docker: Docker) => docker.listImages({ all: true, filters: { label: [MARK] } });
const isAtWork = async (docker: Docker): Promise<void> => {
  while (!(await containersOf(docker)).some(({ State }) => State === 'running')) await delay(POLL_MS);
};

describe.skipIf(!hasEngine)('a build of an image (skipped: no engine)', () => {
  const { docker } = engine ?? ({} as { docker: Docker });
  const expectNothingLeft = async () => expect([await containersOf(docker), await imagesOf(docker)]).toEqual([[], []]);
  /** Sweeps of other labs would take its steps for left behind. */
  const build = async (signal: AbortSignal, ...steps: readonly string[]) => {
    const wanted = await recipe(...steps);
    return whileNobodyBuilds(docker, () => buildImage(docker, wanted, signal));
  };

  it.each([
    ['a command', run('echo what; echo was wrong; exit 3'), /returned a non-zero code: 3\n[^]*\| was wrong\n/],
    ['a file that is not there', 'COPY nothing /', /COPY failed: [^]*\| Step 4\/4 : COPY nothing \/$/],
  ])('that fails by %s says so with its last lines, and leaves nothing', async (_, step, message) => {
    await expect(build(new AbortController().signal, step)).rejects.toThrow(message);
    await expectNothingLeft();
  });

  it.each(['before it', 'meanwhile'])('that is interrupted %s leaves nothing', async (when) => {
    const interruption = new AbortController();
    if (when === 'before it') interruption.abort();
    const building = build(interruption.signal, run('exec /busybox sleep 1000'));
    building.catch(() => undefined);
    if (when === 'meanwhile') await Promise.race([isAtWork(docker), building]);
    interruption.abort();
    await expect(building).rejects.toThrow('interrupted');
    await expectNothingLeft();
  });

  it('whose lab is killed leaves nothing that a sweep does not remove', async () => {
    await whileNobodyBuilds(docker, async () => {
      const { files, tag } = await recipe(run('exec /busybox sleep 1000'));
      const stream = await docker.buildImage(packFiles(files), { t: tag, dockerfile: '.Dockerfile', forcerm: true });
      await isAtWork(docker);
      // All that the engine sees of a lab's death.
      (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
    });
    await sweepEngine(() => false);
    await expectNothingLeft();
  });
});
