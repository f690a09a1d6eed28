import { type ErrorCode, ERRORS } from '../../src/base/errors.ts';

/** How a call of elfreeze ended. */
export interface Called {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a refusal says: one line on standard error, with the code and its status. @throws when it was something else */
export function refusalOf({ status, stdout, stderr }: Called, code: ErrorCode): string {
  const line = new RegExp(String.raw`^elfreeze: ([^\n]*) \[${code}\]: [^\n]+\n$`).exec(stderr);
  if (!line || stdout !== '' || status !== ERRORS[code].exit)
    throw new Error(
      `not a refusal with ${code} and ${ERRORS[code].exit}: ${JSON.stringify({ status, stdout, stderr })}`,
    );
  return line[1] ?? '';
}
