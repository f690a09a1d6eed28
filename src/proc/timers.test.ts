import { describe, expect, it } from 'vitest';
import { parseTimers } from './timers.ts';

/** Of a process 4242 with a second thread 4243, Linux 6.18. */
const TEXT = `ID: 0
signal: 14/0000000000000000
notify: signal/pid.4242
ClockID: 1
ID: 7
signal: 34/00007fff86e452a8
notify: signal/tid.4243
ClockID: -6
`;

describe('/proc/PID/timers', () => {
  it('tells of each timer', () => {
    expect(parseTimers(TEXT)).toEqual([
      { id: 0, signo: 14, value: 0n, notify: 'signal', ofThread: false, receiver: 4242, clock: 1 },
      { id: 7, signo: 34, value: 0x7fff86e452a8n, notify: 'signal', ofThread: true, receiver: 4243, clock: -6 },
    ]);
  });

  it('is empty when there is none', () => {
    expect(parseTimers('')).toEqual([]);
  });

  it('is quoted when it is not understood', () => {
    expect(() => parseTimers(TEXT.replace('tid', 'pgid'))).toThrow(/says "ID: 7\\x0a[\s\S]*\[PROC_UNPARSABLE\]/);
  });
});
