import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { formatOwner, ownerOf, parseOwner } from '../owner.ts';
import { openEngine } from './engine.ts';
import { ensureImages } from './images.ts';
import { type Job, runJob, SLOT_VARIABLE } from './job.ts';
import { LAB_LABEL } from './labels.ts';
import { inSwarm, sweepSwarm } from './swarm.ts';

const hasEngine = process.env['ELFREEZE_LAB_PLACE'] !== 'host';
const never = new AbortController().signal;
const engine = hasEngine ? await openEngine() : undefined;
const nobody = { told: () => undefined, interrupted: never };
afterAll(() => engine?.[Symbol.asyncDispose]());

const managesSwarm = async (): Promise<boolean> =>
  ((await engine!.docker.info()) as { Swarm: { ControlAvailable: boolean } }).Swarm.ControlAvailable;

/** Three containers of elfreeze's image, each running `script` in a shell. */
async function jobOf(script: string): Promise<Job> {
  const images = await ensureImages(['elfreeze'], { docker: engine!.docker, interrupted: never, say: console.log });
  const command = ['sh', '-c', script];
  return { image: images.get('elfreeze')!, command, environment: {}, slots: 3, processors: 1 };
}

async function leftIn(swarm: NonNullable<typeof engine>): Promise<unknown[]> {
  const containers = await swarm.docker.listContainers({
    all: true,
    filters: { label: ['com.docker.swarm.service.id'] },
  });
  return [...(await swarm.docker.listServices()), ...containers];
}

describe.skipIf(!hasEngine)('a job of a swarm (skipped: no engine)', () => {
  beforeEach(async ({ skip }) => {
    if (!engine!.isPrivate && !(await managesSwarm())) skip('this engine manages no swarm (docker swarm init)');
  });

  it('gives what each slot printed, however long a line', async () => {
    const job = await jobOf(`node -p "'$${SLOT_VARIABLE} '.padEnd(100000, 'x') + 'end'"; echo not this >&2`);
    const ended: number[] = [];
    await inSwarm(engine!, never, async () => {
      const told = (slot: number) => void ended.push(slot);
      const outputs = await runJob([engine!.docker], job, { told, interrupted: never });
      expect(outputs.map((text) => text.length)).toEqual([100_004, 100_004, 100_004]);
      for (const slot of [1, 2]) expect(outputs[slot]).toMatch(new RegExp(`^${slot} x+end\n$`));
      expect(await leftIn(engine!)).toEqual([]);
    });
    expect(ended.sort((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('is over when a slot fails, with what that one said', async () => {
    const job = await jobOf('echo this slot is broken >&2; exit 3');
    await inSwarm(engine!, never, async () => {
      await expect(runJob([engine!.docker], job, nobody)).rejects.toThrow(
        /^slot \d failed on node \S+: .*non-zero exit \(3\).*\nthis slot is broken$/s,
      );
      expect(await leftIn(engine!)).toEqual([]);
    });
  });

  it('leaves nothing when it is interrupted', async () => {
    const job = await jobOf('sleep infinity');
    const interruption = new AbortController();
    await inSwarm(engine!, never, async () => {
      const running = runJob([engine!.docker], job, { ...nobody, interrupted: interruption.signal });
      while ((await engine!.docker.listContainers()).length === 0) await new Promise(setImmediate);
      interruption.abort();
      await expect(running).rejects.toThrow('interrupted');
      expect(await leftIn(engine!)).toEqual([]);
    });
  });

  it('is swept when its lab is no more', async () => {
    const { child } = promisify(execFile)('true') as unknown as { child: { pid: number } };
    const dead = formatOwner(ownerOf(child.pid));
    const isLeft = (label: string) => parseOwner(label)?.pid === child.pid;
    await inSwarm(engine!, never, async () => {
      const { image } = await jobOf('');
      await engine!.docker.createService({
        Labels: { [LAB_LABEL]: dead },
        TaskTemplate: { ContainerSpec: { Image: image, Command: ['sleep', 'infinity'] } },
        Mode: { ReplicatedJob: { TotalCompletions: 1 } },
      });
      expect(await sweepSwarm(engine!, isLeft)).toBe(1);
      expect(await engine!.docker.listServices()).toEqual([]);
    });
  });

  it('leaves a private engine as it was', async () => {
    if (engine!.isPrivate) await inSwarm(engine!, never, async () => expect(await managesSwarm()).toBe(true));
    expect(await managesSwarm()).toBe(!engine!.isPrivate);
  });
});
