import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { LabError } from '../running.ts';
import { acquirePrivateEngine, canBePrivate, hasPrivateData } from './private-engine.ts';

/** A container engine that answers. */
export interface Engine extends AsyncDisposable {
  readonly docker: Docker;
  /** The version of the kernel that its containers run on. */
  readonly kernel: string;
  /** Started by labs of this checkout, for themselves. */
  readonly isPrivate: boolean;
  /** Whether it confines containers by AppArmor, if not told otherwise. */
  readonly appArmor: boolean;
}

const HOW_TO_GET_ONE =
  'start Docker, or name one by DOCKER_HOST; as root, what Debian calls docker.io and debootstrap is enough ' +
  '(apt-get install docker.io debootstrap), the lab starts its own. Without any: --freeze-in host --restore-in host';

/** The user's engine, else a private one. @throws LabError when there is none, saying how to get one */
export async function openEngine(): Promise<Engine> {
  const theirs = await findEngine();
  if (theirs) return theirs;
  if (!canBePrivate()) throw new LabError(`no container engine is in reach: ${HOW_TO_GET_ONE}`);
  const { socketPath, release } = await acquirePrivateEngine(answersAt);
  return describe(await connect(socketPath), { isPrivate: true, release });
}

/** The user's engine, if one is in reach. */
async function findEngine(): Promise<Engine | undefined> {
  if (process.env['DOCKER_HOST']) return describe(await connect(), THEIRS);
  for (const socketPath of sockets()) {
    const docker = existsSync(socketPath) && (await connect(socketPath));
    // A socket may be left of an engine that is no more.
    if (docker && (await answers(docker))) return describe(docker, THEIRS);
  }
  return undefined;
}

/** The engine that labs here use or used; a private one is started if it ever was. */
export async function openUsedEngine(): Promise<Engine | undefined> {
  const theirs = await findEngine();
  return theirs ?? (hasPrivateData() && canBePrivate() ? openEngine() : undefined);
}

/** Another node's engine. @param url `tcp://HOST:PORT` or `unix://PATH` @throws LabError when it does not answer */
export async function openNode(url: string): Promise<Docker> {
  const { default: Dockerode } = await import('dockerode');
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol !== 'tcp:' && protocol !== 'unix:')
    throw new LabError(`${url}: wanted: tcp://HOST:PORT or unix://PATH, of a node's engine`);
  const docker = new Dockerode(
    protocol === 'unix:' ? { socketPath: pathname } : { protocol: 'http', host: hostname, port: Number(port) },
  );
  if (!(await answers(docker))) throw new LabError(`the engine at ${url} does not answer`);
  return docker;
}

/** Where engines listen: a system's, a user's own. */
const sockets = (): string[] => [
  '/var/run/docker.sock',
  ...(process.env['XDG_RUNTIME_DIR'] ? [join(process.env['XDG_RUNTIME_DIR'], 'docker.sock')] : []),
];

/** @param socketPath else what DOCKER_HOST names */
async function connect(socketPath?: string): Promise<Docker> {
  const { default: Dockerode } = await import('dockerode');
  return new Dockerode(socketPath === undefined ? {} : { socketPath });
}

const answers = (docker: Docker): Promise<boolean> =>
  docker.ping().then(
    () => true,
    () => false,
  );

const answersAt = async (socketPath: string): Promise<boolean> => answers(await connect(socketPath));

interface Holding {
  readonly isPrivate: boolean;
  readonly release: () => Promise<void>;
}

/** A user's engine is nothing to let go of. */
const THEIRS: Holding = { isPrivate: false, release: () => Promise.resolve() };

async function describe(docker: Docker, { isPrivate, release }: Holding): Promise<Engine> {
  const info = (await docker.info().catch(async (cause: Error) => {
    await release();
    throw new LabError(`the container engine does not answer (${cause.message}): ${HOW_TO_GET_ONE}`, { cause });
  })) as { KernelVersion: string; SecurityOptions: string[] };
  return {
    docker,
    isPrivate,
    kernel: info.KernelVersion,
    appArmor: info.SecurityOptions.some((option) => option.includes('apparmor')),
    [Symbol.asyncDispose]: release,
  };
}
