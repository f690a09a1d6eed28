import { readFile } from 'node:fs/promises';
import { Compiler } from '../lab/compile.ts';
import { findKernel } from '../lab/vm/kernels.ts';
import { openVm } from '../lab/vm/open.ts';
import type { Vm } from '../lab/vm/vm.ts';
import { encodeCase, type LaunchCase } from './oracles/case.ts';
import { buildLauncher, type KernelOracle } from './oracles/launcher.ts';
import { type Observation, parseObservation } from './oracles/observation.ts';

const LAUNCHER = '/lab/launcher';

/** A kernel in a guest of the lab, asked by the same launcher. */
export class GuestKernel implements KernelOracle {
  readonly name: string;
  private readonly vm: Vm;

  private constructor(name: string, vm: Vm) {
    this.name = name;
    this.vm = vm;
  }

  /** @param word as `elfreeze-lab` takes it: 6.12, 6.1-i386, the path of a bzImage */
  static async start(word: string, interrupted: AbortSignal): Promise<GuestKernel> {
    const kernel = await findKernel(word);
    if ('gone' in kernel) throw new Error(`Linux ${word}: ${kernel.gone}`);
    const vm = await openVm(kernel, 'bare', await Compiler.find(), interrupted);
    const guest = new GuestKernel(`Linux ${word} (${kernel.from})`, vm);
    try {
      await vm.put(LAUNCHER, await readFile(await buildLauncher(kernel.arch)), 0o755);
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
    return guest;
  }

  /** A file of the guest. */
  async read(path: string): Promise<string> {
    return (await this.vm.read(path)).toString('latin1');
  }

  async observe(launch: LaunchCase): Promise<Observation> {
    return (await this.observeAll([launch]))[0]!;
  }

  async observeAll(launches: readonly LaunchCase[]): Promise<Observation[]> {
    const input = Buffer.concat(launches.map((launch, id) => encodeCase(id, launch)));
    const { stdout, stderr, end } = await this.vm.run({ words: [LAUNCHER] }, input);
    const answers = stdout.toString('latin1').split('\nend\n').slice(0, -1);
    if (end.status !== 0 || answers.length !== launches.length)
      throw new Error(
        `the launcher ended: ${end.signal ?? end.status}, after ${answers.length} cases. ${stderr.toString('latin1')}`,
      );
    const said = stderr.toString('latin1').trim();
    return answers.map((answer) => {
      const seen = parseObservation(answer.split('\n').slice(1));
      return seen.kind === 'exited' && said !== '' ? { ...seen, said } : seen;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.vm[Symbol.asyncDispose]();
  }
}
