import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { LabError } from '../running.ts';

const MAX_OUTPUT = 1 << 30;

export interface Called<Text> {
  readonly status: number;
  readonly stdout: Text;
  readonly stderr: Text;
}

export interface CallOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupted: AbortSignal;
  readonly input?: Uint8Array;
}

/** Runs a program to its end. @throws LabError when there is no such program, or it was killed */
export function call(program: string, args: readonly string[], options: CallOptions): Promise<Called<Buffer>> {
  const { env, interrupted: signal, input } = options;
  return new Promise((resolve, reject) => {
    const settings = { maxBuffer: MAX_OUTPUT, encoding: 'buffer', env, signal } as const;
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new LabError(`${program} ${args[0]}: ${error.message}`));
      else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
    // A program that ends without reading it says so by its status.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** A directory as a tar archive, its holes as holes. */
export const packDirectory = (path: string, options: CallOptions): Promise<Buffer> =>
  tar(['-C', path, '-S', '-c', '.'], options);

export async function unpackDirectory(path: string, input: Uint8Array, options: CallOptions): Promise<void> {
  await mkdir(path, { recursive: true });
  await tar(['-C', path, '-S', '-x', '-p'], { ...options, input });
}

async function tar(args: readonly string[], options: CallOptions): Promise<Buffer> {
  const { status, stdout, stderr } = await call('tar', args, options);
  if (status !== 0) throw new LabError(`tar ${args.join(' ')}: ${stderr.toString()}`);
  return stdout;
}
