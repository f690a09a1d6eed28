import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { LabError } from '../running.ts';
import { MINE } from './lab-container.ts';
import { removeContainer } from './remove.ts';

/** The variable by which each container of a job knows its number, from 0 on. */
export const SLOT_VARIABLE = 'ELFREEZE_LAB_SLOT';

/** The same command in so many containers, wherever a swarm has room for them. */
export interface Job {
  /** Its id: so no node asks a registry for it. */
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly slots: number;
  /** What each is granted: a node runs as many at a time as it has. */
  readonly processors: number;
}

export interface JobSetting {
  readonly interrupted: AbortSignal;
  /** A slot has ended, on the node of that name. */
  readonly told: (slot: number, node: string) => void;
}

/** @source Docker Engine API v1.41, Task */
interface Task {
  readonly ID: string;
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly Status: { readonly State: string; readonly Err?: string };
}

const POLL_MS = 500;
const REMOVE_MS = 30_000;
const COMPLETE = 'complete';
const FAILED = ['failed', 'rejected', 'orphaned', 'shutdown'];
const TAIL_BYTES = 2000;
/** A slot that is not numbered expands to something else, as the first does. */
const SLOT_TEMPLATE = '{{.Task.Slot}}';

/**
 * Runs a replicated job to its end and takes it away.
 * @param engines the first manages the swarm; more of its nodes, as far as they are in reach
 * @returns standard output by slot
 * @throws LabError when a container did not end with 0: a swarm would run it again for ever, so what a slot finds wrong is data
 */
export async function runJob(engines: readonly Docker[], job: Job, setting: JobSetting): Promise<string[]> {
  const docker = engines[0]!;
  const service = await docker.createService({
    Labels: MINE,
    TaskTemplate: {
      ContainerSpec: {
        Image: job.image,
        Command: [...job.command],
        Env: [
          ...Object.entries(job.environment).map(([name, value]) => `${name}=${value}`),
          `${SLOT_VARIABLE}=${SLOT_TEMPLATE}`,
        ],
        Init: true,
      },
      RestartPolicy: { Condition: 'none' },
      Resources: { Reservations: { NanoCPUs: job.processors * 1e9 } },
      LogDriver: { Name: 'json-file' },
    },
    Mode: { ReplicatedJob: { MaxConcurrent: job.slots, TotalCompletions: job.slots } },
  });
  try {
    return await untilDone(docker, service.id, job.slots, setting);
  } finally {
    await removeJob(engines, service.id);
  }
}

async function untilDone(docker: Docker, service: string, slots: number, setting: JobSetting): Promise<string[]> {
  const outputs = new Map<number, string>();
  for (;;) {
    if (setting.interrupted.aborted) throw new LabError('interrupted');
    const tasks = (await docker.listTasks({ filters: { service: [service] } })) as Task[];
    const failed = tasks.find(({ Status }) => FAILED.includes(Status.State));
    if (failed) throw await failureOf(docker, failed);
    for (const task of tasks) {
      const slot = task.Slot ?? 0;
      if (task.Status.State !== COMPLETE || outputs.has(slot)) continue;
      outputs.set(slot, await outputOf(docker, task, 'stdout'));
      setting.told(slot, await nodeOf(docker, task));
    }
    if (outputs.size === slots) return Array.from({ length: slots }, (_, slot) => outputs.get(slot)!);
    await delay(POLL_MS, undefined, { signal: setting.interrupted }).catch(() => undefined);
  }
}

async function failureOf(docker: Docker, task: Task): Promise<LabError> {
  const why = task.Status.Err ?? task.Status.State;
  const said = await outputOf(docker, task, 'stderr').catch(() => '');
  const remedy = /no such image/i.test(why)
    ? ': every node needs the image (--nodes, or docker save IMAGE | docker -H NODE load)'
    : '';
  const tail = said.trimEnd().slice(-TAIL_BYTES);
  return new LabError(
    `slot ${task.Slot ?? 0} failed on node ${await nodeOf(docker, task)}: ${why}${remedy}${tail && `\n${tail}`}`,
  );
}

async function nodeOf(docker: Docker, { NodeID }: Task): Promise<string> {
  if (NodeID === undefined) return 'unknown';
  const { Description } = (await docker.getNode(NodeID).inspect()) as { Description: { Hostname: string } };
  return Description.Hostname;
}

/** What the types of dockerode's tasks lack. */
interface Logging {
  logs(options: object): Promise<Buffer>;
}

/** Frames of one byte stream each, whose header ends with its length. @source Docker Engine API v1.41, ContainerAttach, Stream format */
async function outputOf(docker: Docker, task: Task, of: 'stdout' | 'stderr'): Promise<string> {
  const frames = await (docker.getTask(task.ID) as unknown as Logging).logs({ [of]: true });
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length;) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}

/**
 * Docker 20.10 forgets the containers of a job that is removed: they run on, and what has ended stays. So it is first changed into
 * a job of no slots, for which running ones are ended on every node; what has ended is removed where an engine is in reach.
 * @source tried on 20.10.24: tasks of a removed job stay `running` and keep their processors, or stay `complete`
 */
export async function removeJob(engines: readonly Docker[], id: string): Promise<void> {
  const docker = engines[0]!;
  const service = docker.getService(id);
  const { Version, Spec } = (await service.inspect()) as { Version: { Index: number }; Spec: Docker.ServiceSpec };
  const none = { ReplicatedJob: { MaxConcurrent: 0, TotalCompletions: 0 } };
  const TaskTemplate = { ...Spec.TaskTemplate, ForceUpdate: 1 };
  await service.update({ ...Spec, version: Version.Index, TaskTemplate, Mode: none });
  const deadline = performance.now() + REMOVE_MS;
  const isAtWork = ({ Status }: Task) => ![...FAILED, COMPLETE].includes(Status.State);
  const tasks = async () => (await docker.listTasks({ filters: { service: [id] } })) as Task[];
  // Of a node that has gone nothing more is heard.
  while ((await tasks()).some(isAtWork) && performance.now() < deadline) await delay(POLL_MS);
  await service.remove();
  const filters = { label: [`com.docker.swarm.service.id=${id}`] };
  for (const engine of engines) {
    const left = () => engine.listContainers({ all: true, filters });
    for (let some = await left(); some.length > 0; some = await left()) {
      for (const { Id } of some) await removeContainer(engine, Id);
    }
  }
}
