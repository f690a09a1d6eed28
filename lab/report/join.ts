import type { CellRecord, RunRecord } from './record.ts';

/** Parts of a run, made one after the other or on several machines, as one. What a later part ran again stands where it stood before. */
export function joinRuns(parts: readonly RunRecord[]): RunRecord {
  const last = parts.at(-1);
  if (last === undefined) throw new Error('no run to join');
  const cells = new Map(parts.flatMap((part) => part.cells).map((cell) => [nameOf(cell), cell]));
  const leftOut = new Map(parts.flatMap((part) => part.leftOut).map((each) => [each.what, each]));
  const notes = [...new Set(parts.flatMap((part) => part.notes ?? []))];
  return {
    ...last,
    milliseconds: parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    command: parts.map(({ command }) => command).join(' && '),
    cells: [...cells.values()],
    leftOut: [...leftOut.values()],
    ...(notes.length > 0 && { notes }),
  };
}

const nameOf = ({ name, places }: CellRecord): string => [name, places.freeze.name, places.restore.name].join('\0');
