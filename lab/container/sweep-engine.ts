import type Docker from 'dockerode';
import { openUsedEngine } from './engine.ts';
import { whileNobodyBuilds } from './images.ts';
import { LAB_LABEL, OF_IMAGE } from './labels.ts';
import { sweepPrivateEngine } from './private-engine.ts';
import { removeContainer, removeImage } from './remove.ts';
import { sweepSwarm } from './swarm.ts';

export interface Swept {
  readonly what: string;
  readonly count: number;
}

/** @param isLeft whether what carries this label was left behind */
export type IsLeft = (label: string) => boolean;

/** Removes what labs left in their engine; stops the private one when none of them is alive. */
export async function sweepEngine(isLeft: IsLeft): Promise<Swept[]> {
  const engine = await openUsedEngine();
  if (!engine) return [];
  const { docker } = engine;
  const swept: Swept[] = [];
  try {
    // A job that is left would start its containers again.
    swept.push({ what: 'jobs', count: await sweepSwarm(engine, isLeft) });
    swept.push({ what: 'containers', count: await sweepContainers(docker, isLeft) });
    swept.push({ what: 'volumes', count: await sweepVolumes(docker, isLeft) });
    // What there is of builds meanwhile was left behind.
    swept.push(...(await whileNobodyBuilds(docker, () => sweepBuilds(docker))));
  } finally {
    await engine[Symbol.asyncDispose]();
  }
  await sweepPrivateEngine();
  return swept;
}

const LABELLED = { label: [LAB_LABEL] };

async function sweepContainers(docker: Docker, isLeft: IsLeft): Promise<number> {
  const all = await docker.listContainers({ all: true, filters: LABELLED });
  const left = all.filter(({ Labels }) => isLeft(Labels[LAB_LABEL]!));
  // Images' containers first: they are in the process namespaces of the others.
  for (const { Id } of left) await removeContainer(docker, Id);
  return left.length;
}

async function sweepVolumes(docker: Docker, isLeft: IsLeft): Promise<number> {
  const { Volumes } = await docker.listVolumes({ filters: LABELLED });
  const left = (Volumes ?? []).filter(({ Labels }) => isLeft(Labels[LAB_LABEL]!));
  for (const { Name } of left) await docker.getVolume(Name).remove();
  return left.length;
}

/** What a build that was killed leaves: containers of its steps, and nameless images. Both have the label of the image. */
async function sweepBuilds(docker: Docker): Promise<Swept[]> {
  const ofImage = [`${LAB_LABEL}=${OF_IMAGE}`];
  const steps = await docker.listContainers({ all: true, filters: { label: ofImage } });
  for (const { Id } of steps) await removeContainer(docker, Id);
  const layers = await docker.listImages({ filters: { label: ofImage, dangling: ['true'] } });
  let removed = 0;
  for (const { Id } of layers) if (await removeImage(docker, Id)) removed++;
  return [
    { what: 'containers of builds', count: steps.length },
    { what: 'nameless images', count: removed },
  ];
}
