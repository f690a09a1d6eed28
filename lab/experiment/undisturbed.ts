import type { Hands } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';
import { letGo, makeWork, startOf, untilReady, waitsForLab, workOf } from './lead.ts';
import { type Result, resultOf } from './result.ts';

/** What a cell's target does when nobody freezes it. */
export interface Undisturbed extends Result {
  /** Until it waited for the lab, or had ended. */
  readonly milliseconds: number;
}

/** What of the hands is used. */
type Workshop = Pick<Hands, 'executable' | 'start' | 'makeDirectory' | 'writeFile' | 'digests' | 'remove'>;

/** @param pauses stops and continues it once, which no program may notice */
export async function runUndisturbed(cell: Cell, hands: Workshop, dir: string, pauses: boolean): Promise<Undisturbed> {
  const executable = await hands.executable(cell);
  await makeWork(cell, hands, dir);
  try {
    const start = performance.now();
    await using target = await hands.start(startOf(cell, executable, dir));
    await untilReady(cell, target, dir);
    const readyAfter = performance.now() - start;
    if (pauses || cell.target.waits === 'stopped') {
      await target.signal('SIGSTOP');
      await target.until({ kind: 'state', letter: 'T' });
      await target.signal('SIGCONT');
    }
    await letGo(cell, target);
    const ended = await target.finish();
    const endedAfter = performance.now() - start;
    const result = await resultOf(cell, ended, hands, workOf(dir));
    return { ...result, milliseconds: waitsForLab(cell.target) ? readyAfter : endedAfter };
  } finally {
    await hands.remove(dir);
  }
}
