import { describe, expect, it } from 'vitest';
import { parseStatus } from './status.ts';
import { recordedText } from './testdata/recorded.ts';

const text = recordedText('odd.status');
const without = (pattern: RegExp) => text.split('\n').filter((line) => !pattern.test(line)).join('\n'); // prettier-ignore

it('reads a recorded process', () => {
  expect(parseStatus(text)).toEqual({
    name: 'a) S (b\nc', umask: 0o027, state: 'S (sleeping)', tgid: 18013, pid: 18013, ppid: 17998, tracerPid: 0,
    uid: [0, 0, 0, 0], gid: [0, 0, 0, 0], groups: [], nsPid: [18013], kthread: false, threads: 1, vmLck: 0, cpusAllowedList: '0-1',
    sigPnd: 0n, shdPnd: 0n, sigBlk: 0n, sigIgn: 0x206n, sigCgt: 0n,
    capInh: 0n, capPrm: 0x1fffeffffffn, capEff: 0x1fffeffffffn, capBnd: 0x1fffeffffffn, capAmb: 0n,
    noNewPrivs: true, seccomp: 0, seccompFilters: 0,
    speculationStoreBypass: 'vulnerable', speculationIndirectBranch: 'always enabled', untagMask: 0xffff_ffff_ffff_ffffn,
    x86ThreadFeatures: [], x86ThreadFeaturesLocked: [],
  }); // prettier-ignore
});

describe('a line', () => {
  it.each([
    ['Name', 'back\\\\slash\\n', { name: 'back\\slash\n' }],
    ['State', 't (tracing stop)', { state: 't (tracing stop)' }],
    ['Uid', '1000\t1001\t1002\t1003', { uid: [1000, 1001, 1002, 1003] }],
    ['Groups', '4 24 27 ', { groups: [4, 24, 27] }],
    ['NSpid', '8123\t17\t1', { nsPid: [8123, 17, 1] }],
    ['SigBlk', 'ffffffff7ffbfeff', { sigBlk: 0xffffffff7ffbfeffn }],
    ['Seccomp', '2', { seccomp: 2 }],
    ['x86_Thread_features', 'shstk wrss ', { x86ThreadFeatures: ['shstk', 'wrss'] }],
  ])('%s: %s', (label, value, expected) => {
    expect(parseStatus(`${without(new RegExp(`^${label}:`))}\n${label}:\t${value}\n`)).toMatchObject(expected);
  });

  it.each([
    ['Umask', '0888'],
    ['Uid', '0 0 0'],
    ['Groups', '4 x'],
    ['Threads', ''],
    ['SigIgn', '0x10'],
    ['NoNewPrivs', '2'],
    ['State', 'sleeping'],
  ])('%s: %s is refused and quoted', (label, value) => {
    const broken = `${without(new RegExp(`^${label}:`))}\n${label}:\t${value}\n`;
    const what = `/proc/PID/status says "${label}:\t${value}"`;
    expect(() => parseStatus(broken)).toThrow(expect.objectContaining({ code: 'PROC_UNPARSABLE', what }));
  });
});

it('of an older kernel has defaults', () => {
  const older = parseStatus(without(/^(Umask|NSpid|Kthread|CapAmb|NoNewPrivs|Seccomp\w*|Specul\w*):/));
  expect(older).toMatchObject({ nsPid: [], capAmb: 0n, noNewPrivs: false, seccomp: 0, x86ThreadFeatures: [] });
  expect([older.umask, older.kthread, older.seccompFilters, older.speculationStoreBypass]).toEqual(
    Array(4).fill(undefined),
  );
});

it('without a line that every kernel prints is refused', () => {
  const what = '/proc/PID/status has no line "SigCgt:"';
  expect(() => parseStatus(without(/^SigCgt/))).toThrow(expect.objectContaining({ code: 'PROC_UNPARSABLE', what }));
});
