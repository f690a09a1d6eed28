import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { withLock } from '../lock.ts';
import { CACHE, ROOT } from '../root.ts';
import { LabError } from '../running.ts';
import type { Engine } from './engine.ts';
import { LAB_LABEL } from './labels.ts';
import { removeJob } from './job.ts';
import { MINE } from './lab-container.ts';

/** What an engine is in: GET /info and GET /swarm. @source Docker Engine API v1.41 */
interface SwarmInfo {
  readonly LocalNodeState: string;
  readonly ControlAvailable: boolean;
}

/** The bridge that an engine makes when it joins a swarm, and keeps when it leaves. */
const BRIDGE = 'docker_gwbridge';

/** An address of its own in 127.0.0.0/8 for each checkout: a swarm's ports are fixed, and another engine may have them. */
function loopback(): string {
  const [a, b, c] = createHash('sha256').update(ROOT).digest();
  return `127.${(a! % 254) + 1}.${b}.${(c! % 254) + 1}`;
}

/**
 * Does `work` with an engine that manages a swarm: the user's, over as many nodes as it has; a private one becomes a swarm of one
 * node for that long, for one lab at a time.
 * @throws LabError when the user's engine manages none
 */
export async function inSwarm<T>(engine: Engine, interrupted: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { docker } = engine;
  if (!engine.isPrivate) {
    if (!(await swarmOf(docker)).ControlAvailable)
      throw new LabError('this engine manages no swarm: make it one (docker swarm init), or name one by DOCKER_HOST');
    return work();
  }
  const alone = async () => {
    await leaveSwarm(docker);
    const address = loopback();
    const options = { ListenAddr: `${address}:2377`, AdvertiseAddr: address, Spec: { Name: 'default', Labels: MINE } };
    await docker.swarmInit(options);
    try {
      return await work();
    } finally {
      await leaveSwarm(docker);
    }
  };
  return withLock(join(CACHE, 'engine/swarm'), alone, interrupted);
}

const swarmOf = async (docker: Docker): Promise<SwarmInfo> => ((await docker.info()) as { Swarm: SwarmInfo }).Swarm;

/** @returns whether it was in one */
async function leaveSwarm(docker: Docker): Promise<boolean> {
  if ((await swarmOf(docker)).LocalNodeState === 'inactive') return false;
  await docker.swarmLeave({ force: true });
  const [bridge] = await docker.listNetworks({ filters: { name: [BRIDGE] } });
  if (bridge) await docker.getNetwork(bridge.Id).remove();
  return true;
}

/** Removes jobs that were left behind, and ends a private engine's swarm whose lab is no more. @returns how many */
export async function sweepSwarm({ docker, isPrivate }: Engine, isLeft: (label: string) => boolean): Promise<number> {
  if (!(await swarmOf(docker)).ControlAvailable) return 0;
  const services = await docker.listServices({ filters: { label: [LAB_LABEL] } });
  const left = services.filter(({ Spec }) => isLeft(Spec?.Labels?.[LAB_LABEL] ?? ''));
  for (const { ID } of left) await removeJob([docker], ID);
  const { Spec } = (await docker.swarmInspect()) as { Spec: { Labels: Record<string, string> } };
  if (isPrivate && isLeft(Spec.Labels[LAB_LABEL] ?? '')) await leaveSwarm(docker);
  return left.length;
}
