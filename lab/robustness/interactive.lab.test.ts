// Real programs that somebody uses while they are frozen: who goes on with the image finds what was there.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dir as temporaryDirectory } from 'tmp-promise';
import { expect, it } from 'vitest';
import { ELFREEZE } from '../root.ts';
import { OnTerminal } from './on-terminal.ts';
import { until } from './processes.ts';

const run = promisify(execFile);

/** A program on a terminal, frozen and ended once `use` has left it. @returns its image */
async function frozen(
  program: readonly string[],
  cwd: string,
  use: (terminal: OnTerminal) => Promise<unknown>,
): Promise<string> {
  await using terminal = new OnTerminal(['sh', '-c', 'echo pid $$; exec "$@"', 'sh', ...program], cwd);
  const [, pid = ''] = await terminal.sees(/pid (\d+)/);
  await use(terminal);
  await run(ELFREEZE, ['freeze', pid, '-o', 'image', '--kill'], { cwd });
  return join(cwd, 'image');
}

it('bash at its prompt has its variables, functions and history, and edits lines', async () => {
  const scratch = await temporaryDirectory({ unsafeCleanup: true });
  const image = await frozen(['/usr/bin/bash', '--norc', '--noprofile', '-i'], scratch.path, async (terminal) => {
    terminal.type("x=$((6*7)); f() { echo got=$1; }; PS1='next> '\n");
    await terminal.sees(/next> $/);
  });
  await using terminal = new OnTerminal([image], scratch.path);
  // Two letters too many are taken back, and the arrow upwards leads to the last line.
  terminal.type('f $xyz\x7f\x7f\n');
  await terminal.sees(/got=42/);
  terminal.type('\x1b[A\x1b[A; echo again=$x\n');
  await terminal.sees(/again=42/);
  terminal.type('exit 3\n');
  expect(await terminal.end()).toBe(3);
  await scratch.cleanup();
});

/** To normal mode: after an escape vim waits for the rest of a key. */
const NORMAL = '\x1c\x0e';

it('vim has its text and its cursor', async ({ skip }) => {
  const program = ['/usr/bin/vim.tiny', '/usr/bin/vim'].find((path) => existsSync(path));
  if (program === undefined) return skip('no vim (Debian: vim-tiny)');
  const scratch = await temporaryDirectory({ unsafeCleanup: true });
  const image = await frozen([program, '-u', 'NONE', '-N', '-n', 'text'], scratch.path, async (terminal) => {
    await terminal.sees(/\[New\]/);
    terminal.type(`ione fact${NORMAL}o2nd line${NORMAL}gg0w:set ruler\r`);
    await terminal.sees(/1,5\b/);
  });
  await using terminal = new OnTerminal([image], scratch.path);
  terminal.type('\x0c'); // draw
  await terminal.sees(/2nd line/);
  terminal.type(`inew ${NORMAL}:wq\r`);
  expect(await terminal.end()).toBe(0);
  expect(readFileSync(join(scratch.path, 'text'), 'latin1')).toBe('one new fact\n2nd line\n');
  await scratch.cleanup();
});

/** A client of redis, which speaks RESP. */
class Client {
  /** Whether it ever is. */
  readonly connected: Promise<boolean>;
  readonly closed: Promise<unknown>;
  private readonly socket: Socket;
  private text = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (more: string) => (this.text += more));
    this.socket.on('error', () => undefined); // it is closed then
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    const opened = new Promise((resolve) => this.socket.once('connect', resolve));
    this.connected = Promise.race([opened.then(() => true), this.closed.then(() => false)]);
  }

  /** @returns the answer, of one line or two */
  async ask(command: string): Promise<string> {
    this.text = '';
    this.socket.write(`${command}\r\n`);
    return until(
      `an answer to ${command}`,
      () => /^[^$].*\r\n$|^\$.*\r\n.*\r\n$/.exec(this.text)?.[0],
      () => this.text,
    );
  }

  end(): void {
    this.socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a server. @returns it, and its first client */
async function serve(command: readonly [string, ...string[]], port: number, cwd: string) {
  const [path, ...args] = command;
  const child = spawn(path, args, { cwd, stdio: 'ignore' });
  const ended = once(child, 'close');
  for (;;) {
    const client = new Client(port);
    if (await client.connected) return { child, client, ended };
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${path} has ended`);
  }
}

it('redis loses its clients, who connect again and find all keys', async ({ skip }) => {
  const program = '/usr/bin/redis-server';
  skip(!existsSync(program), 'no redis (Debian: redis-server)');
  const scratch = await temporaryDirectory({ unsafeCleanup: true });
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--daemonize', 'no'];
  const server = await serve([program, ...options], port, scratch.path);
  try {
    for (let n = 0; n < 500; n++) expect(await server.client.ask(`SET key${n} value${n}`)).toBe('+OK\r\n');
    const freeze = ['freeze', String(server.child.pid), '-o', 'image', '--kill', '--tcp=close'];
    await run(ELFREEZE, freeze, { cwd: scratch.path });
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
  }
  await server.client.closed;

  const image = await serve([join(scratch.path, 'image')], port, scratch.path);
  try {
    expect(await image.client.ask('DBSIZE')).toBe(':500\r\n');
    expect(await image.client.ask('GET key321')).toBe('$8\r\nvalue321\r\n');
    expect(await image.client.ask('INCR counter')).toBe(':1\r\n');
    image.client.end();
  } finally {
    image.child.kill('SIGTERM');
    await image.ended;
  }
  expect(image.child.exitCode).toBe(0);
  await scratch.cleanup();
});
