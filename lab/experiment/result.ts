import { constants } from 'node:os';
import { join } from 'node:path';
import type { Ended, Hands } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';
import type { Difference } from '../judge/verdict.ts';

/** What is left of a run. */
export interface Result extends Ended {
  /** Digests of the result files. */
  readonly files: Readonly<Record<string, string>>;
}

export async function resultOf(cell: Cell, ended: Ended, hands: Pick<Hands, 'digests'>, work: string): Promise<Result> {
  const names = cell.target.results ?? [];
  const digests = names.length === 0 ? {} : await hands.digests(names.map((name) => join(work, name)));
  return { ...ended, files: Object.fromEntries(names.map((name) => [name, digests[join(work, name)]!])) };
}

export function compareResults(expected: Result, result: Result): Difference[] {
  const line = firstDifferingLine(expected.output, result.output);
  return [
    ...(line ? [line] : []),
    ...check('end', result.asShells ? asShells(expected.end) : expected.end, result.end),
    ...Object.entries(expected.files).flatMap(([name, digest]) =>
      check(`file ${name}`, digest, result.files[name] ?? 'missing'),
    ),
  ];
}

/** `killed by SIGKILL` as `exit 137`. */
function asShells(end: string): string {
  const signal = /^killed by (SIG\w+)$/.exec(end)?.[1];
  return signal === undefined ? end : `exit ${128 + constants.signals[signal as NodeJS.Signals]}`;
}

export const check = (kind: string, before: string, after: string): Difference[] =>
  before === after ? [] : [{ kind, at: '', before, after }];

function firstDifferingLine(was: string, is: string): Difference | undefined {
  if (was === is) return undefined;
  const [before, after] = [was.split('\n'), is.split('\n')];
  const at = before.findIndex((line, index) => line !== after[index]);
  const line = at === -1 ? before.length : at;
  return { kind: 'output', at: `line ${line + 1}`, before: before[line] ?? 'nothing', after: after[line] ?? 'nothing' };
}
