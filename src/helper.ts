import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AS_JSON } from './cli/words.ts';
import { ElfreezeError, type ErrorCode, ERRORS } from './base/errors.ts';

/** The command line beside this file. */
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const MAX_OUTPUT = 256 << 20;

/**
 * Runs a command of the command line and gives its JSON. Who traces must not be the parent of who is traced, nor spawn
 * anything: libuv reaps the stops of Node's own children. So what touches processes has a process of its own.
 * @throws ElfreezeError as the command did; INTERNAL when it ended without a word
 */
export function runHelper<T>(command: string, args: readonly string[], flags: readonly string[] = []): Promise<T> {
  const words = [command, '--json', ...flags, '--', ...args];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [MAIN, AS_JSON, JSON.stringify(words)],
      { maxBuffer: MAX_OUTPUT },
      (failure, stdout, stderr) => {
        const answer = parse(stdout);
        if (answer === undefined) reject(silent(stderr, failure));
        else if (typeof answer === 'object' && answer !== null && 'error' in answer)
          reject(errorOf(answer.error as Told));
        else resolve(answer as T);
      },
    );
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller tells what was printed instead
  }
}

/** An error as the command line prints it. */
interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function errorOf({ code, message, hint }: Told): ElfreezeError {
  return Object.hasOwn(ERRORS, code)
    ? new ElfreezeError(code as ErrorCode, message, { hint })
    : new ElfreezeError('INTERNAL', message);
}

/** A usage error is not JSON; nor is the end of a helper that was killed. */
function silent(stderr: string, cause: unknown): ElfreezeError {
  const line = stderr.trim().split('\n', 1)[0];
  return line?.startsWith('error: ')
    ? new ElfreezeError('USAGE', line.slice('error: '.length), { cause })
    : new ElfreezeError('INTERNAL', line || 'the helper process ended without a word', { cause });
}
