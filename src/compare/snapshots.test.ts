import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { sampleDescription, sampleMapping, sampleSnapshot, sampleThread } from '../snapshot/testdata/sample.ts';
import type { Difference } from './difference.ts';
import { compareSnapshots } from './snapshots.ts';
import type { Mapping } from '../snapshot/memory.ts';
import type { Siginfo } from '../snapshot/signals.ts';
import type { Thread } from '../snapshot/thread.ts';

/** Its waiting signal is blocked, so the call that it sleeps in begins anew. */
const sleeping: Thread = { ...sampleThread, sigmask: 1n << 9n };
const frozen: Snapshot = { ...sampleSnapshot, threads: [sleeping] };

const settled: Thread = {
  ...sleeping,
  tid: 99,
  registers: { ...sleeping.registers, rax: 0n, orig_rax: 0xffff_ffff_ffff_ffffn, rip: 0x40_0100n },
};

/** A file view of the image, as the continued process has it. */
const imageView = (mapping: Mapping): Mapping => ({
  ...mapping,
  kind: 'file',
  path: '/x.elf',
  dev: 'fe:01',
  inode: 9n,
});

const timer = frozen.posixTimers[0]!;

/** The made-up process, continued by its image: what must differ does. */
const continued: Snapshot = {
  ...frozen,
  pid: 99,
  exe: '/x.elf',
  kernelRelease: '5.10.0',
  mappings: [
    sampleMapping({ start: 0x10_0000n, end: 0x10_8000n, kind: 'vvar', prot: 1, path: '[vvar]' }),
    sampleMapping({ start: 0x10_8000n, end: 0x10_9000n, kind: 'vdso', prot: 5, path: '[vdso]' }),
    ...frozen.mappings.flatMap((mapping) => {
      if (mapping.kind === 'vvar') return [];
      return ['file', 'vdso'].includes(mapping.kind) ? [imageView(mapping)] : [{ ...mapping, path: mapping.kind === 'anon' ? '' : mapping.path }];
    }),
    sampleMapping({ start: 0xffff_ffff_ff60_0000n, end: 0xffff_ffff_ff60_1000n, kind: 'vsyscall', prot: 4 }),
  ],
  itimers: [{ which: 0, intervalUs: 0n, valueUs: 1_400_000n }],
  posixTimers: [{ ...timer, tid: 99, valueNs: 7_000_000_000n }],
  threads: [settled],
  descriptors: frozen.descriptors.map((each) => {
    if (each.kind === 'pipe') return { ...each, inode: 900n };
    if (each.kind === 'unix') return { ...each, inode: each.inode + 200n, peer: each.peer + 200n };
    return each.kind === 'tty' ? { ...each, path: '/dev/pts/5' } : each;
  }),
  pipes: [{ inode: 900n, packets: [Uint8Array.of(1, 2, 3)] }],
  sockets: [{ inode: 802n, packets: [Uint8Array.of(9)] }],
}; // prettier-ignore

/** A signal of POSIX timer `id`. */
function sent(id: number): Siginfo {
  const view = new DataView(new ArrayBuffer(128));
  [34, 0, -2, 0, id].forEach((value, i) => view.setInt32(i * 4, value, true));
  return { signo: 34, bytes: new Uint8Array(view.buffer) };
}

const compare = (found: Snapshot, recorded = frozen, lazy = false): Difference[] =>
  compareSnapshots(recorded, found, { ...sampleDescription, lazy });

const line = ({ what, where, recorded, found }: Difference): string => `${what} ${where}: ${recorded} → ${found}`;

const withThread = (fields: Partial<Thread>): Snapshot => ({ ...continued, threads: [{ ...settled, ...fields }] });
const withMapping = (start: bigint, fields: Partial<Mapping>): Snapshot => ({
  ...continued,
  mappings: continued.mappings.map((each) => (each.start === start ? { ...each, ...fields } : each)),
});
const withDescriptor = (fd: number, fields: object): Snapshot => ({
  ...continued,
  descriptors: continued.descriptors.map((each) => (each.fd === fd ? { ...each, ...fields } : each)),
});

function xstate(change: (view: DataView) => void, inUse = 7n): Uint8Array {
  const bytes = new Uint8Array(832);
  const area = new DataView(bytes.buffer);
  area.setUint16(0, 0x37f, true);
  area.setUint32(24, 0x1f80, true);
  area.setBigUint64(512, inUse, true);
  change(area);
  return bytes;
}

describe('a continued process', () => {
  it('is the same when only what must differ does', () => {
    expect(compare(continued).map(line)).toEqual([]);
  });

  // prettier-ignore
  it.each<[string, Snapshot, string]>([
    ['a register', withThread({ registers: { ...settled.registers, rsp: 1n } }), 'register rsp: 0x7ffc00000c00 → 0x1'],
    ['a call that did not begin anew', withThread({ registers: { ...settled.registers, rip: 0x40_0102n } }), 'register rip: 0x400100 → 0x400102'],
    ['the signal mask', withThread({ sigmask: 0n }), 'signal mask : 0x200 → 0x0'],
    ['the alternate stack', withThread({ altstack: { sp: 0n, flags: 0, size: 0n } }), 'alternate signal stack flags: 0x2 → 0x0'],
    ['a TLS descriptor', withThread({ tls: [] }), 'TLS descriptor 12: base 0xf7d00000 limit 0xfffff flags 0x51 → none'],
    ['the tid address', withThread({ clearChildTid: 8n }), 'address of the thread id : 0x500010 → 0x8'],
    ['protection', withMapping(0x40_1000n, { prot: 1 }), 'mapping 401000-402000: rw- view of a file → r-- view of a file'],
    ['file memory where anonymous memory was', withMapping(0x50_0000n, { kind: 'file', dev: 'fe:01', inode: 9n }), 'mapping 500000-504000: rw- anonymous memory → rw- view of a file'],
    ['a mapping that ends early', withMapping(0x50_0000n, { end: 0x50_3000n }), 'mapping 503000-504000: rw- anonymous memory → none'],
    ['a mapping where [vvar] was', { ...continued, mappings: [...continued.mappings, sampleMapping({ start: 0x7ffc_1000_1000n, end: 0x7ffc_1000_2000n, kind: 'anon' })].sort((a, b) => (a.start < b.start ? -1 : 1)) }, 'mapping 7ffc10001000-7ffc10002000: none → rw- anonymous memory'],
    ['a view of something else', withMapping(0x40_1000n, { path: '/etc/passwd', inode: 1n }), 'mapping 401000-402000: the image → /etc/passwd'],
    ['another place in a shared file', withMapping(0x60_0000n, { offset: 0x1000n }), 'mapping 600000-601000: rw- shared mapping of /var/tmp/shared at 0x0 → rw- shared mapping of /var/tmp/shared at 0x1000'],
    ['a stack that no longer grows', withMapping(0x7ffc_0000_0000n, { vmFlags: [] }), 'mapping flags 7ffc00000000-7ffc00001000: grows down → none'],
    ['the break', { ...continued, layout: { ...continued.layout, brk: 1n } }, 'layout brk: 0x501234 → 0x1'],
    ['the umask', { ...continued, umask: 0 }, 'process umask: 022 → 00'],
    ['a less nice one', withThread({ nice: -1 }), 'nice value : 0 → -1'],
    ['the name', withThread({ name: Buffer.from('other') }), 'name : sample → other'],
    ['another thread', { ...continued, threads: [...continued.threads, { ...settled, tid: 4300 }] }, 'threads : 1 → 2'],
    ['a soft limit', { ...continued, limits: [{ resource: 7, soft: 5n, hard: 5n }] }, 'resource limit 7 soft: 1024 → 5'],
    ['a prctl', { ...continued, prctls: [] }, 'prctl PR_SET_DUMPABLE: 1 → none'],
    ["a thread's prctl", withThread({ prctls: [] }), 'prctl PR_SET_TIMERSLACK: 50000 → none'],
    ['an action', { ...continued, actions: [{ ...continued.actions[0]!, mask: 2n }] }, 'signal action 10 mask: 0x0 → 0x2'],
    ['a lost signal', { ...continued, pending: [] }, 'pending signal process 1: signal 10: 0a → none'],
    ['a timer that runs longer', { ...continued, itimers: [{ which: 0, intervalUs: 0n, valueUs: 9_000_000n }] }, 'interval timer real value: at most 1500000 µs → 9000000 µs'],
    ['a lost POSIX timer', { ...continued, posixTimers: [] }, 'POSIX timer 2: there → none'],
    ['a POSIX timer that runs longer', { ...continued, posixTimers: [{ ...timer, tid: 99, valueNs: 8_000_000_001n }] }, 'POSIX timer 2 value: at most 8000000000 ns → 8000000001 ns'],
    ['a POSIX timer that is off', { ...continued, posixTimers: [{ ...timer, tid: 99, valueNs: 0n }] }, 'POSIX timer 2 value: at most 8000000000 ns → 0 ns'],
    ['who gets the signal of a POSIX timer', { ...continued, posixTimers: [{ ...timer, tid: 98 }] }, 'POSIX timer 2 receiver: thread 4242 → thread of id 98'],
    ['a closed descriptor', { ...continued, descriptors: continued.descriptors.filter(({ fd }) => fd !== 7) }, 'descriptor descriptor 7: device /dev/null (0x103) → none'],
    ['what waits in a socket', { ...continued, sockets: [] }, 'socket contents, descriptor 16: 09 → '],
    ['whom a socket is connected to', withDescriptor(15, { peer: 801n }), 'socket other end, descriptor 15: 16 → 15'],
    ['how a socket listens', withDescriptor(14, { backlog: 6 }), 'descriptor descriptor 14: TCP socket, listening for 5, 127.0.0.1:8080 to (no name), SO_REUSEADDR 01000000 → TCP socket, listening for 6, 127.0.0.1:8080 to (no name), SO_REUSEADDR 01000000'],
    ['a descriptor too many', { ...continued, descriptors: [...continued.descriptors, { kind: 'tty', path: '', fd: 99, flags: 0, cloexec: false, position: 0n, description: 99, locks: [] }] }, 'descriptor descriptor 99: none → the controlling terminal'],
    ['a position', withDescriptor(9, { position: 3n }), 'descriptor descriptor 9 position: 0 → 3'],
    ['two that no longer share', withDescriptor(4, { description: 4, locks: [] }), 'descriptor descriptor 4 open file: that of 3 → its own'],
    ['two that share and did not', withDescriptor(9, { description: 3, locks: [] }), 'descriptor descriptor 9 open file: its own → that of 3'],
    ['a shorter file', withDescriptor(4, { size: 9n }), 'descriptor descriptor 4 size: at least 10 → 9'],
    ['ends of different pipes', withDescriptor(6, { inode: 901n }), 'pipe descriptor 6: an end of the same pipe as before → an end of another pipe'],
    ['what a pipe holds', { ...continued, pipes: [] }, 'pipe contents, descriptor 5: 3 bytes 010203 → 0 bytes '],
    ['the architecture', { ...continued, arch: 'i386' }, 'architecture : x86-64 → i386'],
  ])('with another value is named: %s', (_, found, expected) => {
    expect(compare(found).map(line)).toEqual([expected]);
  });

  // prettier-ignore
  it.each<[string, Snapshot]>([
    ['a line of maps that is split', { ...continued, mappings: continued.mappings.flatMap((each) => each.start === 0x50_0000n ? [{ ...each, end: 0x50_1000n }, { ...each, start: 0x50_1000n }] : [each]) }],
    ['a file that has grown', withDescriptor(3, { size: 100n })],
    ['a nicer caller', withThread({ nice: 10 })],
    ['another standard input', withDescriptor(0, { flags: 0, position: 7n })],
    ['no standard input', { ...continued, descriptors: continued.descriptors.slice(1) }],
    ['the first form of the rseq area', withThread({ rseq: { ...sleeping.rseq!, size: 32 } })],
    ['a POSIX timer that has run out meanwhile', { ...continued, posixTimers: [{ ...timer, tid: 99, valueNs: 0n }], threads: [{ ...settled, pending: [sent(2)] }] }],
    ['a timer that has run out meanwhile', { ...continued, itimers: [{ which: 0, intervalUs: 0n, valueUs: 0n }], pending: [...continued.pending, { signo: 14, bytes: new Uint8Array(128) }] }],
  ])('may have %s', (_, found) => {
    expect(compare(found).map(line)).toEqual([]);
  });

  it('has each thread paired with the one on its stack, whatever their ids', () => {
    const other = (tid: number, rsp: bigint, sigmask: bigint): Thread => ({ ...settled, tid, sigmask, registers: { ...settled.registers, rsp } }); // prettier-ignore
    const recorded = { ...frozen, threads: [sleeping, other(5000, 1n, 1n), other(5001, 2n, 2n)] };
    const found = (last: bigint) => ({ ...continued, threads: [settled, other(90, 2n, 2n), other(91, 1n, last)] });
    expect(compare(found(1n), recorded).map(line)).toEqual([]);
    expect(compare(found(4n), recorded).map(line)).toEqual(['thread 5000 (sample) signal mask : 0x1 → 0x4']);
    const [first, second] = found(1n).threads;
    const fewer = { ...continued, threads: [first!, second!] };
    expect(compare(fewer, recorded).map(line)).toEqual(['threads : 3 → 2']);
  });

  it('has a periodic timer that runs on when it had just run out', () => {
    const recorded = { ...frozen, itimers: [{ which: 0, intervalUs: 20_000n, valueUs: 0n }] };
    const itimers = (valueUs: bigint) => ({ ...continued, itimers: [{ which: 0, intervalUs: 20_000n, valueUs }] });
    expect(compare(itimers(20_000n), recorded)).toEqual([]);
    expect(compare(itimers(0n), recorded)).toHaveLength(1);
  });

  it('has views of the image for anonymous memory when it is lazy, but for its stack and what has guard regions', () => {
    const view = { kind: 'file', dev: 'fe:01', inode: 9n } as const;
    const unguarded = { ...frozen, mappings: frozen.mappings.map((mapping) => ({ ...mapping, guards: [] })) };
    expect(compare(withMapping(0x50_0000n, { ...view, guards: [] }), unguarded, true)).toEqual([]);
    expect(compare(withMapping(0x50_0000n, view), frozen, true)).toHaveLength(1);
    const stack = withMapping(0x7ffc_0000_0000n, { kind: 'file', dev: 'fe:01', inode: 9n });
    expect(compare(stack, frozen, true)).toHaveLength(1);
  });

  it('shares a standard descriptor of the caller, whatever that is', () => {
    const log = frozen.descriptors[1]!;
    const recorded = { ...frozen, descriptors: [{ ...log, fd: 0, kind: 'stdio' as const, description: 0, locks: [] }, { ...log, description: 0, locks: [] }] }; // prettier-ignore
    const found = { ...recorded, descriptors: recorded.descriptors.map((each) => ({ ...each, path: '/dev/pts/1', kind: 'tty' as const })) }; // prettier-ignore
    const { mappings, threads, posixTimers } = continued;
    const rest = { pipes: [], mappings, threads, posixTimers };
    expect(compare({ ...found, ...rest }, recorded).map(line)).toEqual([]);
    const apart = {
      ...found,
      ...rest,
      descriptors: found.descriptors.map((each) => ({ ...each, description: each.fd })),
    };
    expect(compare(apart, recorded).map(line)).toEqual(['descriptor descriptor 3 open file: that of 0 → its own']);
  });

  it('has the same extended state when a component is not in use and when it has its initial value', () => {
    const recorded = { ...frozen, threads: [{ ...sleeping, xstate: xstate(() => undefined, 3n) }] };
    expect(compare(withThread({ xstate: xstate(() => undefined, 7n) }), recorded)).toEqual([]);
    expect(compare(withThread({ xstate: xstate(() => undefined, 0n) }), recorded)).toEqual([]);
  });

  // prettier-ignore
  it.each<[string, (view: DataView) => void]>([
    ['mxcsr', (view) => view.setUint32(24, 0x9f80, true)],
    ['fcw', (view) => view.setUint16(0, 0x27f, true)],
    ['st7', (view) => view.setUint8(32 + 7 * 16, 1)],
    ['xmm15', (view) => view.setUint8(160 + 15 * 16, 1)],
    ['ymm3 (upper half)', (view) => view.setUint8(576 + 3 * 16 + 15, 1)],
  ])('has another value in %s', (where, change) => {
    const recorded = { ...frozen, threads: [{ ...sleeping, xstate: xstate(() => undefined) }] };
    expect(compare(withThread({ xstate: xstate(change) }), recorded)).toMatchObject([{ what: 'xstate', where }]);
  });
});
