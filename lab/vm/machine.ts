import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { formatOwner, OWNER_VARIABLE, SELF } from '../owner.ts';
import { LabError } from '../running.ts';
import { type Device, FDS, qemuArguments } from './devices.ts';
import { SharedMemory } from './shared-memory.ts';

const QEMU = 'qemu-system-x86_64';
const CONSOLE_KEPT = 65536;
const CONSOLE_TOLD = 3000;
const QUIT_MS = 5000;

/**
 * One QEMU process. Own it with `await using`: it is asked to quit, then killed by its pid, on every path out of scope, and
 * the kernel kills it when the lab itself is killed. It leaves no file and no socket.
 */
export class Machine implements AsyncDisposable {
  readonly line: Duplex;
  readonly memory: SharedMemory;
  readonly ended: Promise<void>;
  hasEnded = false;
  private readonly child: ChildProcess;
  private readonly qmp: Duplex;
  private printed = '';

  private constructor(child: ChildProcess, memory: SharedMemory) {
    this.child = child;
    this.memory = memory;
    this.qmp = end(child, FDS.qmp);
    this.line = end(child, FDS.line);
    this.ended = new Promise((resolve) =>
      child.once('exit', (status, signal) => {
        if (status !== 0) this.note(`qemu ended: ${signal ?? `exit ${status}`}`);
        this.hasEnded = true;
        resolve();
      }),
    );
    const console = end(child, FDS.console);
    for (const stream of [console, child.stderr!]) stream.on('data', (bytes: Buffer) => this.note(bytes));
    // What QEMU sends back over QMP is not needed; its end shows by the process.
    this.qmp.on('data', () => undefined);
    for (const stream of [console, this.qmp]) stream.on('error', () => undefined);
  }

  static async start(devices: readonly Device[], kernel: string, initramfs: string): Promise<Machine> {
    // The lab may be killed by SIGKILL: its children must not outlive it.
    const args = ['--pdeathsig', 'KILL', QEMU, ...qemuArguments(devices, kernel, initramfs)];
    const memory = new SharedMemory();
    try {
      const child = spawn('setpriv', args, {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', memory.fd],
        // For a sweep, if the lab is gone before setpriv has asked for that.
        env: { ...process.env, [OWNER_VARIABLE]: formatOwner(SELF) },
      });
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
      return new Machine(child, memory);
    } catch (cause) {
      memory[Symbol.dispose]();
      throw new LabError(`cannot start ${QEMU}`, { cause });
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The last of what the guest's kernel, and QEMU, had to say. */
  get console(): string {
    return this.printed.slice(-CONSOLE_TOLD).trim();
  }

  private note(bytes: Buffer | string): void {
    this.printed = (this.printed + bytes.toString('latin1')).slice(-CONSOLE_KEPT);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded && this.qmp.writable) {
      this.qmp.write('{"execute":"qmp_capabilities"}{"execute":"quit"}\n');
      await this.endedWithin(QUIT_MS);
    }
    if (!this.hasEnded) {
      this.child.kill('SIGKILL');
      await this.ended;
    }
    for (const stream of this.child.stdio) stream?.destroy();
    this.memory[Symbol.dispose]();
  }

  private async endedWithin(milliseconds: number): Promise<void> {
    const over = new AbortController();
    const limit = delay(milliseconds, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([this.ended, limit]);
    over.abort();
  }
}

/** Node's end of a descriptor that the child was started with: a connected socket for both ways. */
const end = (child: ChildProcess, fd: number): Duplex => child.stdio[fd] as unknown as Duplex;
