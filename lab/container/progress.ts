import type Docker from 'dockerode';
import { LabError } from '../running.ts';

/** Nothing was heard for too long. */
export class SilentTooLong extends LabError {}

interface Event {
  readonly stream?: string;
  readonly error?: string;
}

const LAST_LINES = 15;

interface Following {
  /** An engine that says nothing for so long is given up. */
  readonly silenceMs?: number;
  /** Has all that is said. */
  readonly hear?: (text: string) => void;
}

/**
 * Follows what an engine does to its end. The engine reports a failure as one more event, not as an error.
 * @throws LabError with the last lines
 */
export function followed(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  what: string,
  interrupted: AbortSignal,
  { silenceMs, hear }: Following = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const give = (error: Error) => {
      reject(error);
      (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
    };
    const abort = () => give(new LabError('interrupted'));
    const silent = () => give(new SilentTooLong(`${what}: nothing was heard for ${silenceMs! / 1000} s`));
    let timer = silenceMs === undefined ? undefined : setTimeout(silent, silenceMs);
    // It may have come while the engine was asked.
    if (interrupted.aborted) abort();
    interrupted.addEventListener('abort', abort, { once: true });
    const done = (error: Error | null, events?: readonly Event[] | null) => {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', abort);
      const failure = error?.message ?? events?.find((event) => event.error !== undefined)?.error;
      const lines = said.trimEnd().split('\n').slice(-LAST_LINES);
      if (failure === undefined) resolve();
      else reject(new LabError(`${what} failed: ${failure}\n${lines.map((line) => `  | ${line}`).join('\n')}`));
    };
    docker.modem.followProgress(stream, done, (event: Event) => {
      said += event.stream ?? '';
      hear?.(event.stream ?? '');
      if (silenceMs !== undefined) {
        clearTimeout(timer);
        timer = setTimeout(silent, silenceMs);
      }
    });
  });
}
