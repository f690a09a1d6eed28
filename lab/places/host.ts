import { release } from 'node:os';
import type { Hands, Program } from '../agent/hands.ts';
import { LocalHands } from '../agent/local-hands.ts';
import type { Cell } from '../cell.ts';
import { Compiler } from '../compile.ts';
import { formatOwner, SELF } from '../owner.ts';
import type { Place, Restart } from './place.ts';

/** This machine, as it is. */
export class Host implements Place {
  readonly name = 'host';
  readonly kernel = release();
  private readonly local: LocalHands;

  private constructor(local: LocalHands) {
    this.local = local;
  }

  static async open(interrupted: AbortSignal): Promise<Host> {
    return new Host(new LocalHands(await Compiler.find(), formatOwner(SELF), interrupted));
  }

  lacks(cell: Cell): Promise<string | undefined> {
    return this.local.lacks(cell);
  }

  async hands(): Promise<Hands> {
    return this.local;
  }

  async restart({ image, dir, stdin, env }: Restart): Promise<Program> {
    const start = { executable: image, args: [], cwd: '/', env, dir, role: 'image', stdin } as const;
    const program = await this.local.start(start);
    try {
      await program.until({ kind: 'state', letter: 'T' });
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return program;
  }

  async bringHome(): Promise<void> {
    // It is there.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its programs have owners of their own.
  }
}
