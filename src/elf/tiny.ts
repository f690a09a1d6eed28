import { EM_386, EM_X86_64, ET_EXEC, PF_R, PF_X, PT_LOAD } from './constants.ts';
import { EHDR, type ElfClass, encode, encodeIdent, IDENT_SIZE, PHDR, recordSize } from './layout.ts';

/** Status with which the program ends: none that a shell ends with when it is given an ELF file as a script. */
export const TINY_STATUS = 42;

const BASE = 0x400000n;
const CODE = {
  32: [0xbb, TINY_STATUS, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xcd, 0x80], // mov $42, %ebx; mov $exit, %eax; int $0x80
  64: [0xbf, TINY_STATUS, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05], // mov $42, %edi; mov $exit, %eax; syscall
} as const satisfies Record<ElfClass, readonly number[]>;

/** The smallest ELF executable that ends with TINY_STATUS. */
export function tinyElf(cls: ElfClass): Uint8Array {
  const ehsize = IDENT_SIZE + recordSize(EHDR, cls);
  const phentsize = recordSize(PHDR, cls);
  const codeAt = ehsize + phentsize;
  const size = BigInt(codeAt + CODE[cls].length);
  const ehdr = {
    type: ET_EXEC,
    machine: cls === 32 ? EM_386 : EM_X86_64,
    version: 1,
    entry: BASE + BigInt(codeAt),
    phoff: BigInt(ehsize),
    shoff: 0n,
    flags: 0,
    ehsize,
    phentsize,
    phnum: 1,
    shentsize: 0,
    shnum: 0,
    shstrndx: 0,
  };
  const phdr = {
    type: PT_LOAD,
    flags: PF_R | PF_X,
    offset: 0n,
    vaddr: BASE,
    paddr: BASE,
    filesz: size,
    memsz: size,
    align: 0x1000n,
  };
  return Buffer.concat([
    encodeIdent(cls),
    encode(EHDR, cls, ehdr),
    encode(PHDR, cls, phdr),
    Uint8Array.from(CODE[cls]),
  ]);
}
