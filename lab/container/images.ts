import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { withLock } from '../lock.ts';
import { ROOT } from '../root.ts';
import { LabError } from '../running.ts';
import { buildImage } from './build.ts';
import { type ContextFile, hashOf } from './context.ts';
import { importDebian } from './debian-base.ts';
import { type Built, type ImageName, type ImageRow, IMAGES } from './image-table.ts';
import { HASH_LABEL, LAB_LABEL, OF_IMAGE } from './labels.ts';
import { followed, SilentTooLong } from './progress.ts';
import { removeImage } from './remove.ts';

export interface Making {
  readonly docker: Docker;
  readonly interrupted: AbortSignal;
  /** Of what takes a while. */
  readonly say: (what: string) => void;
  /** Besides its row's context, what this run wants in an image. */
  readonly more?: { readonly of: ImageName; readonly files: readonly ContextFile[] };
}

/** A registry that says nothing for so long is none. */
const REGISTRY_MS = 30_000;

/**
 * Makes ready what is wanted and all that it is built from; what has not changed is left as it is. When one fails the others are broken off,
 * and nothing is under way any more. @returns ids, by name
 */
export async function ensureImages(wanted: readonly ImageName[], given: Making): Promise<Map<ImageName, string>> {
  const failed = new AbortController();
  const making = { ...given, interrupted: AbortSignal.any([given.interrupted, failed.signal]) };
  const makers = new Map<ImageName, Promise<string>>();
  const ensure = (name: ImageName): Promise<string> => {
    const under = makers.get(name) ?? ensureImage(IMAGES[name], making, ensure);
    makers.set(name, under);
    return under;
  };
  const work = () =>
    Promise.all(wanted.map(async (name) => [name, await ensure(name)] as const)).catch(async (error: unknown) => {
      failed.abort();
      await Promise.allSettled(makers.values());
      throw error;
    });
  return new Map(await whileNobodyBuilds(making.docker, work, given.interrupted));
}

/** Two labs would build the same, or sweep away what the other builds; those of another checkout may use the same engine. */
export async function whileNobodyBuilds<T>(
  docker: Docker,
  work: () => Promise<T>,
  interrupted?: AbortSignal,
): Promise<T> {
  const { ID } = (await docker.info()) as { ID: string };
  const engine = createHash('sha256').update(ID).digest('hex').slice(0, 8);
  return withLock(join(tmpdir(), `elfreeze-images-${process.getuid!()}-${engine}`), work, interrupted);
}

type Ensure = (name: ImageName) => Promise<string>;

async function ensureImage(row: ImageRow, making: Making, ensure: Ensure): Promise<string> {
  const { docker, say, interrupted } = making;
  const { tag, pulled, made } = row;
  const more = making.more && IMAGES[making.more.of] === row ? making.more.files : [];
  if (pulled) {
    const there = (await inspect(docker, tag)) ?? (await pull(tag, making));
    if (there) return there.id;
  }
  if ('dockerfile' in made) return build(tag, made, more, making, ensure);
  say(`no registry is in reach: ${tag} is made from Debian's archive, which takes a minute or two`);
  await importDebian(docker, tag, made.debianArch, interrupted);
  return (await inspect(docker, tag))!.id;
}

async function build(
  tag: string,
  { dockerfile, from, context }: Built,
  more: readonly ContextFile[],
  making: Making,
  ensure: Ensure,
): Promise<string> {
  const { docker, say } = making;
  const text = await readFile(join(ROOT, dockerfile));
  const parents = Object.entries(from);
  const ids = await Promise.all(parents.map(([, name]) => ensure(name)));
  const files = [{ name: '.Dockerfile', mode: 0o644, bytes: text }, ...(context ? await context() : []), ...more];
  const hash = hashOf(files, ids);
  const old = await inspect(docker, tag);
  if (old?.hash === hash) return old.id;
  say(`building ${tag}`);
  const labels = { [LAB_LABEL]: OF_IMAGE, [HASH_LABEL]: hash };
  const buildargs = Object.fromEntries(parents.map(([argument, name]) => [argument, IMAGES[name].tag]));
  await buildImage(docker, { tag, files, labels, buildargs }, making.interrupted);
  const { id } = (await inspect(docker, tag))!;
  if (old && old.id !== id) await removeImage(docker, old.id);
  return id;
}

/** @returns undefined when no registry has it, or none is in reach */
async function pull(tag: string, { docker, interrupted }: Making): Promise<Inspected | undefined> {
  try {
    await followed(docker, await docker.pull(tag), `the pull of ${tag}`, interrupted, { silenceMs: REGISTRY_MS });
  } catch (error) {
    if (interrupted.aborted || !isUnreachable(error)) throw error;
    return undefined;
  }
  return inspect(docker, tag);
}

/** The engine says so in words of its own, with status 500 or 404. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof SilentTooLong ||
  error instanceof LabError ||
  [404, 500].includes((error as { statusCode?: number }).statusCode ?? 0);

/** Takes an image to another engine that lacks it. @returns whether it did */
export async function loadImage(from: Docker, to: Docker, id: string): Promise<boolean> {
  if (await inspect(to, id)) return false;
  await to.loadImage(await from.getImage(id).get()).then(untilRead);
  return true;
}

/** The engine works while its answer is read. */
const untilRead = async (answer: NodeJS.ReadableStream): Promise<void> => void (await buffer(answer));

interface Inspected {
  readonly id: string;
  readonly hash: string | undefined;
}

async function inspect(docker: Docker, tag: string): Promise<Inspected | undefined> {
  try {
    const { Id, Config } = await docker.getImage(tag).inspect();
    return { id: Id, hash: Config.Labels?.[HASH_LABEL] };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    return undefined;
  }
}
