import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LabError } from '../running.ts';
import type { Hands, Program } from './hands.ts';
import { RemoteHands } from './remote-hands.ts';
import { serve } from './serve.ts';

/** Hands that only remember: what the agent carries, not what it does. */
class Recording {
  readonly done: string[] = [];

  async list(path: string): Promise<string[]> {
    if (path === '/nowhere') throw new LabError('no such directory');
    return [path, 'b'];
  }

  async pack(): Promise<Uint8Array> {
    return Buffer.from([0, 255, 10]);
  }

  async start({ role }: { role: string }): Promise<Program> {
    const { done } = this;
    return {
      pid: 42,
      until: async (fact) => void done.push(`${role} until ${fact.kind}`),
      signal: async (signal) => void done.push(`${role} ${signal}`),
      writeLine: async (line) => void done.push(`${role} < ${line}`),
      hasEnded: async () => false,
      finish: async () => ({ end: 'exit 0', output: 'ok\n' }),
      [Symbol.asyncDispose]: async () => void done.push(`${role} ended`),
    };
  }
}

function connect() {
  const [toAgent, fromAgent] = [new PassThrough(), new PassThrough()];
  const recording = new Recording();
  const served = serve(recording as unknown as Hands, toAgent, fromAgent);
  return { recording, served, toAgent, fromAgent, hands: new RemoteHands({ toAgent, fromAgent }) };
}

const START = { executable: '/t', args: [], cwd: '/', env: {}, dir: '/', role: 'target', stdin: 'null' } as const;

describe('hands far away', () => {
  it('answer as those near, each call its own answer', async () => {
    const { hands } = connect();
    const answers = await Promise.all([hands.list('/a'), hands.pack('/'), hands.list('/c')]);
    expect(answers).toEqual([['/a', 'b'], Buffer.from([0, 255, 10]), ['/c', 'b']]);
  });

  it('fail as those near', async () => {
    const { hands } = connect();
    await expect(hands.list('/nowhere')).rejects.toThrow(new LabError('no such directory'));
  });

  it('lead a program until it is let go of', async () => {
    const { hands, recording } = connect();
    {
      await using program = await hands.start(START);
      await program.until({ kind: 'state', letter: 'S' });
      await program.writeLine('go');
      expect([program.pid, await program.finish()]).toEqual([42, { end: 'exit 0', output: 'ok\n' }]);
    }
    expect(recording.done).toEqual(['target until state', 'target < go', 'target ended']);
  });

  it('end what they started when nobody asks them any more', async () => {
    const { hands, recording, served, toAgent } = connect();
    await hands.start(START);
    toAgent.end();
    await served;
    expect(recording.done).toEqual(['target ended']);
  });

  it('fail at once when the agent goes, and ever after', async () => {
    const { hands, fromAgent } = connect();
    const waiting = hands.list('/a');
    fromAgent.destroy();
    await expect(waiting).rejects.toThrow('the agent has gone');
    await expect(hands.list('/a')).rejects.toThrow('the agent has gone');
  });
});
