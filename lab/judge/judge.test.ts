import { describe, expect, it } from 'vitest';
import { judge, type Manner } from './judge.ts';
import type { Look, MapsLine, Peek, ThreadPeek } from './look.ts';
import { formatDifference } from './verdict.ts';

const STILL: Manner = { spins: false, moves: false };
const PAGE = 4096;

const line = (start: number, pages: number, rest: Partial<MapsLine> = {}): MapsLine => ({
  start: BigInt(start),
  end: BigInt(start + pages * PAGE),
  permissions: 'rw-p',
  offset: 0n,
  inode: 0n,
  path: '',
  vmFlags: ['rd', 'wr'],
  ...rest,
});

const bytes = (pages: number, seed: number) =>
  Buffer.from(Array.from({ length: pages * PAGE }, (_, at) => (at * 7 + seed) % 251));

/** The heap, in which the thread's id is. */
function withTid(heap: Buffer, tid: number): Buffer {
  const copy = Buffer.from(heap);
  copy.writeInt32LE(tid, 0x2d0);
  return copy;
}

const PEEK: Peek = {
  arch: 'x86-64',
  registers: {
    rax: '0xfffffffffffffe00',
    rbx: '0x1',
    orig_rax: '0x0',
    rip: '0x401002',
    rsp: '0x7000',
    eflags: '0x246',
  },
  xstate: '7f03'.padEnd(2 * 1088, '0'),
  components: [{ bit: 2, offset: 576, size: 256 }],
  sigmask: '0x200',
  pending: { thread: [], process: ['0a00', '0c00'] },
  rseq: { address: '0x601000', size: 32, signature: 1392848979 },
  robustList: '0x602000',
  name: '70726f6772616d0a',
  nice: 0,
  policy: 0,
  others: [],
};

/** A process that waits in read(2): text of a file, a heap, shared memory, a stack, the kernel's pages. */
const BEFORE: Look = {
  arch: 'x86-64',
  tids: [4000],
  calls: [[0n, 0n, 0x7000n, 16n, 0n, 0n, 0n, 0x7000n, 0x401002n]],
  maps: [
    line(0x401000, 2, { permissions: 'r-xp', inode: 77n, path: '/bin/program', offset: 0x1000n }),
    line(0x600000, 4, { path: '[heap]' }),
    line(0x700000, 1, { permissions: 'rw-s', inode: 5n, path: '/tmp/shared', offset: 0x3000n }),
    line(0x900000, 4, { path: '[vvar]', permissions: 'r--p' }),
    line(0x904000, 1, { path: '[vdso]', permissions: 'r-xp' }),
    line(0xa00000, 3, { path: '[stack]' }),
  ],
  memory: [
    { address: 0x401000n, bytes: bytes(2, 1) },
    { address: 0x600000n, bytes: withTid(bytes(2, 2), 4000) },
    { address: 0x700000n, bytes: bytes(1, 3) },
    { address: 0x904000n, bytes: bytes(1, 4) },
    { address: 0xa02000n, bytes: bytes(1, 5) },
  ],
  facts: {
    'start of brk': '6291456',
    Umask: '0022',
    SigCgt: '0000000000000002',
    comm: 'program',
    auxv: 'ab'.repeat(100),
  },
  descriptors: {
    0: { link: '/dev/null', flags: '0100000', position: '0' },
    3: { link: '/tmp/data', flags: '0100002', position: '17' },
    4: { link: 'pipe 0', flags: '00', position: '0' },
  },
  peek: PEEK,
};

const DECLARED = [
  { start: 0x100000n, end: 0x104000n, reason: 'restorer' },
  { start: 0x904010n, end: 0x904020n, reason: 'vdso function' },
  { start: 0x6002d0n, end: 0x6002d4n, reason: 'thread id' },
];

/** `BEFORE` as a right image has it: its own names, its own kernel pages, the call made again. */
const AFTER: Look = {
  ...BEFORE,
  tids: [4001],
  calls: [[]],
  maps: [
    line(0x100000, 4, { permissions: 'r-xp', inode: 9n, path: '/tmp/image', offset: 0x1000n }),
    line(0x401000, 2, { permissions: 'r-xp', inode: 9n, path: '/tmp/image', offset: 0x8000n }),
    line(0x600000, 4, { path: '[heap]' }),
    line(0x700000, 1, { permissions: 'rw-s', inode: 5n, path: '/tmp/shared', offset: 0x3000n }),
    line(0x904000, 1, { permissions: 'r-xp' }),
    line(0xa00000, 3, { path: '[stack]' }),
    line(0xb00000, 4, { path: '[vvar]', permissions: 'r--p' }),
    line(0xb04000, 1, { path: '[vdso]', permissions: 'r-xp' }),
  ],
  memory: BEFORE.memory.map(({ address, bytes: content }) => ({
    address,
    bytes: address === 0x600000n ? withTid(content!, 4001) : flipped(content!, address, [0x904010n]),
  })),
  descriptors: { ...BEFORE.descriptors, 0: { link: 'pipe 7', flags: '00', position: '0' } },
  peek: {
    ...PEEK,
    registers: { ...PEEK.registers, rax: '0x0', orig_rax: '0xffffffffffffffff', rip: '0x401000' },
  },
};

/** A copy in which the byte at each of these addresses, if inside, is another one. */
function flipped(content: Buffer, address: bigint, at: readonly bigint[]): Buffer {
  const copy = Buffer.from(content);
  for (const each of at) {
    const offset = Number(each - address);
    if (offset >= 0 && offset < copy.length) copy[offset]! ^= 0xff;
  }
  return copy;
}

const flipIn = (look: Look, at: bigint): Look => ({
  ...look,
  memory: look.memory.map(({ address, bytes: content }) => ({ address, bytes: flipped(content!, address, [at]) })),
});

const withPeek = (rest: Partial<Peek>): Look => ({ ...AFTER, peek: { ...AFTER.peek!, ...rest } });
const withLine = (index: number, rest: Partial<MapsLine>): Look => ({
  ...AFTER,
  maps: AFTER.maps.map((each, at) => (at === index ? { ...each, ...rest } : each)),
});
const withRegister = (name: string, value: string): Look =>
  withPeek({ registers: { ...AFTER.peek!.registers, [name]: value } });

function omitRseq(peek: Peek): Peek {
  const { rseq, ...rest } = peek;
  expect(rseq).toBeDefined();
  return rest;
}

const told = (after: Look, declared = DECLARED, manner = STILL, before = BEFORE): string[] =>
  judge(before, after, declared, manner).map(formatDifference);

describe('other threads', () => {
  const { others: none, ...first } = PEEK;
  const thread = (rsp: string, rest: Partial<ThreadPeek> = {}): ThreadPeek => ({
    ...first,
    registers: { ...AFTER.peek!.registers, rsp },
    rseq: { ...first.rseq!, address: '0x600800' },
    ...rest,
  });
  const before = { ...BEFORE, peek: { ...PEEK, others: [thread('0x8000'), thread('0x9000', { sigmask: '0x1' })] } };
  const after = (...others: ThreadPeek[]): Look => withPeek({ others });
  const toldOf = (look: Look): string[] => told(look, DECLARED, STILL, before);

  it('are the same in any order, each with an rseq area of its own', () => {
    expect(none).toEqual([]);
    const same = after(thread('0x9000', { sigmask: '0x1' }), thread('0x8000'));
    expect(toldOf(flipIn(same, 0x600804n))).toEqual([]);
    expect(toldOf(flipIn(same, 0x600808n))).toHaveLength(1);
  });

  it('are each compared, and counted', () => {
    const masked = toldOf(
      after(thread('0x8000', { sigmask: '0x2' }), thread('0x9000', { sigmask: '0x1', name: '78' })),
    );
    expect(masked).toEqual([
      'kernel signal mask (thread 2): "0x2", was "0x200"',
      'kernel name of the thread (thread 3): "78", was "70726f6772616d0a"',
    ]);
    expect(toldOf(after(thread('0x8000')))).toEqual(['threads others: 1, was 2']);
  });
});

describe('a right image', () => {
  it('is the same', () => expect(told(AFTER)).toEqual([]));

  it('may have the rseq fields that the kernel writes otherwise', () => {
    expect(told(flipIn(flipIn(AFTER, 0x601004n), 0x601018n))).toEqual([]);
  });

  it('may have joined neighbours under one name', () => {
    const before = { ...BEFORE, maps: [line(0x600000, 2), line(0x602000, 2, { path: '[heap]' })], memory: [] };
    const after = { ...AFTER, maps: [line(0x600000, 4, { path: '[heap]' })], memory: [] };
    expect(told(after, [], STILL, before)).toEqual([]);
  });

  it('may have found a file by another of its names', () => {
    const look = (path: string, inode: number): Look => ({
      ...AFTER,
      maps: [line(0x700000, 1, { permissions: 'rw-s', inode: BigInt(inode), path })],
      memory: [],
      descriptors: {
        3: { link: path.endsWith('(deleted)') ? 'deleted 0' : path, flags: '02', position: '0', inode: `${inode}` },
      },
    });
    const before = look('/tmp/first (deleted)', 5);
    expect(told(look('/tmp/second', 5), [], STILL, before)).toEqual([]);
    expect(told(look('/tmp/second', 6), [], STILL, before)).toHaveLength(2);
  });

  it('may have a spinning process elsewhere in its loop', () => {
    const before = { ...BEFORE, peek: { ...PEEK, registers: { ...PEEK.registers, orig_rax: '0xffffffffffffffff' } } };
    const after = withPeek({ registers: { ...before.peek.registers, rip: '0x401007' } });
    expect(told(after, DECLARED, { spins: true, moves: false }, before)).toEqual([]);
    expect(told(after, DECLARED, STILL, before)).toEqual(['register rip: 0x401007, was 0x401002']);
  });

  it('may have the time left written by an interrupted nanosleep', () => {
    const before = { ...BEFORE, calls: [[35n, 0x600100n, 0x600200n, 0n, 0n, 0n, 0n, 0x7000n, 0x401002n]] };
    expect(told(flipIn(AFTER, 0x600208n), DECLARED, STILL, before)).toEqual([]);
    expect(told(flipIn(AFTER, 0x600210n), DECLARED, STILL, before)).toHaveLength(1);
  });
});

describe('a planted fault', () => {
  const faults: [string, Look, RegExp][] = [
    ['a flipped byte of the heap', flipIn(AFTER, 0x601234n), /^bytes 0x601234 \(\[heap\]\): /],
    ['a flipped byte in shared memory', flipIn(AFTER, 0x700fffn), /^bytes 0x700fff \(\/tmp\/shared\): /],
    ['a flipped byte of the saved vdso', flipIn(AFTER, 0x904020n), /^bytes 0x904020 \(\[vdso\]\): /],
    ['a flipped byte beside the declared thread id', flipIn(AFTER, 0x6002d4n), /^bytes 0x6002d4 \(\[heap\]\): /],
    [
      'bytes where there were zeros',
      { ...AFTER, memory: [...AFTER.memory, { address: 0xa01000n, bytes: bytes(1, 6) }] },
      /^bytes 0xa01000 \(\[stack\]\): .*, was 0{32}$/,
    ],
    [
      'a page of bytes lost',
      { ...AFTER, memory: AFTER.memory.filter(({ address }) => address !== 0xa02000n) },
      /^bytes 0xa02000 \(\[stack\]\): 0{32}, was /,
    ],
    [
      'a page that cannot be read any more',
      {
        ...AFTER,
        memory: AFTER.memory.map((extent) => (extent.address === 0x700000n ? { ...extent, bytes: null } : extent)),
      },
      /^bytes 700000-701000: not readable, was readable$/,
    ],
    [
      'a missing mapping',
      { ...AFTER, maps: AFTER.maps.filter(({ path }) => path !== '/tmp/shared') },
      /^mapping 700000-701000: nothing, was shared/,
    ],
    [
      'a mapping cut short',
      withLine(5, { end: 0xa02000n }),
      /^mapping a02000-a03000: nothing, was anonymous \[stack\]$/,
    ],
    ['a wrong protection', withLine(2, { permissions: 'r--p' }), /^protection 600000-604000: r--, was rw-$/],
    [
      'sharing lost',
      withLine(3, { permissions: 'rw-p' }),
      /^mapping 700000-701000: private \/tmp\/shared\+3000, was shared/,
    ],
    [
      'a wrong offset in a shared file',
      withLine(3, { offset: 0x4000n }),
      /^mapping 700000-701000: shared \/tmp\/shared\+4000, was .*\+3000$/,
    ],
    [
      'a heap that is a mapping of the image',
      withLine(2, { inode: 9n, path: '/tmp/image' }),
      /^mapping 600000-604000: private \/tmp\/image\+0, was anonymous/,
    ],
    ['advice lost', withLine(5, { vmFlags: ['rd', 'wr', 'dd'] }), /^flags a00000-a03000: dd, was $/],
    [
      'a mapping left behind',
      { ...AFTER, maps: [...AFTER.maps, line(0x200000, 1)] },
      /^mapping 200000-201000: anonymous, was nothing$/,
    ],
    [
      'a mapping where [vvar] was',
      { ...AFTER, maps: [...AFTER.maps, line(0x901000, 1)] },
      /^mapping 901000-902000: anonymous, was nothing$/,
    ],
    [
      'brk off by one',
      { ...AFTER, facts: { ...AFTER.facts, 'start of brk': '6291457' } },
      /^process start of brk: 6291457, was 6291456$/,
    ],
    [
      'a lost handler',
      { ...AFTER, facts: { ...AFTER.facts, SigCgt: '0000000000000000' } },
      /^process SigCgt: 0{16}, was 0{15}2$/,
    ],
    ['another auxiliary vector', { ...AFTER, facts: { ...AFTER.facts, auxv: 'ab'.repeat(99) } }, /^process auxv: …/],
    ['a changed register', withRegister('rbx', '0x2'), /^register rbx: 0x2, was 0x1$/],
    ['a call not made again', withRegister('rip', '0x401002'), /^register rip: 0x401002, was 0x401000$/],
    ['another call made again', withRegister('rax', '0x1'), /^register rax: 0x1, was 0x0$/],
    [
      'a changed vector register',
      withPeek({
        xstate: '7f03'
          .padEnd(2 * 700, '0')
          .concat('01')
          .padEnd(2 * 1088, '0'),
      }),
      /^xstate component 2 byte 124: 01/,
    ],
    ['a changed x87 control word', withPeek({ xstate: '7f02'.padEnd(2 * 1088, '0') }), /^xstate x87 byte 1: 02/],
    [
      'a lost pending signal',
      withPeek({ pending: { thread: [], process: ['0a00'] } }),
      /^kernel pending for the process: \["0a00"\], was \["0a00","0c00"\]$/,
    ],
    [
      'pending signals in another order',
      withPeek({ pending: { thread: [], process: ['0c00', '0a00'] } }),
      /^kernel pending for the process: /,
    ],
    ['another signal mask', withPeek({ sigmask: '0x0' }), /^kernel signal mask: /],
    ['rseq not registered', { ...AFTER, peek: omitRseq(AFTER.peek!) }, /^kernel rseq: none, was /],
    [
      'another offset of a file',
      { ...AFTER, descriptors: { ...AFTER.descriptors, 3: { ...AFTER.descriptors[3]!, position: '18' } } },
      /^descriptor 3: .* position 18, was .* position 17$/,
    ],
    [
      'a descriptor left open',
      { ...AFTER, descriptors: { ...AFTER.descriptors, 9: AFTER.descriptors[4]! } },
      /^descriptor 9: pipe 0 .*, was closed$/,
    ],
    [
      'standard input closed',
      { ...AFTER, descriptors: { 3: AFTER.descriptors[3]!, 4: AFTER.descriptors[4]! } },
      /^descriptor 0: closed, was open$/,
    ],
  ];

  it.each(faults)('%s is named', (_, after, expected) => {
    const differences = told(after);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(expected);
  });
});

describe('a declaration', () => {
  it("cannot cover more than words of the program's own memory", () => {
    expect(told(AFTER, [...DECLARED, { start: 0x601000n, end: 0x602000n, reason: 'too much' }])).toEqual([
      "declared 601000-602000: declared to differ, was the program's own memory",
    ]);
  });

  it.each([
    ['a word', 0x601100n, 4n],
    ['half a word', 0x601100n, 2n],
    ['what could be an rseq area', 0x601100n, 32n],
  ])('cannot cover %s that holds no thread id, nor excuse it', (_, start, size) => {
    const declared = [...DECLARED, { start, end: start + size, reason: 'a lie' }];
    expect(told(flipIn(AFTER, start), declared)).toEqual([
      `declared ${start.toString(16)}-${(start + size).toString(16)}: declared to differ, was the program's own memory`,
      expect.stringMatching(/^bytes /),
    ]);
  });

  it('cannot cover a word that held a thread id and does not now', () => {
    expect(told(flipIn(AFTER, 0x6002d1n))).toEqual([
      "declared 6002d0-6002d4: declared to differ, was the program's own memory",
      expect.stringMatching(/^bytes 0x6002d0/),
    ]);
  });

  it('may cover a word that keeps its thread id, as another pid namespace has it', () => {
    expect(BEFORE.memory).not.toEqual(AFTER.memory);
    expect(told({ ...AFTER, memory: BEFORE.memory })).toEqual([]);
  });

  it('may cover the rseq area that the kernel it goes on under does not tell of', () => {
    const declared = [...DECLARED, { start: 0x601000n, end: 0x601020n, reason: 'rseq' }];
    const shown = { ...BEFORE, peek: omitRseq(BEFORE.peek!) };
    const after = { ...AFTER, peek: omitRseq(AFTER.peek!) };
    const manner = { spins: false, moves: false };
    expect(judge(shown, after, declared, { ...manner, taken: BEFORE })).toEqual([]);
    expect(judge(shown, after, declared, manner)).not.toEqual([]);
  });

  it("cannot cover the words of the rseq area that are the program's", () => {
    const declared = [...DECLARED, { start: 0x601000n, end: 0x601020n, reason: 'rseq' }];
    expect(told(flipIn(AFTER, 0x601004n), declared)).toEqual([]);
    expect(told(flipIn(AFTER, 0x601008n), declared)).toHaveLength(1);
  });

  it('that [vvar] is gone does not cover what is there instead', () => {
    const after = { ...AFTER, maps: [...AFTER.maps, line(0x901000, 1)] };
    expect(told(after, [...DECLARED, { start: 0x900000n, end: 0x904000n, reason: 'gone' }])).toEqual([
      'mapping 901000-902000: anonymous, was nothing',
    ]);
  });

  it('cannot cover more than 64 KiB where nothing was', () => {
    expect(told(AFTER, [...DECLARED, { start: 0x200000n, end: 0x210000n, reason: 'too much' }])).toEqual([
      'declared total: 81920 bytes, was at most 65536 bytes',
    ]);
  });
});
