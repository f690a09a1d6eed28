import { describe, expect, it } from 'vitest';
import { fieldOffset } from '../../arch/frame.ts';
import { ARCHES } from '../../arch/index.ts';
import type { Thread } from '../../snapshot/thread.ts';
import { Program } from '../program/program.ts';
import { restoreSegments } from './segment-steps.ts';

const FRAME = 0x5000n;
const registers = { cs: 0x23n, ss: 0x2bn, ds: 0x2bn, es: 0x2bn, fs: 0n, gs: 0x63n };
const thread = { tls: [{ entry: 12, base: 0x1234n, limit: 0xfffffn, flags: 0x51 }] } as unknown as Thread;

describe('restoreSegments', () => {
  const program = new Program(ARCHES.i386, 0x1000n);
  restoreSegments(program, thread, registers, (name) => FRAME + BigInt(fieldOffset(ARCHES.i386, name)), '');
  const [probe, ...rest] = program.steps;
  const stores = rest.filter(({ op }) => op === 'store');

  it('asks by an empty descriptor, and leaves all numbers alone where the kernel knows them', () => {
    expect(probe).toMatchObject({ name: 'set_thread_area', expect: { kind: 'any' }, skip: stores.length });
    expect(rest.at(-1)).toMatchObject({ name: 'set_thread_area', expect: { kind: 'ok' } });
  });

  it('else gives selectors and descriptors the numbers of a kernel of 32 bits', () => {
    // struct sigcontext_32 is at 164 of the frame: gs, fs, es, ds first, cs and ss at 60 and 72
    const at = (offset: bigint) => FRAME + 164n + offset;
    const written = stores.map(({ args }) => [args[0], args[2]]);
    expect(written).toEqual([
      [at(60n), 0x73n],
      [at(72n), 0x7bn],
      [at(12n), 0x7bn],
      [at(8n), 0x7bn],
      [at(0n), 0x33n],
      [rest.at(-1)!.args[0], 6n],
    ]);
  });
});
