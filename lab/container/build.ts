import type Docker from 'dockerode';
import { LabError } from '../running.ts';
import { type ContextFile, packFiles } from './context.ts';
import { followed } from './progress.ts';
import { removeContainer, removeImage } from './remove.ts';

export interface Recipe {
  readonly tag: string;
  /** One of them is `.Dockerfile`. */
  readonly files: readonly ContextFile[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly buildargs?: Readonly<Record<string, string>>;
}

/**
 * Each step of a build begins in what the one before left, ` ---> IMAGE`, in a container of its own.
 * @source builder/dockerfile/dispatchers.go, 20.10
 */
const STEP = /^ ---> (Running in )?([0-9a-f]{12})$/gm;

/** Builds an image; one that fails leaves nothing. @throws LabError with its last lines */
export async function buildImage(docker: Docker, recipe: Recipe, interrupted: AbortSignal): Promise<void> {
  const { tag, files, labels = {}, buildargs = {} } = recipe;
  const options = { t: tag, dockerfile: '.Dockerfile', labels, buildargs, networkmode: 'host', forcerm: true } as const;
  if (interrupted.aborted) throw new LabError('interrupted');
  const stream = await docker.buildImage(packFiles(files), options);
  let said = '';
  try {
    await followed(docker, stream, `the build of ${tag}`, interrupted, { hear: (text) => (said += text) });
  } catch (error) {
    await removeSteps(docker, said);
    throw error;
  }
}

async function removeSteps(docker: Docker, said: string): Promise<void> {
  let layer: string | undefined;
  for (const [, isContainer, id] of said.matchAll(STEP)) {
    if (isContainer) await removeContainer(docker, id!);
    else layer = id;
  }
  if (layer === undefined) return;
  // It may be what the image is built FROM, or belong to another image too.
  const { RepoTags } = await docker.getImage(layer).inspect();
  if (RepoTags.length === 0) await removeImage(docker, layer);
}
