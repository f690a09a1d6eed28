import { basename, resolve } from 'node:path';
import type { Cell } from './cell.ts';
import { readSource } from './own-source.ts';
import type { Arch, Linkage, TargetRow } from './targets/row.ts';

/** A program of the user's instead of a target: it follows no protocol, so it is frozen at random moments only. */
const row = (name: string, rest: Partial<TargetRow>): TargetRow => ({
  name,
  fact: 'It goes on as if nothing had been.',
  arches: [],
  linkages: [],
  waits: 'work',
  moves: true,
  own: {},
  ...rest,
});

/** A command, run as the user's shell would run it, but with nothing on standard input. */
export function ownCommand([program = '', ...args]: readonly string[]): Cell {
  const env = Object.fromEntries(Object.entries(process.env).filter((pair): pair is [string, string] => !!pair[1]));
  const name = basename(program);
  const path = program.includes('/') ? resolve(program) : program;
  const target = row(name, { program: path, args, own: { cwd: process.cwd(), env } });
  return { name, target, arch: 'x86-64', linkage: 'system' };
}

/** A C file, in each of the wanted forms. */
export async function ownSource(path: string, arches: readonly Arch[], linkages: readonly Linkage[]): Promise<Cell[]> {
  const name = basename(path, '.c');
  const target = row(name, { text: await readSource(path) });
  return arches.flatMap((arch) =>
    linkages.map((linkage) => ({ name: `${path}/${arch}/${linkage}`, target, arch, linkage })),
  );
}
