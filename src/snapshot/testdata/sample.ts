import type { Description } from '../description.ts';
import { SNAPSHOT_SCHEMA, type Snapshot } from '../snapshot.ts';
import type { Mapping } from '../memory.ts';
import type { Thread } from '../thread.ts';

/** A small made-up process that has one of everything. */

const layout = {
  startCode: 0x40_0000n, endCode: 0x40_1000n, startData: 0x40_1000n, endData: 0x40_1800n, startBrk: 0x50_0000n,
  brk: 0x50_1234n, startStack: 0x7ffc_0000_0e00n, argStart: 0x7ffc_0000_0f00n, argEnd: 0x7ffc_0000_0f10n,
  envStart: 0x7ffc_0000_0f10n, envEnd: 0x7ffc_0000_0ff0n, auxv: Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0),
}; // prettier-ignore

export const sampleMapping = (fields: Partial<Mapping> & Pick<Mapping, 'start' | 'end' | 'kind'>): Mapping => {
  const whole = ['file', 'shared-anon', 'shared-file-ro', 'vdso'].includes(fields.kind);
  return {
    prot: 3, offset: 0n, dev: '00:00', inode: 0n, path: '', vmFlags: ['rd', 'wr', 'mr', 'mw', 'me'],
    extents: whole ? [{ start: fields.start, end: fields.end }] : [], guards: [], ...fields,
  }; // prettier-ignore
};

export const sampleThread: Thread = {
  tid: 4242,
  ownTid: 4242,
  name: Uint8Array.from(Buffer.from('sample')),
  nice: 0,
  schedPolicy: 0,
  rtPriority: 0,
  ioPriority: 0x4006,
  prctls: [{ name: 'PR_SET_TIMERSLACK', value: 50_000n }],
  registers: { rax: 0xffff_ffff_ffff_fe00n, orig_rax: 0n, rip: 0x40_0102n, rsp: 0x7ffc_0000_0c00n, eflags: 0x246n, fs_base: 0x50_0040n, cs: 0x33n },
  xstate: new Uint8Array(832),
  sigmask: 1n << 13n,
  altstack: { sp: 0n, flags: 2, size: 0n },
  lostSyscall: 35,
  pending: [],
  rseq: { address: 0x50_0080n, size: 32, signature: 0x53053053 },
  robustList: { head: 0x50_0060n, length: 24n },
  clearChildTid: 0x50_0010n,
  tidWords: [0x50_0010n],
  tls: [{ entry: 12, base: 0xf7d0_0000n, limit: 0xf_ffffn, flags: 81 }],
}; // prettier-ignore

export const sampleSnapshot: Snapshot = {
  schema: SNAPSHOT_SCHEMA,
  arch: 'x86-64',
  kernelRelease: '6.18.0',
  cpu: { required: ['avx2'] },
  pid: 4242,
  comm: 'sample',
  stopped: false,
  exe: '/opt/sample',
  cwd: '/var/tmp',
  cwdFile: { dev: 0xfe00n, inode: 79n },
  umask: 0o22,
  personality: 0,
  oomScoreAdj: 0,
  limits: [{ resource: 7, soft: 1024n, hard: 0xffff_ffff_ffff_ffffn }],
  prctls: [{ name: 'PR_SET_DUMPABLE', value: 1n }],
  membarriers: ['MEMBARRIER_CMD_PRIVATE_EXPEDITED'],
  layout,
  mappings: [
    sampleMapping({ start: 0x40_0000n, end: 0x40_1000n, kind: 'file', prot: 5, dev: 'fe:00', inode: 77n, path: '/opt/sample' }),
    sampleMapping({ start: 0x40_1000n, end: 0x40_2000n, kind: 'file', offset: 0x1000n, dev: 'fe:00', inode: 77n, path: '/opt/sample' }),
    sampleMapping({ start: 0x50_0000n, end: 0x50_4000n, kind: 'anon', path: '[heap]', extents: [{ start: 0x50_0000n, end: 0x50_2000n }], guards: [{ start: 0x50_3000n, end: 0x50_4000n }] }),
    sampleMapping({ start: 0x60_0000n, end: 0x60_1000n, kind: 'shared-file', dev: 'fe:00', inode: 78n, path: '/var/tmp/shared' }),
    sampleMapping({ start: 0x7ffc_0000_0000n, end: 0x7ffc_0000_1000n, kind: 'stack', path: '[stack]', vmFlags: ['rd', 'wr', 'gd'], extents: [{ start: 0x7ffc_0000_0000n, end: 0x7ffc_0000_1000n }] }),
    sampleMapping({ start: 0x7ffc_1000_0000n, end: 0x7ffc_1000_4000n, kind: 'vvar', prot: 1, path: '[vvar]' }),
    sampleMapping({ start: 0x7ffc_1000_4000n, end: 0x7ffc_1000_5000n, kind: 'vdso', prot: 5, path: '[vdso]' }),
  ],
  vdsoFunctions: [{ name: '__vdso_time', address: 0x7ffc_1000_4800n, size: 64n }],
  actions: [{ signo: 10, handler: 0x40_0200n, flags: 0x0400_0000n, restorer: 0x40_0300n, mask: 0n }],
  pending: [{ signo: 10, bytes: Uint8Array.from({ length: 128 }, (_, i) => (i === 0 ? 10 : 0)) }],
  itimers: [{ which: 0, intervalUs: 0n, valueUs: 1_500_000n }],
  posixTimers: [{ id: 2, clock: -6, notify: 4, signo: 34, value: 0x50_0100n, tid: 4242, intervalNs: 9n, valueNs: 8_000_000_000n }],
  threads: [sampleThread],
  descriptors: [
    { kind: 'stdio', fd: 0, flags: 2, cloexec: false, position: 0n, description: 0, locks: [] },
    { kind: 'file', path: '/var/tmp/log', dev: 0xfe00n, inode: 79n, size: 10n, mode: 0o100644, fd: 3, flags: 0o102001, cloexec: true, position: 10n, description: 3, locks: [{ kind: 'record', write: true, start: 1n, length: 2n }] },
    { kind: 'file', path: '/var/tmp/log', dev: 0xfe00n, inode: 79n, size: 10n, mode: 0o100644, fd: 4, flags: 0o102001, cloexec: false, position: 10n, description: 3, locks: [] },
    { kind: 'pipe', inode: 500n, end: 'read', capacity: 65_536, fd: 5, flags: 0, cloexec: false, position: 0n, description: 5, locks: [] },
    { kind: 'pipe', inode: 500n, end: 'write', capacity: 65_536, fd: 6, flags: 1, cloexec: false, position: 0n, description: 6, locks: [] },
    { kind: 'device', path: '/dev/null', rdev: 0x103n, fd: 7, flags: 2, cloexec: false, position: 0n, description: 7, locks: [] },
    { kind: 'tty', path: '/dev/pts/0', fd: 8, flags: 2, cloexec: false, position: 0n, description: 8, locks: [] },
    { kind: 'eventfd', count: 3n, semaphore: true, fd: 10, flags: 2, cloexec: false, position: 0n, description: 10, locks: [] },
    { kind: 'signalfd', mask: 0x201n, fd: 11, flags: 0o4002, cloexec: false, position: 0n, description: 11, locks: [] },
    { kind: 'timerfd', clock: 1, setFlags: 0, intervalNs: 5n, valueNs: 7n, ticks: 1n, deadlineNs: 0n, fd: 12, flags: 2, cloexec: false, position: 0n, description: 12, locks: [] },
    { kind: 'epoll', watches: [{ target: 10, events: 0x8000_0019, data: 1n }, { target: 12, events: 0x4000_0000, data: 2n }], fd: 13, flags: 2, cloexec: false, position: 0n, description: 13, locks: [] },
    { kind: 'inotify', watches: [{ wd: 3, mask: 0x8000_0002, path: '/var/log', dev: 0xfe00n, inode: 77n }], fd: 17, flags: 0o4000, cloexec: true, position: 0n, description: 17, locks: [] },
    { kind: 'inet', inode: 600n, domain: 2, type: 1, protocol: 6, state: 'listening', local: Uint8Array.of(2, 0, 31, 144, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), remote: new Uint8Array(), backlog: 5, shutdown: 0, options: [{ name: 'SO_REUSEADDR', value: Uint8Array.of(1, 0, 0, 0) }], fd: 14, flags: 2, cloexec: false, position: 0n, description: 14, locks: [] },
    { kind: 'unix', inode: 601n, type: 1, state: 'pair', peer: 602n, local: Uint8Array.of(1, 0), remote: Uint8Array.of(1, 0), mode: 0, unlinked: false, backlog: 0, shutdown: 0, options: [], fd: 15, flags: 2, cloexec: false, position: 0n, description: 15, locks: [], async: { owner: 'process', signal: 34 } },
    { kind: 'unix', inode: 602n, type: 1, state: 'pair', peer: 601n, local: Uint8Array.of(1, 0), remote: Uint8Array.of(1, 0), mode: 0, unlinked: false, backlog: 0, shutdown: 0, options: [], fd: 16, flags: 2, cloexec: false, position: 0n, description: 16, locks: [] },
    { kind: 'path', path: '/var/tmp/other', fd: 17, flags: 2, cloexec: false, position: 0n, description: 17, locks: [] },
    { kind: 'nameless', file: 'memfd', name: 'sample', dev: '00:01', inode: 700n, fd: 18, flags: 0o100002, cloexec: false, position: 9n, description: 18, locks: [] },
    { kind: 'ptmx', path: '/dev/ptmx', index: 3, settings: new Uint8Array(44), window: new Uint8Array(8), locked: false, packet: true, hungUp: false, fd: 19, flags: 0o100002, cloexec: false, position: 0n, description: 19, locks: [] },
    { kind: 'pts', path: '/dev/pts/3', index: 3, fd: 20, flags: 0o100002, cloexec: false, position: 0n, description: 20, locks: [] },
    { kind: 'directory', path: '/var/tmp', dev: 0xfe00n, inode: 80n, size: 4096n, mode: 0o40755, fd: 9, flags: 0o300000, cloexec: true, position: 0n, description: 9, locks: [] },
  ],
  pipes: [{ inode: 500n, packets: [Uint8Array.of(1, 2, 3)] }],
  sockets: [{ inode: 602n, packets: [Uint8Array.of(9)] }],
  nameless: [{ kind: 'memfd', name: 'sample', dev: '00:01', inode: 700n, size: 5000n, extents: [{ start: 0n, end: 4096n }], attributes: { mode: 0o777, uid: 0, gid: 0, accessedNs: 1n, modifiedNs: 2n, seals: 1 } }],
  terminal: { fd: 8, settings: new Uint8Array(44) },
}; // prettier-ignore

export const sampleDescription: Description = {
  snapshot: sampleSnapshot,
  lazy: false,
  brk: 'prctl',
  stored: [
    { address: 0x40_0000n, size: 0x2000n, offset: 0x1000n },
    { address: 0x50_0000n, size: 0x2000n, offset: 0x3000n },
  ],
  storedFiles: [{ file: 0, start: 0n, size: 4096n, offset: 0x5000n }],
  differences: [{ start: 0x50_0010n, end: 0x50_0014n, reason: 'the new thread id' }],
  remains: { start: 0x10_0000n, end: 0x11_0000n },
};
