import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ElfreezeError } from '../base/errors.ts';

/** More than any image says. */
const MOST_TEXT = 1 << 16;
const EXIT_CANNOT_CONTINUE = 126;
/** Of what an image obeys: a rehearsal, and nothing else that the caller may have set for images. */
const ASKED = {
  ELFREEZE_CHECK: 'beside',
  ELFREEZE_STOP: undefined,
  ELFREEZE_TRACE: undefined,
  ELFREEZE_PID: undefined,
};

export interface Rehearsal {
  /** Milliseconds from its start to its end. */
  readonly ms: number;
}

/**
 * Runs an image beside the process that was frozen, as far as it can go without running any of the program's own instructions.
 * @param path of the image
 * @throws REHEARSAL_FAILED with what the image says
 */
export async function rehearse(path: string): Promise<Rehearsal> {
  const started = performance.now();
  const { said, ended } = await run(path);
  if (ended !== undefined)
    throw new ElfreezeError('REHEARSAL_FAILED', `the image would not continue here: ${said || ended}`);
  return { ms: performance.now() - started };
}

interface Ended {
  /** The image's own sentence, or the empty string. */
  readonly said: string;
  /** How it ended, when it did not end well. */
  readonly ended: string | undefined;
}

function run(path: string): Promise<Ended> {
  return new Promise((done) => {
    let text = '';
    // It ends with us (PR_SET_PDEATHSIG), so nothing is left of it if we are killed.
    const image = spawn(path, { env: { ...process.env, ...ASKED }, stdio: ['ignore', 'ignore', 'pipe'] });
    image.stderr.setEncoding('utf8');
    image.stderr.on('data', (chunk: string) => {
      if (text.length < MOST_TEXT) text += chunk;
    });
    image.on('error', (error: NodeJS.ErrnoException) => done({ said: '', ended: whyNotExecuted(error) }));
    image.on('close', (status, signal) => {
      const [line = ''] = text.split('\n', 1);
      const said = line.replace(/^elfreeze: /, '');
      if (status === 0) return done({ said, ended: undefined });
      const ended = signal === null ? `it exits ${status}` : `${signal} ends it (signal ${constants.signals[signal]})`;
      done({ said: status === EXIT_CANNOT_CONTINUE ? said : '', ended });
    });
  });
}

function whyNotExecuted({ code = 'an unknown error' }: NodeJS.ErrnoException): string {
  const where = code === 'EACCES' ? ' (is the directory on a file system that is mounted noexec?)' : '';
  return `it cannot be executed: ${code}${where}`;
}
