import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandSaid } from '../agent/hands.ts';
import { formatEnd, LabError } from '../running.ts';
import { ROOT } from '../root.ts';
import type { GuestProcess } from './guest-process.ts';
import { IN_GUEST } from './guest-system.ts';
import type { Vm } from './vm.ts';

const AGAIN = '/lab/again.cjs';
const POLL_MS = 2;
/** Long enough for a loaded machine that runs a guest without hardware's help. */
const PATIENCE_MS = 240_000;

/** One elfreeze of a guest that runs one command after the other: guest/again.cjs. One that ended is started anew. */
export class WarmElfreeze {
  private readonly vm: Vm;
  private readonly env: Readonly<Record<string, string>>;
  private process: GuestProcess | undefined;

  constructor(vm: Vm, env: Readonly<Record<string, string>>) {
    this.vm = vm;
    this.env = env;
  }

  async run(args: readonly string[]): Promise<CommandSaid> {
    const process = this.process ?? (await this.start());
    this.process = process;
    const before = process.said();
    process.writeLine(JSON.stringify(args));
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const { stdout, stderr } = process.said();
      const [out, err] = [stdout.subarray(before.stdout.length), stderr.subarray(before.stderr.length)].map(partsOf);
      if (out && err) return { status: out.status, stdout: out.text, stderr: err.text };
      const { end } = process;
      if (end || performance.now() > deadline) {
        this.process = undefined;
        if (!end) process.kill('SIGKILL');
        throw new LabError(
          `elfreeze ${args[0]} ${end ? `ended: ${formatEnd(end)}` : 'did not end'}: ${process.tail()}`,
        );
      }
      await delay(POLL_MS);
    }
  }

  private async start(): Promise<GuestProcess> {
    await this.vm.put(AGAIN, await readFile(join(ROOT, 'lab/vm/guest/again.cjs')), 0o644);
    const words = [IN_GUEST.node, AGAIN, join(IN_GUEST.elfreeze, 'dist/elfreeze/main.cjs')];
    return this.vm.start({ words, env: this.env });
  }
}

/** What a run wrote to a stream, and its exit status; undefined until it has ended. */
function partsOf(bytes: Buffer): { text: string; status: number } | undefined {
  const [, text = '', status] = /^([^]*)\0(\d+)\n$/.exec(bytes.toString()) ?? [];
  return status === undefined ? undefined : { text, status: Number(status) };
}
