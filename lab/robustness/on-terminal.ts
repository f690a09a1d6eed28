import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { until } from './processes.ts';

/** A word as a shell reads it again, whatever is in it: paths may have blanks. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A command in the foreground of a terminal of its own. */
export class OnTerminal implements AsyncDisposable {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<unknown>;
  private text = '';

  constructor(command: readonly string[], cwd: string) {
    this.child = spawn('script', ['-qefc', command.map(quoted).join(' '), '/dev/null'], { cwd });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdout.setEncoding('latin1').on('data', (more: string) => (this.text += more));
  }

  type(keys: string): void {
    this.child.stdin.write(keys);
  }

  /** Waits until the screen shows it. @returns its groups */
  sees(wanted: RegExp): Promise<RegExpExecArray> {
    return until(
      `on the screen: ${wanted}`,
      () => wanted.exec(this.text) ?? undefined,
      () => this.text,
    );
  }

  /** @returns the exit status of the command, which ends by itself */
  async end(): Promise<number> {
    await this.ended;
    return this.child.exitCode ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }
}
