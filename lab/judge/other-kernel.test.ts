import { describe, expect, it } from 'vitest';
import type { Look, Peek } from './look.ts';
import { forKernel } from './other-kernel.ts';

const OLD = { arch: 'amd64', release: '5.10.0-32-cloud-amd64' } as const;
const NEW = { arch: 'amd64', release: '7.3.4+deb13-cloud-amd64' } as const;
const NATIVE = { arch: 'i386', release: '6.1.0-50-686-pae' } as const;
const rseq = { address: '0x1000', size: 32, signature: 1 };

function look(facts: Look['facts'], peek: Partial<Peek>): Look {
  const none = {
    xstate: '',
    components: [],
    sigmask: '',
    pending: { thread: [], process: [] },
    name: '',
    nice: 0,
    policy: 0,
    others: [],
  };
  const whole: Peek = { arch: 'i386', registers: {}, ...none, ...peek };
  return { maps: [], memory: [], arch: 'i386', tids: [], calls: [], facts, descriptors: {}, peek: whole };
}

describe('what a process looks like under another kernel', () => {
  it('is the same under the same kernel', () => {
    const before = look({ auxv: '0600', comm: 'a' }, { registers: { cs: '0x23' }, rseq, tls: '0c000000' });
    expect(forKernel(before, before, NEW, NEW)).toEqual(before);
  });

  it('lacks what that kernel does not show, and nothing else', () => {
    const before = look({ comm: 'a', untag_mask: '1', umask: '0' }, { rseq });
    const after = look({ comm: 'b', umask: '0' }, {});
    const shown = forKernel(before, after, NEW, OLD);
    expect(shown.facts).toEqual({ comm: 'a', umask: '0' });
    expect(shown.peek?.rseq).toBeUndefined();
    expect(forKernel(before, after, NEW, NATIVE).peek?.rseq).toEqual(rseq);
  });

  it('has the queued signals of a kernel of 32 bits', () => {
    // sigqueue(2) from process 173 of user 5, value 1000: signo, errno, code SI_QUEUE, pid, uid, value.
    const hexOf = (...words: number[]) =>
      Buffer.from(Int32Array.from({ length: 32 }, (_, i) => words[i] ?? 0).buffer).toString('hex');
    const [wide, narrow] = [hexOf(34, 0, -1, 0, 173, 5, 1000), hexOf(34, 0, -1, 173, 5, 1000)];
    const fault = hexOf(11, 0, 1, 0, 4096);
    const before = look({}, { pending: { thread: [wide], process: [fault, wide] } });
    const { peek } = forKernel(before, look({}, {}), NEW, NATIVE);
    expect(peek?.pending).toEqual({ thread: [narrow], process: [fault, narrow] });
    expect(forKernel(before, look({}, {}), NEW, OLD).peek?.pending).toEqual(before.peek?.pending);
  });

  it('has the segments of a kernel of 32 bits', () => {
    const registers = { cs: '0x23', ss: '0x2b', gs: '0x63', fs: '0x0', eax: '0x23' };
    const tls = Buffer.from(new Uint32Array([12, 5, 6, 7, 13, 0, 0, 0x28]).buffer).toString('hex');
    const { peek } = forKernel(look({}, { registers, tls }), look({}, {}), NEW, NATIVE);
    expect(peek?.registers).toEqual({ cs: '0x73', ss: '0x7b', gs: '0x33', fs: '0x0', eax: '0x23' });
    expect(peek?.tls).toBe(Buffer.from(new Uint32Array([6, 5, 6, 7, 7, 0, 0, 0x28]).buffer).toString('hex'));
  });

  it('has the values of timers as wide as its pointers', () => {
    const timers = (value: string) => `ID: 3\nsignal: 14/${value}\nnotify: signal/pid.7\nClockID: 1\n`;
    const under = (is: typeof OLD | typeof NATIVE, value: string) =>
      forKernel(look({ timers: timers(value) }, {}), look({ timers: '' }, {}), NEW, is).facts['timers'];
    expect(under(NATIVE, '0000000000000005')).toBe(timers('00000005'));
    expect(under(NATIVE, '0000000100000005')).toBe(timers('0000000100000005'));
    expect(under(OLD, '0000000000000005')).toBe(timers('0000000000000005'));
  });

  it('may have another selector of no segment, and no other number', () => {
    const before = look({}, { registers: { fs: '0x0', gs: '0x63', ecx: '0x0' } });
    const after = look({}, { registers: { fs: '0x3', gs: '0x3', ecx: '0x3' } });
    expect(forKernel(before, after, NEW, OLD).peek?.registers).toEqual({ fs: '0x3', gs: '0x63', ecx: '0x0' });
  });

  it('has the bits of MXCSR that the processor has, and no other control bits', () => {
    const xstate = (control: string, mask: string) => `${'00'.repeat(24)}${control}${mask}${'11'.repeat(8)}`;
    const before = look({}, { xstate: xstate('801f0000', 'ffff0200') });
    const after = look({}, { xstate: xstate('a01f0000', 'ffff0000') });
    expect(forKernel(before, after, NEW, NEW).peek?.xstate).toBe(xstate('801f0000', 'ffff0000'));
  });

  it('has whatever is where XSAVE of a kernel of 32 bits writes nothing, and nothing else', () => {
    const components = [{ bit: 2, offset: 576, size: 256 }, { bit: 3, offset: 960, size: 64 }, { bit: 4, offset: 1024, size: 64 }]; // prettier-ignore
    const filled = (byte: number) => ({ components, xstate: Buffer.alloc(1088, byte).toString('hex') });
    const [before, after] = [look({}, filled(1)), look({}, filled(2))];
    const shown = (is: typeof NEW | typeof NATIVE) =>
      Buffer.from(forKernel(before, after, OLD, is).peek!.xstate, 'hex');
    const expected = Buffer.alloc(1088, 1).fill(2, 28, 32);
    expect(shown(NEW)).toEqual(expected);
    expect(shown(NATIVE)).toEqual(
      Buffer.from(expected)
        .fill(2, 576 + 128, 576 + 256)
        .fill(2, 1024 + 16),
    );
  });

  it('has protection keys in all threads, or in none under a kernel of 32 bits', () => {
    const components = [2, 9].map((bit) => ({ bit, offset: 576, size: 8 }));
    const { peek: thread } = look({}, { components });
    const before = look({}, { components, others: [thread!] });
    const seen = (is: typeof NEW | typeof NATIVE) => {
      const { peek } = forKernel(before, look({}, {}), OLD, is);
      return [peek!, ...peek!.others].map((each) => each.components.map(({ bit }) => bit));
    };
    expect(seen(NEW)).toEqual([[2, 9], [2, 9]]); // prettier-ignore
    expect(seen(NATIVE)).toEqual([[2], [2]]);
  });

  it('has the page of the oldest system calls as that kernel has it', () => {
    const rest = { permissions: '--xp', offset: 0n, inode: 0n, vmFlags: [] };
    const line = (start: bigint, path: string) => ({ start, end: start + 4096n, path, ...rest });
    const [own, vsyscall] = [line(4096n, ''), line(0xffffffffff600000n, '[vsyscall]')];
    const [without, with_] = [[own], [own, vsyscall]].map((maps) => ({ ...look({}, {}), maps }));
    expect(forKernel(with_!, without!, NEW, OLD).maps).toEqual([own]);
    expect(forKernel(without!, with_!, NEW, OLD).maps).toEqual([own, vsyscall]);
  });

  it('may be too long an auxiliary vector for an old kernel of 32 bits, and only there', () => {
    const ofPairs = (pairs: number) => ({ auxv: `${'0600000001000000'.repeat(pairs)}${'00'.repeat(8)}` });
    const old = { arch: 'i386', release: '5.10.0-32-686-pae' } as const;
    const kept = (pairs: number, is: typeof old | typeof NATIVE) =>
      'auxv' in forKernel(look(ofPairs(pairs), {}), look(ofPairs(pairs), {}), NEW, is).facts;
    expect([kept(22, old), kept(23, old), kept(23, NATIVE)]).toEqual([true, false, true]);
  });

  it('may have more zeros after the auxiliary vector', () => {
    const shown = (auxv: string, other: string) => forKernel(look({ auxv }, {}), look({ auxv: other }, {}), NEW, OLD);
    expect(shown('0610000000', '061000000000').facts).toEqual({ auxv: '061000000000' });
    expect(shown('0610000000', '0710').facts).toEqual({ auxv: '0610' });
  });
});
