import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandSaid } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';
import { type Difference, type Verdict, verdictOf } from '../judge/verdict.ts';
import { isFrom } from '../release.ts';
import { ROOT } from '../root.ts';
import { LabError } from '../running.ts';
import type { TargetRow } from '../targets/row.ts';

const EX_UNAVAILABLE = 69;
const EX_TEMPFAIL = 75;

/** Whether docs/limits.md holds these words. */
export function isDocumented(words: string): boolean {
  const page = join(ROOT, 'docs/limits.md');
  return existsSync(page) && readFileSync(page, 'utf8').includes(words);
}

/** Words of the refusal that the row says a kernel of this release leads to. */
export const limitsOn = ({ limits, before }: TargetRow, release: string): string | undefined =>
  limits ?? (before && !isFrom(release, before.release) ? before.limits : undefined);

/** `freeze` refused: rightly so if the cell's row and docs/limits.md say so. @param release of the kernel it ran on */
export function judgeRefusal(cell: Cell, { status, stderr }: CommandSaid, release: string): Verdict {
  const limits = limitsOn(cell.target, release);
  if (limits !== undefined && status === EX_UNAVAILABLE && stderr.includes(limits) && isDocumented(limits)) {
    return { outcome: 'unsupported', feature: limits };
  }
  return verdictOf([{ kind: 'freeze', at: `exit ${status}`, before: 'frozen', after: stderr.trim() }]);
}

/** The same at a moment that no row speaks of, where a program may hold anything for a while. */
export function judgeRefusalAtMoment(cell: Cell, called: CommandSaid, release: string): Verdict {
  const code = /\[([A-Z_]+)\]/.exec(called.stderr)?.[1];
  const isRefusal = called.status === EX_UNAVAILABLE || called.status === EX_TEMPFAIL;
  if (isRefusal && code !== undefined && isDocumented(`\`${code}\``))
    return { outcome: 'unsupported', feature: called.stderr.trim().replace(/^elfreeze: /, '') };
  return judgeRefusal(cell, called, release);
}

export const OTHER_FILE = 'is another file than the one that was open when the process was frozen';

const NO_FILE = 'cannot open';

/**
 * An image did not start. In an empty container the files that belong to the program are not there; in another place those that go
 * with it are copies, and docs/limits.md says that copies are other files.
 */
export function judgeNoStart(error: unknown, { keepsOpen }: TargetRow, elsewhere: boolean): Verdict {
  if (!(error instanceof LabError)) throw error;
  if (keepsOpen !== undefined && error.message.includes(`${keepsOpen}, descriptor`) && isDocumented(NO_FILE))
    return { outcome: 'unsupported', feature: `${NO_FILE} …/${keepsOpen}` };
  if (elsewhere && error.message.includes(OTHER_FILE) && isDocumented(OTHER_FILE))
    return { outcome: 'unsupported', feature: OTHER_FILE };
  throw error;
}

/** The cell's row says that freeze refuses it. */
export const frozenAgainstLimits = (limit: string): Verdict =>
  verdictOf([
    { kind: 'limits', at: limit, before: 'refused by freeze', after: 'frozen: docs/limits.md and the row are wrong' },
  ]);

/** The cell's row says that its fact is lost. */
export function judgeLoss(limit: string, outcome: readonly Difference[]): Verdict {
  if (outcome.length > 0 && isDocumented(limit)) return { outcome: 'unsupported', feature: limit };
  if (outcome.length > 0) return verdictOf(outcome);
  return verdictOf([
    { kind: 'limits', at: limit, before: 'the fact is lost', after: 'it holds: docs/limits.md and the row are wrong' },
  ]);
}
