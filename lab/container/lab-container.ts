import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { RemoteHands } from '../agent/remote-hands.ts';
import { formatOwner, SELF } from '../owner.ts';
import { LAB_LABEL } from './labels.ts';

/** How all containers of the lab are: alone, under no filter of system calls, and able to look at each other. */
export interface Surroundings {
  readonly docker: Docker;
  readonly appArmor: boolean;
  /** The volume for directories that containers share, and where it is. */
  readonly volume: string;
  readonly dir: string;
  readonly interrupted: AbortSignal;
}

export const MINE = { [LAB_LABEL]: formatOwner(SELF) };

export function hostConfig({ appArmor, volume, dir }: Surroundings, sharesDirectory: boolean): Docker.HostConfig {
  return {
    NetworkMode: 'none',
    // The same for what is frozen and what is run: a process cannot have more rights in the end than it had. With the second, a UNIX
    // socket reports whether its file was removed.
    CapAdd: ['SYS_PTRACE', 'NET_ADMIN'],
    SecurityOpt: ['seccomp=unconfined', ...(appArmor ? ['apparmor=unconfined'] : [])],
    Mounts: sharesDirectory ? [{ Type: 'volume', Source: volume, Target: dir }] : [],
  };
}

/** A container in which targets of one architecture are compiled, run, frozen and looked at, by an agent. */
export class LabContainer implements AsyncDisposable {
  readonly container: Docker.Container;
  readonly hands: RemoteHands;
  private readonly connection: NodeJS.ReadWriteStream;

  private constructor(container: Docker.Container, hands: RemoteHands, connection: NodeJS.ReadWriteStream) {
    this.container = container;
    this.hands = hands;
    this.connection = connection;
  }

  static async start(image: string, surroundings: Surroundings): Promise<LabContainer> {
    const { docker } = surroundings;
    const container = await docker.createContainer({
      Image: image,
      Entrypoint: ['sleep'],
      Cmd: ['infinity'],
      Labels: MINE,
      // Init takes what its targets leave behind. Containers of images join its IPC namespace.
      HostConfig: { ...hostConfig(surroundings, true), Init: true, IpcMode: 'shareable' },
    });
    try {
      await container.start();
      const { hands, connection } = await startAgent(surroundings, container);
      return new LabContainer(container, hands, connection);
    } catch (error) {
      await container.remove({ force: true, v: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hands.breakOff('its container is being removed');
    this.connection.end();
    await this.container.remove({ force: true, v: true });
  }
}

/** Targets are to have ids that a freeze can tell from other numbers: docs/limits.md. */
const USE_UP_SMALL_IDS = 'n=0; while [ $n -lt 300 ]; do ( : ); n=$((n + 1)); done';

async function startAgent({ docker, interrupted }: Surroundings, container: Docker.Container) {
  const exec = await container.exec({
    Cmd: ['sh', '-c', `${USE_UP_SMALL_IDS}; exec node /elfreeze/dist/elfreeze-lab-agent.js "$0"`, formatOwner(SELF)],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const connection = await exec.start({ hijack: true, stdin: true });
  const [fromAgent, complaints] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(connection, fromAgent, complaints);
  const hands = new RemoteHands({ toAgent: connection, fromAgent });
  interrupted.addEventListener('abort', () => hands.breakOff('interrupted'), { once: true });
  let said = '';
  complaints.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  connection.once('close', () => hands.breakOff(`the agent has gone: ${said.trim()}`));
  return { hands, connection };
}
