import { relative } from 'node:path';
import { readContextFile } from '../container/context.ts';
import { type Engine, openEngine, openNode } from '../container/engine.ts';
import { ensureImages, loadImage } from '../container/images.ts';
import { runJob } from '../container/job.ts';
import { inSwarm } from '../container/swarm.ts';
import type { RunRecord } from '../report/record.ts';
import { LabError } from '../running.ts';
import { ROOT } from '../root.ts';
import { cachedFiles, type Kernel } from '../vm/kernels.ts';

/** The command lines of all parts, as JSON, in the environment of each container. */
export const PARTS_VARIABLE = 'ELFREEZE_LAB_PARTS';

/** What a container prints. */
export type Part = { readonly run: RunRecord } | { readonly failed: string };

export interface SwarmPlan {
  readonly freezeOn: readonly Kernel[];
  readonly restoreOn: readonly Kernel[];
  /** Of `elfreeze-lab matrix`, the same for all parts. */
  readonly options: readonly string[];
  /** Engines of other nodes, which are given the image: `tcp://HOST:PORT`, `unix://PATH`. */
  readonly nodes: readonly string[];
}

export interface SwarmSetting {
  readonly interrupted: AbortSignal;
  readonly say: (what: string) => void;
}

/** A part for each kernel that freezes, on whichever node has room for it. @returns what each found, in that order */
export async function matrixOnSwarm(plan: SwarmPlan, setting: SwarmSetting): Promise<RunRecord[]> {
  await using engine = await openEngine();
  const outputs = await inSwarm(engine, setting.interrupted, () => runParts(engine, plan, setting));
  return outputs.map((output, slot) => {
    const part = JSON.parse(output) as Part;
    if ('failed' in part) throw new LabError(`the part of Linux ${plan.freezeOn[slot]!.name} failed: ${part.failed}`);
    return part.run;
  });
}

async function runParts({ docker }: Engine, plan: SwarmPlan, { interrupted, say }: SwarmSetting): Promise<string[]> {
  const paths = await cachedFiles([...plan.freezeOn, ...plan.restoreOn]);
  const files = await Promise.all(paths.map((path) => readContextFile(relative(ROOT, path), path)));
  const images = await ensureImages(['matrix'], { docker, interrupted, say, more: { of: 'matrix', files } });
  const image = images.get('matrix')!;
  const nodes = await Promise.all(plan.nodes.map(openNode));
  for (const [index, node] of nodes.entries()) {
    if (await loadImage(docker, node, image)) say(`${plan.nodes[index]} has the image now`);
  }
  const restoreOn = plan.restoreOn.map(({ name }) => name).join(',');
  const parts = plan.freezeOn.map(({ name }) => [
    ...['matrix', '--json', '--jobs', '1', '--freeze-on', name, '--restore-on', restoreOn],
    ...plan.options,
  ]);
  const job = {
    image,
    command: ['elfreeze-lab', 'part'],
    environment: { [PARTS_VARIABLE]: JSON.stringify(parts) },
    slots: parts.length,
    processors: 1,
  };
  const told = (slot: number, node: string) => say(`frozen on ${plan.freezeOn[slot]!.name}: judged on node ${node}`);
  return runJob([docker, ...nodes], job, { interrupted, told });
}
