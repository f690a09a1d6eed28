import { basename } from 'node:path';
import type { Ended, Fact, Hands, Program } from '../agent/hands.ts';
import type { Restart } from '../places/place.ts';
import { ContainerRun } from './container-run.ts';
import { hostConfig, type LabContainer, MINE, type Surroundings } from './lab-container.ts';

/** An image that runs in a container of its own, in which nothing else is. The lab container's hands see it. */
export class ImageProgram implements Program {
  readonly pid: number;
  private readonly run: ContainerRun;
  private readonly hands: Hands;

  private constructor(pid: number, run: ContainerRun, hands: Hands) {
    this.pid = pid;
    this.run = run;
    this.hands = hands;
  }

  /** @param scratch the empty image's id */
  static async start(
    { image, work, hasResults, stdin, env }: Restart,
    scratch: string,
    lab: LabContainer,
    around: Surroundings,
  ): Promise<ImageProgram> {
    const { hands, container } = lab;
    // An empty working directory only has to be there; files in one must be the ones that the target had, and results are looked for there.
    const isUsed = hasResults || (await hands.list(work)).length > 0;
    const sharesDirectory = work.startsWith(`${around.dir}/`) && isUsed;
    const options = {
      Image: scratch,
      Entrypoint: [`/${basename(image)}`],
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      WorkingDir: work,
      OpenStdin: stdin === 'lines',
      Labels: MINE,
      HostConfig: {
        ...hostConfig(around, sharesDirectory),
        PidMode: `container:${container.id}`,
        // Only from inside a network namespace the kernel tells what a UNIX socket is connected to.
        NetworkMode: `container:${container.id}`,
        // /dev/shm belongs to an IPC namespace: a name in it is a file that has to be where it was.
        IpcMode: `container:${container.id}`,
      },
    };
    const run = await ContainerRun.create(around.docker, options, around.interrupted);
    try {
      await run.container.putArchive(await container.getArchive({ path: image }), { path: '/' });
      await run.start();
      const pid = await run.unlessEnded('restored and stopped', hands.stoppedIn(run.container.id));
      return new ImageProgram(pid, run, hands);
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  async until(fact: Fact): Promise<void> {
    const waiting = fact.kind === 'said' ? this.run.saying(fact.text) : this.hands.waitFor(this.pid, fact);
    await this.run.unlessEnded(Object.values(fact).join(' '), waiting);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    if (!this.run.hasEnded) await this.hands.signal(this.pid, signal);
  }

  async writeLine(line: string): Promise<void> {
    this.run.write(`${line}\n`);
  }

  async hasEnded(): Promise<boolean> {
    return this.run.hasEnded;
  }

  finish(): Promise<Ended> {
    return this.run.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.run[Symbol.asyncDispose]();
  }
}
