import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Hands, Program } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';
import { Runner, type TrialReport } from '../experiment/runner.ts';
import type { Place, Restart } from '../places/place.ts';
import type { Fault, ImageSubject, Subject } from './faults.ts';
import type { Arch } from './look.ts';

const run = promisify(execFile);

/** What changes a process, in the checkout. */
export const PLANT = 'lab/judge/plant.c';

/** A place on this host where what is restored is spoilt before the lab looks at it. */
export class SpoiltPlace implements Place {
  readonly name: string;
  readonly kernel: string;
  /** What must be said; nothing until the fault is planted. */
  expected: readonly RegExp[] | undefined;
  private readonly place: Place;
  private readonly fault: Fault;
  private readonly program: string;

  /** @param program made of plant.c */
  constructor(place: Place, fault: Fault, program: string) {
    this.name = place.name;
    this.kernel = place.kernel;
    this.place = place;
    this.fault = fault;
    this.program = program;
  }

  lacks(cell: Cell): Promise<string | undefined> {
    return this.place.lacks(cell);
  }

  hands(arch: Arch): Promise<Hands> {
    return this.place.hands(arch);
  }

  async restart(restart: Restart): Promise<Program> {
    const { fault } = this;
    if ('image' in fault) this.expected = await fault.image(await this.imageSubject(restart));
    const program = await this.place.restart(restart);
    try {
      if ('process' in fault) this.expected = await fault.process(await this.subject(restart, program.pid));
      return program;
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  private async imageSubject({ arch, image }: Restart): Promise<ImageSubject> {
    const hands = await this.hands(arch);
    const { brk } = await inspect(hands, image);
    return {
      heap: rangeOf(brk),
      segments: await hands.segments(image),
      flip: (offset) => flip(image, offset),
    };
  }

  private async subject({ arch, image }: Restart, pid: number): Promise<Subject> {
    const hands = await this.hands(arch);
    const look = await hands.look(pid, { memory: true, peek: false });
    const { mappings } = await inspect(hands, image);
    const vvar = mappings.find(({ path }) => path === '[vvar]');
    if (!vvar) throw new Error('the image says nothing of [vvar]');
    const plant = async (...args: readonly (string | bigint | number)[]) =>
      (await run(this.program, [String(pid), ...args.map(String)])).stdout.trim();
    return { arch, look, vvar: rangeOf(vvar), plant };
  }

  bringHome(arch: Arch, dir: string): Promise<void> {
    return this.place.bringHome(arch, dir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever opened the place within closes it.
  }
}

/** Runs a cell in this place, and keeps nothing of it, whatever the verdict. */
export async function runOnce(cell: Cell, place: Place, interrupted: AbortSignal): Promise<TrialReport> {
  const report = await runIn(cell, place, interrupted);
  if (report.directory !== undefined) await rm(dirname(report.directory), { recursive: true });
  return report;
}

async function runIn(cell: Cell, place: Place, interrupted: AbortSignal): Promise<TrialReport> {
  await using runner = await Runner.open({ freezeIn: place, restoreIn: place, interrupted, rerun: '' });
  return await runner.run({ name: cell.name, cell });
}

interface Said {
  readonly start: string;
  readonly end: string;
}

/** What of `elfreeze inspect IMAGE --json` tells where to plant. */
async function inspect(hands: Hands, image: string) {
  const { stdout } = await hands.elfreeze(['inspect', image, '--json']);
  return JSON.parse(stdout) as { brk: Said; mappings: readonly (Said & { path: string })[] };
}

const rangeOf = ({ start, end }: Said) => ({ start: BigInt(start), end: BigInt(end) });

async function flip(path: string, offset: bigint): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Number(offset));
    await file.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, Number(offset));
  } finally {
    await file.close();
  }
}
