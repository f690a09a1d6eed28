import { ElfreezeError, ERRORS } from '../base/errors.ts';

/**
 * Says what went wrong in one line and ends with its exit status; a bug of ours shows where. With --json standard output
 * gets one object too: `{"error": {"code", "message", "hint"}}`.
 */
export function fail(error: unknown): void {
  const known = error instanceof ElfreezeError;
  const code = known ? error.code : 'INTERNAL';
  const message = known ? error.what : String(error);
  const hint = known ? error.hint : ERRORS.INTERNAL.hint;
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error: { code, message, hint } }));
  console.error(`elfreeze: ${known ? error.message : `${hint} [INTERNAL]`}`);
  if (!known) console.error(error);
  process.exitCode = ERRORS[code].exit;
}
