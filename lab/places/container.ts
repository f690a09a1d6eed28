import { randomBytes } from 'node:crypto';
import { release } from 'node:os';
import type { Hands, Program } from '../agent/hands.ts';
import { unpackDirectory } from '../agent/call.ts';
import { type Engine, openEngine } from '../container/engine.ts';
import { ensureImages } from '../container/images.ts';
import type { ImageName, LabImageName } from '../container/image-table.ts';
import { ImageProgram } from '../container/image-program.ts';
import { LabContainer, MINE, type Surroundings } from '../container/lab-container.ts';
import type { Cell } from '../cell.ts';
import { lacksArch } from '../i386.ts';
import { LabError } from '../running.ts';
import type { Arch } from '../targets/row.ts';
import type { Place, Restart } from './place.ts';
import type { Opening } from './open.ts';

const labImage = (arch: Arch, cells: readonly Cell[]): LabImageName =>
  cells.some((cell) => cell.arch === arch && cell.target.package !== undefined) ? `${arch} languages` : arch;

/** Why no program of that architecture runs in its containers. Another kernel than this machine's is not asked. */
export const lacksArchIn = ({ kernel }: Engine, arch: Arch): string | undefined =>
  kernel === release() ? lacksArch(arch) : undefined;

/**
 * Containers: one for each architecture, in which targets are compiled, run and frozen; and one for each image, in which
 * there is nothing else.
 */
export class Containers implements Place {
  readonly name = 'container';
  readonly kernel: string;
  private readonly engine: Engine;
  private readonly images: ReadonlyMap<ImageName, string>;
  private readonly ofArch: ReadonlyMap<Arch, LabImageName>;
  private readonly around: Surroundings;
  private readonly labs = new Map<Arch, Promise<LabContainer>>();

  private constructor(
    engine: Engine,
    images: ReadonlyMap<ImageName, string>,
    ofArch: ReadonlyMap<Arch, LabImageName>,
    around: Surroundings,
  ) {
    this.engine = engine;
    this.kernel = engine.kernel;
    this.images = images;
    this.ofArch = ofArch;
    this.around = around;
  }

  static async open(cells: readonly Cell[], { dir, interrupted, say }: Opening): Promise<Containers> {
    const engine = await openEngine();
    try {
      const { docker, appArmor } = engine;
      const arches = cells.map(({ arch }) => arch).filter((arch) => lacksArchIn(engine, arch) === undefined);
      const ofArch = new Map(arches.map((arch) => [arch, labImage(arch, cells)] as const));
      const images = await ensureImages([...ofArch.values(), 'scratch'], { docker, interrupted, say });
      const volume = `elfreeze-lab-${randomBytes(6).toString('hex')}`;
      await docker.createVolume({ Name: volume, Labels: MINE });
      return new Containers(engine, images, ofArch, { docker, appArmor, volume, dir, interrupted });
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  async lacks(cell: Cell): Promise<string | undefined> {
    return lacksArchIn(this.engine, cell.arch) ?? (await this.hands(cell.arch)).lacks(cell);
  }

  async hands(arch: Arch): Promise<Hands> {
    return (await this.lab(arch)).hands;
  }

  async restart(restart: Restart): Promise<Program> {
    return ImageProgram.start(restart, this.images.get('scratch')!, await this.lab(restart.arch), this.around);
  }

  async bringHome(arch: Arch, dir: string): Promise<void> {
    const archive = await (await this.hands(arch)).pack(dir);
    await unpackDirectory(dir, archive, { env: process.env, interrupted: this.around.interrupted });
  }

  private lab(arch: Arch): Promise<LabContainer> {
    const name = this.ofArch.get(arch);
    const image = name && this.images.get(name);
    if (image === undefined) throw new LabError(`no image for ${arch} was made ready`);
    if (this.around.interrupted.aborted) throw new LabError('interrupted');
    const under = this.labs.get(arch) ?? LabContainer.start(image, this.around);
    this.labs.set(arch, under);
    return under;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const labs = await Promise.allSettled(this.labs.values());
    for (const lab of labs) if (lab.status === 'fulfilled') await lab.value[Symbol.asyncDispose]();
    await this.around.docker.getVolume(this.around.volume).remove();
    await this.engine[Symbol.asyncDispose]();
  }
}
