import { type Arch, type Linkage, TARGETS, type TargetRow } from './targets/index.ts';

/** One experiment: target × architecture × linkage. */
export interface Cell {
  /** `brk-unaligned/i386/static-pie`, also a selector. */
  readonly name: string;
  readonly target: TargetRow;
  readonly arch: Arch;
  readonly linkage: Linkage;
}

export const CELLS: readonly Cell[] = TARGETS.flatMap((target) =>
  target.arches.flatMap((arch) =>
    target.linkages.map((linkage) => ({ name: `${target.name}/${arch}/${linkage}`, target, arch, linkage })),
  ),
);

export interface Selection {
  /** Target or cell names, with `*` for any run of characters; none means all. */
  readonly selectors: readonly string[];
  readonly arches: readonly string[];
  readonly linkages: readonly string[];
}

/** @throws when a selector selects nothing: it is misspelt */
export function selectCells({ selectors, arches, linkages }: Selection): Cell[] {
  const patterns = selectors.map((text) => ({ text, pattern: globPattern(text) }));
  const matches = (cell: Cell, pattern: RegExp) => pattern.test(cell.name) || pattern.test(cell.target.name);
  for (const { text, pattern } of patterns) {
    if (!CELLS.some((cell) => matches(cell, pattern))) throw new Error(`no target or cell is called ${text}`);
  }
  return CELLS.filter(
    (cell) =>
      (patterns.length === 0 || patterns.some(({ pattern }) => matches(cell, pattern))) &&
      (arches.length === 0 || arches.includes(cell.arch)) &&
      (linkages.length === 0 || linkages.includes(cell.linkage)),
  );
}

const globPattern = (glob: string): RegExp =>
  new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')}$`);
