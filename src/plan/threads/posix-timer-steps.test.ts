import { expect, it } from 'vitest';
import { ARCHES } from '../../arch/index.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { sampleSnapshot, sampleThread } from '../../snapshot/testdata/sample.ts';
import type { OtherThreads } from './other-threads.ts';
import { restorePosixTimers } from './posix-timer-steps.ts';
import { Program } from '../program/program.ts';
import type { PosixTimer } from '../../snapshot/timers.ts';
import type { Siginfo } from '../../snapshot/signals.ts';

const timer = (fields: Partial<PosixTimer>): PosixTimer => ({
  id: 0, clock: 1, notify: 0, signo: 34, value: 0n, intervalNs: 0n, valueNs: 5n, ...fields,
}); // prettier-ignore

const BASE = 0x1000n;

function steps(fields: Partial<Snapshot>, others?: OtherThreads): { program: Program; calls: string[] } {
  const program = new Program(ARCHES['x86-64'], BASE);
  restorePosixTimers(program, { ...sampleSnapshot, ...fields }, others);
  return { program, calls: program.steps.map(({ sentence }) => sentence).filter((sentence) => sentence !== '') };
}

/** The struct itimerspec that a timer is set to. */
function setting(program: Program, id: bigint): bigint[] {
  const step = program.steps.find(({ name, args }) => name === 'timer_settime' && args[0] === id);
  const at = Number((step?.args[2] as bigint) - BASE);
  const data = Buffer.from(program.data());
  return [0, 8, 16, 24].map((offset) => data.readBigInt64LE(at + offset));
}

/** A signal of a timer that waits. */
function sent(id: number): Siginfo {
  const view = new DataView(new ArrayBuffer(128));
  [34, 0, -2, 0, id].forEach((value, i) => view.setInt32(i * 4, value, true));
  return { signo: 34, bytes: new Uint8Array(view.buffer) };
}

it('timers are made in the order of their ids, and armed when all are there', () => {
  const { calls } = steps({ posixTimers: [timer({ id: 7 }), timer({ id: 3 })] });
  const order = calls.filter((sentence) => /^(make|set) /.test(sentence));
  expect(order).toEqual(['make POSIX timer 3', 'make POSIX timer 7', 'set POSIX timer 3', 'set POSIX timer 7']);
});

it('a timer that is off stays off, one with a signal that waits expires at once if it is periodic', () => {
  const posixTimers = [
    timer({ id: 0, valueNs: 0n }),
    timer({ id: 1, valueNs: 0n, intervalNs: 2_000_000_001n }),
    timer({ id: 2, valueNs: 7n, intervalNs: 9n }),
  ];
  const { program, calls } = steps({
    posixTimers,
    pending: [sent(1)],
    threads: [{ ...sampleThread, pending: [sent(0)] }],
  });
  expect(calls).not.toContain('set POSIX timer 0');
  expect(setting(program, 1n)).toEqual([2n, 1n, 0n, 1n]);
  expect(setting(program, 2n)).toEqual([0n, 9n, 0n, 7n]);
});

it('a timer of another thread has the id that this one has by then', () => {
  const threads = [sampleThread, { ...sampleThread, tid: 4243 }, { ...sampleThread, tid: 4244 }];
  const others: OtherThreads = [0x10n, 0x2000n, 2n];
  const { program } = steps({ threads, posixTimers: [timer({ notify: 4, tid: 4244 })] }, others);
  expect(program.steps.find(({ op }) => op === 'copy')?.args.slice(1)).toEqual([0x2000n + 24n, 4n]);
});
