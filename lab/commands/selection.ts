import { existsSync } from 'node:fs';
import { type Cell, selectCells } from '../cell.ts';
import { type Trial, trialsOf } from '../experiment/trial.ts';
import { ownCommand, ownSource } from '../own.ts';
import type { Place } from '../places/place.ts';
import type { RunRecord } from '../report/record.ts';
import type { Arch, Linkage } from '../targets/row.ts';

export interface SelectionOptions {
  readonly arch: readonly Arch[];
  readonly linkage: readonly Linkage[];
  readonly times: number;
  readonly moments?: number;
  readonly seed: string;
}

/** So often a user's own program is frozen, if not said. */
const OWN_MOMENTS = 10;

/** @param command after `--`: a program of the user's, instead of selectors */
export async function cellsOf(
  selectors: readonly string[],
  command: readonly string[],
  { arch, linkage }: SelectionOptions,
): Promise<Cell[]> {
  if (command.length > 0) return [ownCommand(command)];
  const isSource = (selector: string) => selector.endsWith('.c') && existsSync(selector);
  const cells: Cell[] = [];
  for (const path of selectors.filter(isSource))
    cells.push(...(await ownSource(path, arch.length > 0 ? arch : ['x86-64'], linkage.length > 0 ? linkage : ['pie'])));
  const ofLab = selectors.filter((selector) => !isSource(selector));
  if (ofLab.length === 0 && cells.length > 0) return cells;
  return [...cells, ...selectCells({ selectors: ofLab, arches: arch, linkages: linkage })];
}

export interface Selected {
  readonly trials: readonly Trial[];
  readonly leftOut: RunRecord['leftOut'];
}

/** What of the cells can be built there, as often as wanted. */
export async function trialsIn(
  place: Place,
  cells: readonly Cell[],
  { times, moments, seed }: SelectionOptions,
): Promise<Selected> {
  const trials: Trial[] = [];
  const leftOut = new Map<string, number>();
  for (const cell of cells) {
    const lack = await place.lacks(cell);
    if (lack === undefined) trials.push(...trialsOf([cell], moments ?? (cell.target.own ? OWN_MOMENTS : 0), seed));
    else leftOut.set(lack, (leftOut.get(lack) ?? 0) + 1);
  }
  return {
    trials: Array.from({ length: times }, () => trials).flat(),
    leftOut: [...leftOut].map(([what, number]) => ({ what, cells: number })),
  };
}
