import { PRESET_SLOT, RELATION } from '../../restorer/steps.ts';
import type { Program } from './program.ts';

/**
 * A rehearsal (ELFREEZE_CHECK) goes through the restore program beside the process that was frozen, and takes nothing from it. What
 * only the end of that process sets free, or what others would notice, has other steps there.
 */

/** Steps that a rehearsal leaves out. @param what of them, as `bind 127.0.0.1:80`, for whoever asks what was not tried */
export function unlessRehearsed(program: Program, what: string | undefined, body: () => void): void {
  if (what !== undefined) program.notRehearsed.add(what);
  onlyWhen(program, 0n, body);
}

/** Steps of a rehearsal alone. */
export function whenRehearsed(program: Program, body: () => void): void {
  onlyWhen(program, 1n, body);
}

function onlyWhen(program: Program, rehearses: bigint, body: () => void): void {
  const at = program.steps.length;
  body();
  const steps = program.steps.splice(at);
  if (steps.length === 0) return;
  const slot = program.slotAddress({ slot: PRESET_SLOT.rehearses });
  program.do('check', [slot, 8n, BigInt(RELATION.ne), rehearses], '', steps.length);
  program.steps.push(...steps);
}
