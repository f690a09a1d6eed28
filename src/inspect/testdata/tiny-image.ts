import { readFileSync } from 'node:fs';
import { ET_EXEC, PF_R, PF_W, PF_X, PT_GNU_STACK, PT_LOAD, PT_NOTE } from '../../elf/constants.ts';
import type { Phdr } from '../../elf/layout.ts';
import { bufferAccess, type ElfFile, type RandomAccess } from '../../elf/read.ts';
import { parseMaps } from '../../proc/maps.ts';
import { encodeProgram, FIRST_FREE_SLOT, type ProgramPlace, RELATION, type Step } from '../../restorer/steps.ts';
import type { Description } from '../../snapshot/description.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { sampleDescription, sampleSnapshot, sampleThread } from '../../snapshot/testdata/sample.ts';
import type { ImageEvidence } from '../image-report.ts';
import type { Descriptor } from '../../snapshot/files/descriptors.ts';
import type { Mapping, MappingKind } from '../../snapshot/memory.ts';

/**
 * A small image of the recorded process small-pie (src/elf/testdata), laid out by hand: what plan decides may change,
 * and how it is told need not.
 */

const recorded = (name: string): Buffer => readFileSync(new URL(`../../elf/testdata/${name}`, import.meta.url));
const program = recorded('small-pie.elf64');
export const PROGRAM_PATH = '/tmp/rec/small-pie.elf64';

const PAGE = 0x1000;
const DATA = 0x10_0000n;
const SLOTS = DATA + 0x800n;
const CODE = 0x10_1000n;
const PROGRAM = 0x10_2000n;
const PACK = 0x10_8000n;
const REMAINS = { start: 0x20_0000n, end: 0x20_2000n };

const KINDS: Readonly<Record<string, MappingKind>> = {
  '[stack]': 'stack',
  '[vvar]': 'vvar',
  '[vdso]': 'vdso',
  '[vsyscall]': 'vsyscall',
};
const lines = parseMaps(recorded('small-pie.maps').toString()).filter(({ path }) => path !== '[vvar_vclock]' && !path.includes('/ld-'));
const mappings = lines.map(
  ({ start, end, prot, offset, dev, inode, path }): Mapping => ({
    start, end, prot, offset, dev, inode, path, kind: KINDS[path] ?? (inode === 0n ? 'anon' : 'file'), vmFlags: [], extents: [], guards: [],
  }), // prettier-ignore
);
const [text, relro, data, bss] = mappings as [Mapping, Mapping, Mapping, Mapping];
const stack = mappings.find(({ kind }) => kind === 'stack')!;

const common = { cloexec: false, position: 0n, locks: [] };
const descriptors: Descriptor[] = [
  { ...common, fd: 0, kind: 'stdio', flags: 0, description: 0 },
  { ...common, fd: 3, kind: 'file', path: '/var/log/a\u001b[2J', dev: 1n, inode: 2n, size: 9n, mode: 0, flags: 0o102002, position: 9n, description: 3 },
  { ...common, fd: 4, kind: 'file', path: '/var/log/a\u001b[2J', dev: 1n, inode: 2n, size: 9n, mode: 0, flags: 0o102002, position: 9n, description: 3, cloexec: true },
  { ...common, fd: 5, kind: 'pipe', inode: 77n, end: 'write', capacity: 65536, flags: 1, description: 5 },
]; // prettier-ignore

const snapshot: Snapshot = {
  ...sampleSnapshot,
  exe: PROGRAM_PATH,
  layout: { ...sampleSnapshot.layout, startBrk: 0x560a_40a9_a000n, brk: 0x560a_40a9_a123n },
  mappings,
  actions: [
    { signo: 10, handler: text.start + 0x2b1n, flags: 0x1400_0000n, restorer: 1n, mask: 0n },
    { signo: 13, handler: 1n, flags: 0n, restorer: 0n, mask: 0n },
  ],
  itimers: [{ which: 0, intervalUs: 0n, valueUs: 1500n }],
  posixTimers: [
    { id: 3, clock: 1, notify: 0, signo: 34, value: 0n, intervalNs: 2_000_000n, valueNs: 1_500_000n },
    { id: 4, clock: 1, notify: 0, signo: 34, value: 0n, intervalNs: 0n, valueNs: 0n },
  ],
  threads: [
    {
      ...sampleThread,
      registers: { rax: 0xffff_ffff_ffff_fdfen, orig_rax: 34n, rip: text.start + 0x2bbn, rsp: stack.end - 0x100n },
      lostSyscall: 34,
      sigmask: 0b1000_0000_0010n,
      pending: [{ signo: 12, bytes: new Uint8Array(128) }],
    },
  ],
  descriptors,
};

const call = (name: string, nr: number, args: Step['args'], sentence: string, more: Partial<Step> = {}): Step => ({
  op: 'syscall', nr, name, args, sentence, expect: { kind: 'ok' }, ...more,
}); // prettier-ignore
const step = (op: Step['op'], args: Step['args'], sentence: string, more: Partial<Step> = {}): Step => ({
  op, nr: 0, name: op, args, sentence, expect: { kind: 'any' }, ...more,
}); // prettier-ignore
const fd = { slot: FIRST_FREE_SLOT };
const PATH_AT = DATA + 0x200n;
const LIMIT_AT = DATA + 0x240n;

export const steps: readonly Step[] = [
  step('cpuid', [7n, 0n, 1n, 0x20n], 'this CPU lacks avx2'),
  call('prlimit64', 302, [0n, 7n, LIMIT_AT, 0n], 'set resource limit 7', { expect: { kind: 'any' }, skip: 1 }),
  step('fail', [], 'no such limit'),
  call('openat', 257, [0xffff_ffff_ffff_ff9cn, PATH_AT, 0o2002n, 0n], 'open /var/log/a', { keep: FIRST_FREE_SLOT }),
  call('dup2', 33, [fd, 3n], 'make it descriptor 3'),
  step('check', [SLOTS + BigInt(8 * FIRST_FREE_SLOT), 4n, BigInt(RELATION.eq), 3n], '', { skip: 1 }),
  call('close', 3, [fd], 'close the temporary descriptor'),
  call('mmap', 9, [bss.start, 0x3000n, 3n, 0x32n, 0xffff_ffff_ffff_ffffn, 0n], 'make the memory'),
  step('copy', [bss.start, PACK, 0x1000n], 'fill it'),
  call('setpriority', 141, [0n, 0n, 5n], 'set the nice value 5', { expect: { kind: 'okOr', errno: 13 } }),
  call('getpid', 39, [], 'ask for nothing', { expect: { kind: 'exactly', value: -22n } }),
  call('sync', 162, [1n, 0xabcn], 'do what no table knows'),
  step('finish', [REMAINS.start, DATA, 0x9000n], 'continue the process'),
];

function fileBytes(): Buffer {
  const file = Buffer.alloc(9 * PAGE);
  file.write('/var/log/a\0', PAGE + 0x200);
  file.writeBigUInt64LE(1024n, PAGE + 0x240);
  file.writeBigUInt64LE(2n ** 64n - 1n, PAGE + 0x248);
  const place = { base: PROGRAM, slots: SLOTS, stackTop: SLOTS, tail: REMAINS.start, seal: 0n, sums: 0n } as ProgramPlace;
  file.set(encodeProgram(steps, place), 3 * PAGE);
  file.set(program.subarray(0, PAGE), 5 * PAGE);
  return file;
}

const load = (vaddr: bigint, offset: number, flags: number, pages = 1): Phdr => {
  const size = BigInt(pages * PAGE);
  return { type: PT_LOAD, flags, offset: BigInt(offset), vaddr, paddr: vaddr, filesz: size, memsz: size, align: 0x1000n };
};
const other = (type: number, filesz = 0n): Phdr => ({ ...load(0n, 0, PF_R | PF_W), type, filesz, memsz: 0n });

const elf: ElfFile = {
  cls: 64,
  type: ET_EXEC,
  machine: 62,
  entry: CODE,
  phdrs: [
    other(PT_NOTE, 0x123n),
    load(DATA, PAGE, PF_R | PF_W),
    load(CODE, 2 * PAGE, PF_R | PF_X),
    load(PROGRAM, 3 * PAGE, PF_R | PF_W, 2),
    load(PACK, 6 * PAGE, PF_R | PF_W),
    load(REMAINS.start, 7 * PAGE, PF_R | PF_X),
    load(text.start, 5 * PAGE, PF_R | PF_X),
    load(data.start, 8 * PAGE, PF_R | PF_W),
    other(PT_GNU_STACK),
  ],
  sections: [],
};

const stored = (address: bigint, offset: number): Description['stored'][number] => ({ address, size: BigInt(PAGE), offset: BigInt(offset) });

export const description: Description = {
  ...sampleDescription,
  snapshot,
  stored: [stored(text.start, 5 * PAGE), stored(relro.start, 6 * PAGE), stored(data.start, 8 * PAGE)],
  differences: [{ ...REMAINS, reason: "the restorer's remains" }],
  remains: REMAINS,
};

/** @param onHost whether the program's file is still on this host */
export function tinyImage({ onHost = true, program: wanted = false } = {}): ImageEvidence {
  const hostFile = (path: string): RandomAccess | undefined =>
    onHost && path === PROGRAM_PATH ? bufferAccess(program) : undefined;
  return {
    image: { path: 'tiny.elf', elf, file: bufferAccess(fileBytes()), description },
    diskSize: 0x8000n,
    hostFile,
    program: wanted,
  };
}
