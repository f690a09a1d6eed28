import { expect, it } from 'vitest';
import { parseStat } from './stat.ts';
import { recordedText } from './testdata/recorded.ts';

const text = recordedText('odd.stat');

it('reads all 52 fields of a recorded process, whatever it calls itself', () => {
  expect(Object.keys(parseStat(text))).toHaveLength(52);
  expect(parseStat(text)).toMatchObject({
    pid: 18013, comm: 'a) S (b\nc', state: 'S', ppid: 17998, tpgid: -1, flags: 4194304, priority: 20, numThreads: 1,
    vsize: 1069056n, rss: 164, rsslim: 18446744073709551615n, startcode: 0x401000n, startstack: 140725605260064n,
    sigignore: 518n, exitSignal: 17, policy: 0, startData: 4859608n, endData: 4883056n, startBrk: 854446080n,
    argStart: 140725605265351n, envEnd: 140725605265387n, exitCode: 0,
  }); // prettier-ignore
});

it('leaves out what a later kernel adds', () => {
  expect(parseStat(text.replace(/\n$/, ' 7 8\n'))).toEqual(parseStat(text));
});

it.each([
  ['a line cut short', '1 (init) S 0 1 1'],
  ['a letter among the numbers', text.replace(' 17998 ', ' x ')],
  ['a sign within a number', text.replace(' 1069056 ', ' 1-69056 ')],
  ['nothing', ''],
])('%s is refused and quoted', (_, line) => {
  const what = `/proc/PID/stat says "${line.trimEnd()}"`;
  expect(() => parseStat(line)).toThrow(expect.objectContaining({ code: 'PROC_UNPARSABLE', what }));
});
