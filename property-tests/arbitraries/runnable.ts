import fc from 'fast-check';
import { ARCHES } from '../../src/arch/index.ts';
import { sampleSnapshot } from '../../src/snapshot/testdata/sample.ts';
import { SELECTORS } from './selectors.ts';
import { snapshot, type Where } from './snapshot.ts';
import type { Snapshot } from './types.ts';

type Arch = Snapshot['arch'];

/** Flags that a program may have set itself: AC DF OF SF ZF AF PF CF. The kernel adds IF and bit 1. @source Intel SDM vol. 1, 3.4.3 */
const FLAGS = [0x40000n, 0x400n, 0x800n, 0x80n, 0x40n, 0x10n, 0x4n, 0x1n];
const FIXED_FLAGS = 0x202n;

/** Registers as a process may have them that is in no system call. */
export const registers = (name: Arch): fc.Arbitrary<Readonly<Record<string, bigint>>> => {
  const arch = ARCHES[name];
  const wide = arch.wordSize === 8;
  const word = fc.bigInt({ min: 0n, max: wide ? (1n << 64n) - 1n : (1n << 32n) - 1n });
  const address = fc.bigInt({ min: 0x1_0000n, max: wide ? 0x7fff_ffff_0000n : 0xffff_0000n });
  const special: Record<string, fc.Arbitrary<bigint>> = {
    [arch.ip]: address,
    [arch.origAx]: fc.constant(wide ? (1n << 64n) - 1n : (1n << 32n) - 1n),
    eflags: fc.subarray(FLAGS).map((flags) => flags.reduce((sum, flag) => sum | flag, FIXED_FLAGS)),
    fs_base: address,
    gs_base: address,
    ...Object.fromEntries(Object.entries(SELECTORS[name]).map(([selector, value]) => [selector, fc.constant(value)])),
  };
  return fc.record(Object.fromEntries(arch.registers.map((register) => [register, special[register] ?? word])));
};

const XSAVE_SIZE = 832;
const AT = { controlWord: 0, mxcsr: 24, mxcsrMask: 28, xmm: 160, xmmEnd: 416, stateBits: 512 } as const;

/** An XSAVE area in which x87 is as it begins, and the XMM registers are not. One number makes them all, for that shrinks quickly. */
const xstate = (name: Arch): fc.Arbitrary<Uint8Array> =>
  fc.nat().map((seed) => {
    const xmm = Uint8Array.from({ length: AT.xmmEnd - AT.xmm }, (_, i) => Math.imul(seed, i + 1) >>> 13);
    const area = new Uint8Array(XSAVE_SIZE);
    const view = new DataView(area.buffer);
    view.setUint16(AT.controlWord, 0x37f, true);
    view.setUint32(AT.mxcsr, 0x1f80, true);
    view.setUint32(AT.mxcsrMask, 0xffff, true);
    // A 32-bit program has eight of them.
    area.set(name === 'i386' ? xmm.subarray(0, 128) : xmm, AT.xmm);
    view.setUint32(AT.stateBits, 3, true);
    return area;
  });

/** Signals that can be blocked: all but SIGKILL and SIGSTOP. */
const BLOCKABLE = (1n << 64n) - 1n - (1n << 8n) - (1n << 18n);

/** Many mappings seldom, for they take long. */
const sizes = fc.oneof(
  { weight: 30, arbitrary: fc.constant(12) },
  { weight: 6, arbitrary: fc.constant(80) },
  { weight: 1, arbitrary: fc.constant(2500) },
);

/**
 * Snapshots that can be run up to their first instruction anywhere: memory, break, registers and mask are made up, and there
 * is nothing else, no file and no descriptor, that a machine may lack.
 * @param guards whether there may be guard regions, which not every kernel has
 */
export const runnable = (
  name: Arch,
  { where = 'anywhere', guards = true }: { readonly where?: Where; readonly guards?: boolean } = {},
): fc.Arbitrary<Snapshot> =>
  sizes
    .chain((count) =>
      fc.tuple(
        snapshot(name, bare(name), count, where),
        registers(name),
        xstate(name),
        fc.bigInt({ min: 0n, max: BLOCKABLE }),
      ),
    )
    .map(([source, values, state, mask]) => ({
      ...source,
      mappings: source.mappings.map((mapping) => (guards ? mapping : { ...mapping, guards: [] })),
      threads: [{ ...source.threads[0]!, registers: values, xstate: state, sigmask: mask & BLOCKABLE }],
    }));

/** What the kernel says of a list that nobody registered too. @source kernel/futex/syscalls.c get_robust_list */
const ROBUST_LIST_HEAD = { 'x86-64': 24n, i386: 12n } as const;

/** What any process has, and nothing that is found by name in the world around it. */
function bare(name: Arch): Snapshot {
  const { schema, kernelRelease, pid, comm, umask, personality, oomScoreAdj, layout } = sampleSnapshot;
  const { rseq: _, lostSyscall: __, ...thread } = sampleSnapshot.threads[0]!;
  const robustList = { head: 0n, length: ROBUST_LIST_HEAD[name] };
  return {
    schema,
    arch: name,
    kernelRelease,
    cpu: { required: [] },
    stopped: false,
    pid,
    comm,
    exe: '/opt/made-up',
    cwd: '/',
    umask,
    personality,
    oomScoreAdj,
    limits: [],
    prctls: [],
    membarriers: [],
    layout: { ...layout, auxv: new Uint8Array(16) },
    mappings: [],
    vdsoFunctions: [],
    actions: [],
    pending: [],
    itimers: [],
    posixTimers: [],
    threads: [{ ...thread, robustList, clearChildTid: 0n, tidWords: [], tls: [] }],
    descriptors: [],
    pipes: [],
    sockets: [],
    nameless: [],
  };
}

/** Machine code at an address. */
export interface Code {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** A jump to itself; then what a freeze borrows: a system call that returns, and a return from a signal. */
const LOOP = {
  'x86-64': [0xeb, 0xfe, 0x0f, 0x05, 0xc3, 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05],
  i386: [0xeb, 0xfe, 0xcd, 0x80, 0xc3, 0xb8, 0xad, 0, 0, 0, 0xcd, 0x80],
} as const;
const CODE_AT = 0x20_0000n;
const STACK_PAGES = 16n;

/** One that runs on, for ever at its first instruction, with room below its stack pointer. */
export const spinning = (name: Arch): fc.Arbitrary<{ source: Snapshot; code: Code }> =>
  fc.tuple(snapshot(name, bare(name), 12), registers(name), xstate(name)).map(([source, values, state]) => {
    const arch = ARCHES[name];
    const stack = source.mappings.find(({ kind }) => kind === 'stack')!;
    const text = { start: CODE_AT, end: CODE_AT + 4096n };
    const start = stack.end - STACK_PAGES * 4096n;
    const running = { ...values, [arch.ip]: CODE_AT, [arch.sp]: stack.end - 512n };
    return {
      code: { address: CODE_AT, bytes: Uint8Array.from(LOOP[name]) },
      source: {
        ...source,
        mappings: [
          {
            ...stack,
            ...text,
            kind: 'file' as const,
            prot: 5,
            path: '/opt/made-up',
            inode: 5n,
            vmFlags: [],
            extents: [text],
          },
          ...source.mappings.map((mapping) =>
            mapping === stack ? { ...stack, start, extents: [{ start, end: stack.end }] } : mapping,
          ),
        ],
        layout: { ...source.layout, startStack: stack.end - 512n },
        threads: [{ ...source.threads[0]!, registers: running, xstate: state, sigmask: 0n }],
      },
    };
  });
