import { describe, expect, it } from 'vitest';
import { bufferAccess, type RandomAccess } from '../elf/access.ts';
import { ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT } from '../elf/constants.ts';
import { EHDR, type ElfClass, encode, encodeIdent, IDENT_SIZE, PHDR, type Phdr, recordSize } from '../elf/layout.ts';
import { PERSONALITY } from './conditions.ts';
import { parseKernel } from './kernel.ts';
import { predict, type Prediction } from './predict.ts';

const PAGE = 4096n;
/** What 28 random bits of pages come to. */
const RANDOM_28 = ((1n << 28n) - 1n) * PAGE;
const { PT_LOAD, PT_GNU_STACK, PT_NULL } = PT;
const header = (fields: Partial<Phdr>): Phdr => ({
  type: PT_LOAD, flags: PF_R, offset: PAGE, vaddr: 0x40_0000n, paddr: 0n, filesz: PAGE, memsz: PAGE, align: PAGE, ...fields,
}); // prettier-ignore
const STACK = header({ type: PT_GNU_STACK, flags: PF_R | PF_W, offset: 0n, vaddr: 0n, filesz: 0n, memsz: 0n });

/** A file of four pages. */
function elf(
  headers: readonly Phdr[],
  { cls = 64, type = ET_EXEC, stack = true }: { cls?: ElfClass; type?: number; stack?: boolean } = {},
): RandomAccess {
  const all = stack ? [...headers, STACK] : headers;
  const size = IDENT_SIZE + recordSize(EHDR, cls);
  const bytes = new Uint8Array(Math.max(4 * 4096, size + all.length * recordSize(PHDR, cls)));
  bytes.set(encodeIdent(cls));
  // prettier-ignore
  bytes.set(encode(EHDR, cls, {
    type, machine: cls === 64 ? 62 : 3, version: 1, entry: 0x40_0000n, phoff: BigInt(size), shoff: 0n, flags: 0, ehsize: size,
    phentsize: recordSize(PHDR, cls), phnum: all.length, shentsize: 0, shnum: 0, shstrndx: 0,
  }), IDENT_SIZE);
  all.forEach((phdr, i) => bytes.set(encode(PHDR, cls, phdr), size + i * recordSize(PHDR, cls)));
  return bufferAccess(bytes);
}

const fillers = (count: number): Phdr[] => Array.from({ length: count }, () => header({ type: PT_NULL }));

/** In a word: the error, `killed`, or lines of maps below the mmap area. */
function say(prediction: Prediction): string {
  if (prediction.kind === 'error') return prediction.errno;
  if (prediction.kind === 'killed') return 'killed';
  return prediction.mappings
    .filter(({ kind }) => kind === 'file' || kind === 'zeros')
    .map(
      ({ start, size, permissions, kind }) =>
        `${start.lowest.toString(16)}+${size / PAGE} ${permissions.slice(0, 3)} ${kind}`,
    )
    .join(', ');
}

const on = (kernel: string, file: RandomAccess): string =>
  say(predict(file, { kernel: parseKernel(kernel), conditions: { personality: PERSONALITY.ADDR_NO_RANDOMIZE } }));

const COLUMNS = ['5.10', '6.1.192', '6.12', '6.16', '6.17', '7.3'] as const;
const same = (what: string): string[] => COLUMNS.map(() => what);

/** What each of those kernels was seen to do. @source hand-made files under Debian's kernels in QEMU */
const SEEN: readonly { what: string; file: RandomAccess; seen: readonly string[] }[] = [
  {
    what: '74 program headers, 128 being their page for 32 bits',
    file: elf([header({}), ...fillers(72)]),
    seen: ['ENOEXEC', 'ENOEXEC', 'ENOEXEC', 'ENOEXEC', '400000+1 r-- file', '400000+1 r-- file'],
  },
  { what: '73 program headers', file: elf([header({}), ...fillers(71)]), seen: same('400000+1 r-- file') },
  { what: '1171 program headers', file: elf([header({}), ...fillers(1169)]), seen: same('ENOEXEC') },
  {
    what: 'zeros of a segment below an earlier one',
    file: elf([
      header({ vaddr: 0x50_0000n, flags: PF_R | PF_W }),
      header({ offset: 2n * PAGE, flags: PF_R | PF_W, memsz: 2n * PAGE }),
    ]),
    seen: [
      '400000+1 rw- file, 500000+1 rw- file',
      ...same('400000+1 rw- file, 401000+1 rw- zeros, 500000+1 rw- file').slice(1),
    ],
  },
  {
    what: 'read-only zeros that begin within a page, last',
    file: elf([header({ filesz: 0x10n, memsz: 2n * PAGE })]),
    seen: ['killed', ...same('400000+1 r-- file, 401000+1 rw- zeros').slice(1)],
  },
  {
    what: 'writable zeros that begin past the end of the file, last',
    file: elf([header({ offset: 4n * PAGE, flags: PF_R | PF_W, filesz: 0x10n, memsz: 2n * PAGE })]),
    seen: ['killed', '400000+1 rw- file, 401000+1 rw- zeros', 'killed', 'killed', 'killed', 'killed'],
  },
  {
    what: 'an empty segment within a page',
    file: elf([header({ vaddr: 0x40_0010n, offset: PAGE + 0x10n, filesz: 0n, memsz: 0n })]),
    seen: ['400000+1 r-- file', ...same('').slice(1)],
  },
  {
    what: 'zeros alone, with no permission',
    file: elf([header({ flags: 0, filesz: 0n, memsz: PAGE })]),
    seen: same('400000+1 rw- zeros'),
  },
  { what: 'a mapping without permission', file: elf([header({ flags: 0 })]), seen: same('400000+1 --- file') },
  { what: 'an address below vm.mmap_min_addr', file: elf([header({ vaddr: PAGE })]), seen: same('killed') },
  { what: 'an offset of another page', file: elf([header({ offset: PAGE + 1n })]), seen: same('killed') },
  { what: 'more bytes of file than of memory', file: elf([header({ memsz: 1n })]), seen: same('killed') },
  {
    what: 'no PT_GNU_STACK in a 32-bit program',
    file: elf([header({})], { cls: 32, stack: false }),
    seen: same('400000+1 r-x file'),
  },
  { what: 'no PT_GNU_STACK', file: elf([header({})], { stack: false }), seen: same('400000+1 r-- file') },
  {
    what: 'overlapping segments',
    file: elf([header({ filesz: 2n * PAGE, memsz: 2n * PAGE }), header({ vaddr: 0x40_1000n, flags: PF_R | PF_X })]),
    seen: same('400000+1 r-- file, 401000+1 r-x file'),
  },
  { what: 'the first segment over the stack', file: elf([header({ vaddr: 0x7fff_ffff_e000n })]), seen: same('killed') },
];

describe('a kernel, of a file with', () => {
  describe.each(SEEN)('$what', ({ file, seen }) => {
    it.each(COLUMNS.map((kernel, i) => [kernel, seen[i] ?? '']))('Linux %s', (kernel, expected) => {
      expect(on(kernel, file)).toBe(expected);
    });
  });
});

const startOfBreak = (kernel: string, file: RandomAccess, conditions = {}): string => {
  const prediction = predict(file, { kernel: parseKernel(kernel), conditions });
  if (prediction.kind !== 'loaded') return prediction.kind;
  const { lowest, random } = prediction.brk.start;
  return `${lowest.toString(16)} + ${random.toString(16)}`;
};

describe('the break', () => {
  const wide = elf([header({ vaddr: 0x50_0000n, memsz: PAGE + 1n, flags: PF_R | PF_W }), header({})]);
  const narrow = elf([header({ memsz: PAGE + 1n, flags: PF_R | PF_W })], { cls: 32 });
  const staticPie = elf([header({ vaddr: 0n })], { type: ET_DYN });
  const still = { personality: PERSONALITY.ADDR_NO_RANDOMIZE };

  it.each([
    ['5.10', '502000 + 2000000'],
    ['6.1.192', '503000 + 40000000'],
    ['6.8', '502000 + 2000000'],
    ['6.12', '503000 + 40000000'],
  ])('is after the highest end, whatever the order of headers: Linux %s', (kernel, expected) => {
    expect(startOfBreak(kernel, wide)).toBe(expected);
    expect(startOfBreak(kernel, wide, still)).toBe('502000 + 0');
  });

  it('of a 32-bit program is drawn from 32 MiB', () => {
    expect(startOfBreak('6.12', narrow)).toBe('403000 + 2000000');
    expect(startOfBreak('6.1-i386', narrow)).toBe('403000 + 2000000');
  });

  it('is not drawn where kernel.randomize_va_space is 1', () => {
    expect(startOfBreak('6.12', wide, { randomize: 1 })).toBe('502000 + 0');
  });

  it.each([
    ['6.12.29', '7ffff7ff9000'],
    ['6.12.30', '555555555000'],
  ])('of a static PIE without randomisation moved with Linux 6.12.30: %s', (kernel, expected) => {
    const vdso = kernel === '6.12.29' ? '7ffff7fff000' : expected;
    expect(startOfBreak(kernel, staticPie, still)).toBe(`${vdso} + 0`);
  });
});

describe('predict', () => {
  it('tells how far each address may be from its lowest place, and by whose draw', () => {
    const prediction = predict(elf([header({})]), { kernel: parseKernel('6.12') });
    if (prediction.kind !== 'loaded') throw new Error(prediction.why);
    const places = prediction.mappings.map(({ kind, start }) => [kind, start.by, start.random]);
    expect(places).toEqual([
      ['file', [], 0n],
      ['vvar', ['mmap'], RANDOM_28],
      ['vdso', ['mmap'], RANDOM_28],
      ['stack', ['stack'], 0x40_0000n * PAGE + PAGE],
    ]);
  });

  it('says that a kernel without IA32 emulation refuses 32-bit programs, which one of 32 bits does not', () => {
    const file = elf([header({})], { cls: 32 });
    const outcome = (kernel: string) => say(predict(file, { kernel: { ...parseKernel(kernel), ia32: false } }));
    expect(outcome('6.18')).toBe('ENOEXEC');
    expect(outcome('6.1-i386')).not.toBe('ENOEXEC');
  });

  it('says that a file may end otherwise, when that is drawn', () => {
    const over = elf([header({}), header({ vaddr: 0x7fff_ffff_e000n })]);
    const otherwise = [expect.stringMatching('killed: a segment lies where')];
    expect(predict(over, { kernel: parseKernel('6.12') })).toMatchObject({ kind: 'loaded', otherwise });
  });
});
