import { expect, it } from 'vitest';
import type { Kernel } from '../vm/kernels.ts';
import { type MatrixCell, matrixCells } from './cells.ts';
import { PORTABLE } from './portable.ts';
import { expectedLoss, expectedRefusal, judgeNoFile, judgeStartRefusal } from './refusals.ts';
import { isDocumented } from '../experiment/limits.ts';

const kernel = (name: string, arch: Kernel['arch']): Kernel => ({ name, arch, modules: [], path: '', from: '' });
const COMMON = new Set(['avx2']);
const WIDE = new Set(['avx2', 'avx512f', 'avx512bw']);
const NEW = { kernel: kernel('7.3', 'amd64'), features: COMMON, release: '7.3.4+deb13-cloud-amd64' };
const NATIVE = { kernel: kernel('6.1-i386', 'i386'), features: COMMON, release: '6.1.0-50-686-pae' };
const OLD_CPU = { features: COMMON, release: NEW.release };
const NEW_CPU = { features: WIDE, release: NEW.release };

async function cell(name: string): Promise<MatrixCell> {
  const [found] = await matrixCells({ targets: [name], moments: 1, seed: '1' });
  return found!;
}

it('a kernel of 32 bits must refuse what it cannot hold, by the words of the limits', async () => {
  const wide = await cell('tls/x86-64/pie');
  const high = await cell('brk-unaligned/i386/static+high');
  const low = await cell('tls/i386/pie');
  for (const of of [wide, high, low]) expect(expectedRefusal(of, OLD_CPU, NEW)).toBeUndefined();
  expect(expectedRefusal(low, OLD_CPU, NATIVE)).toBeUndefined();

  const refusal = expectedRefusal(wide, OLD_CPU, NATIVE)!;
  const said = judgeStartRefusal(refusal, { end: 'exit 127', output: '' }, '/image: Exec format error\n');
  expect(said).toEqual({ outcome: 'unsupported', feature: 'image of a 64-bit process' });
  expect(judgeStartRefusal(refusal, { end: 'exit 0', output: 'ok' }, '').outcome).toBe('differs');

  const above = expectedRefusal(high, OLD_CPU, NATIVE)!;
  expect(judgeStartRefusal(above, { end: 'killed by SIGSEGV', output: '' }, '').outcome).toBe('unsupported');
  expect(judgeStartRefusal(above, { end: 'killed by SIGSEGV', output: 'ready' }, '').outcome).toBe('differs');
});

it('a kernel must refuse what came after it, if the process had it', async () => {
  const of = await cell('guard-region/x86-64/pie');
  const old = { kernel: kernel('5.10', 'amd64'), features: COMMON, release: '5.10.0-32-cloud-amd64' };
  const refusal = expectedRefusal(of, NEW, old)!;
  const line = 'elfreeze: cannot guard 1000-2000 (which needs Linux 6.13): Invalid argument (EINVAL)';
  expect(judgeStartRefusal(refusal, { end: 'exit 126', output: '' }, line).outcome).toBe('unsupported');
  expect(judgeStartRefusal(refusal, { end: 'exit 126', output: '' }, 'elfreeze: cannot open a').outcome).toBe(
    'differs',
  );
  expect(expectedRefusal(of, NEW, NEW)).toBeUndefined();
  expect(expectedRefusal(of, old, old)).toBeUndefined();
  expect(expectedRefusal(of, old, NEW)).toBeUndefined();
});

it('a processor must refuse what it cannot do, unless the process was started to do without', async () => {
  const of = await cell('tls/i386/pie');
  const refusal = expectedRefusal(of, NEW_CPU, NEW)!;
  const line = 'elfreeze image: this CPU lacks avx512f, which the process may have chosen its code by';
  expect(judgeStartRefusal(refusal, { end: 'exit 126', output: '' }, line).outcome).toBe('unsupported');
  expect(judgeStartRefusal(refusal, { end: 'exit 126', output: '' }, 'this CPU lacks avx2').outcome).toBe('differs');
  expect(expectedRefusal({ ...of, portable: true }, NEW_CPU, NEW)).toBeUndefined();
  expect(expectedRefusal(of, NEW_CPU, { ...NEW, features: WIDE })).toBeUndefined();
});

it("a cell's own files are not in another machine, and nothing else may be missing", () => {
  const judged = (line: string, end = 'exit 126') => judgeNoFile({ end, output: '' }, line, '/tmp/lab/work');
  const file =
    'elfreeze: cannot open /tmp/lab/work/data, descriptor 3 of the process: No such file or directory (ENOENT)';
  expect(judged(file)).toEqual({ outcome: 'unsupported', feature: 'cannot open' });
  expect(judged('elfreeze: cannot find /tmp/lab/work/dir, which the process watches: …')?.outcome).toBe('unsupported');
  expect(judged('elfreeze: cannot open /dev/shm/name, descriptor 3 of the process: …')?.outcome).toBe('unsupported');
  expect(judged('elfreeze: cannot open the FIFO /tmp/lab/work/fifo: …')?.outcome).toBe('unsupported');
  const other = (path: string) =>
    judged(`elfreeze: ${path} is another file than the one that was open when the process was frozen`)?.outcome;
  expect([other('/tmp/lab/work/input'), other('/etc/passwd')]).toEqual(['unsupported', undefined]);
  expect(judged(file, 'killed by SIGSEGV')).toBeUndefined();
  expect(judged('elfreeze: cannot open /dev/null, descriptor 3 of the process: …')).toBeUndefined();
});

it('the portable setting is the one that docs/limits.md gives', () => {
  expect(isDocumented(`GLIBC_TUNABLES=${PORTABLE.GLIBC_TUNABLES}`)).toBe(true);
});

const vector = (entries: number) => ({ facts: { auxv: '0600000001000000'.repeat(entries) + '00'.repeat(8) } });
const SHORT = vector(20);

it('what a kernel did not tell is lost, and what is lost anywhere, and nothing else', async () => {
  const [before, since] = [{ release: '5.10.0-32-cloud-amd64' }, { release: '5.13.1' }];
  const calls = await cell('posix-timer-calls-new/i386/pie');
  expect(expectedLoss(calls, since, SHORT, NEW)).toBe(calls.cell.target.loses);
  const rseq = await cell('rseq/x86-64/pie');
  expect(expectedLoss(rseq, before, SHORT, NEW)).toBe('registration of an rseq area');
  expect(expectedLoss(rseq, since, SHORT, NEW)).toBeUndefined();
  expect(expectedLoss(await cell('tls/i386/pie'), before, SHORT, NEW)).toBeUndefined();
});

it('a kernel of 32 bits may lose more: all of them, old ones, new ones', async () => {
  const old = { kernel: kernel('5.10-i386', 'i386'), release: '5.10.0-32-686-pae' };
  const lost = async (name: string, entries = 20) => {
    const of = await cell(`${name}/i386/static`);
    return [NEW, NATIVE, old].map((is) => expectedLoss(of, NEW, vector(entries), is));
  };
  const [frame, room, permission] = [/signal frame/, /vector is longer/, /may not be executed/].map((words) => expect.stringMatching(words) as string); // prettier-ignore
  expect(await lost('frozen-inside-handler')).toEqual([undefined, frame, frame]);
  expect(await lost('environment-args', 23)).toEqual([undefined, undefined, room]);
  expect(await lost('prot-variety')).toEqual([undefined, permission, undefined]);
  for (const name of ['environment-args', 'tls']) expect(await lost(name)).toEqual([undefined, undefined, undefined]);
});
