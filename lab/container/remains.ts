import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type Docker from 'dockerode';
import { LAB_LABEL, OF_IMAGE } from './labels.ts';
import { DIRECTORY, unfinished } from '../directory.ts';
import { processesMarked } from '../marked.ts';
import { OWNER_VARIABLE, parseOwner } from '../owner.ts';

/** All that can be found of the lab that was process `pid`, each by its name. @param docker where it has not been without containers */
export async function remainsOf(pid: number, docker?: Docker): Promise<string[]> {
  const isOf = (text: string | undefined) => parseOwner(text ?? '')?.pid === pid;
  const filters = { label: [LAB_LABEL] };
  const containers = (await docker?.listContainers({ all: true, filters })) ?? [];
  const volumes = (await docker?.listVolumes({ filters }))?.Volumes ?? [];
  return [
    ...containers.filter(({ Labels }) => isOf(Labels[LAB_LABEL])).map(({ Id }) => `container ${Id}`),
    ...volumes.filter(({ Labels }) => isOf(Labels[LAB_LABEL])).map(({ Name }) => `volume ${Name}`),
    ...(await processesMarked(OWNER_VARIABLE)).filter(({ value }) => isOf(value)).map((each) => `process ${each.pid}`),
    ...(await readdir(tmpdir())).filter((name) => name.startsWith(DIRECTORY) && isOf(name.slice(DIRECTORY.length))),
    ...(await unfinished()).filter(({ owner }) => isOf(owner)).map(({ path }) => path),
  ];
}

/** What no lab names as its own, and none could sweep: networks but the engine's own, nameless images without our label. */
export async function strangersIn(docker: Docker): Promise<string[]> {
  const networks = await docker.listNetworks();
  const nameless = await docker.listImages({ filters: { dangling: ['true'] } });
  return [
    ...networks.map(({ Name }) => `network ${Name}`),
    ...nameless.filter(({ Labels }) => Labels?.[LAB_LABEL] !== OF_IMAGE).map(({ Id }) => `image ${Id}`),
  ].sort();
}
