import type { RandomAccess } from '../elf/access.ts';
import { EM_386, EM_X86_64, ET_DYN, ET_EXEC, PF_X, PT } from '../elf/constants.ts';
import { decode, EHDR, type Ehdr, type ElfClass, IDENT_SIZE, PHDR, type Phdr, recordSize } from '../elf/layout.ts';
import { type Errno, Refusal } from './exec.ts';
import type { Kernel } from './kernel.ts';
import type { Rules } from './rules.ts';

/** Obsolete, taken for i386. @source arch/x86/include/asm/elf.h elf_check_arch_ia32 */
const EM_486 = 6;
const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const PATH_MAX = 4096n;
const MAX_TABLE = 65536;
const PAGE_TABLE = 4096;

/** Opens the file that PT_INTERP names. */
export type OpenInterpreter = (path: string) => RandomAccess | Errno;

export interface RawHeaders {
  readonly file: RandomAccess;
  readonly cls: ElfClass;
  readonly ehdr: Ehdr;
  readonly phdrs: readonly Phdr[];
}

export interface ProgramHeaders extends RawHeaders {
  readonly interpreter: (RawHeaders & { readonly path: string }) | undefined;
  /** What PT_GNU_STACK says. */
  readonly stack: 'executable' | 'not-executable' | 'unsaid';
}

/** The first bytes as the kernel has them: zeros follow the end of a short file. @source fs/exec.c prepare_binprm */
function start(file: RandomAccess): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(file.read(0n, 64).subarray(0, 64));
  return bytes;
}

/**
 * The machine decides the class; EI_CLASS, EI_DATA, e_version and e_flags are never looked at.
 * @source fs/exec.c search_binary_handler; fs/binfmt_elf.c, fs/compat_binfmt_elf.c elf_check_arch
 */
function classOf(machine: number, { arch, ia32 }: Kernel): ElfClass | undefined {
  if (machine === EM_386 || machine === EM_486) return arch === 'i386' || ia32 ? 32 : undefined;
  return machine === EM_X86_64 && arch === 'amd64' ? 64 : undefined;
}

const hasMagic = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);
const machineOf = (bytes: Uint8Array): number => bytes[18]! | (bytes[19]! << 8);

/** All that is looked at before the point of no return. @throws Refusal with execve's error. @source fs/binfmt_elf.c load_elf_binary */
export function readHeaders(file: RandomAccess, kernel: Kernel, rules: Rules, open: OpenInterpreter): ProgramHeaders {
  const bytes = start(file);
  const cls = classOf(machineOf(bytes), kernel);
  if (!hasMagic(bytes)) throw new Refusal('ENOEXEC', 'no ELF magic number');
  if (cls === undefined) throw new Refusal('ENOEXEC', `e_machine ${machineOf(bytes)} is not for this kernel`);
  const ehdr = decode(EHDR, cls, bytes, IDENT_SIZE);
  if (ehdr.type !== ET_EXEC && ehdr.type !== ET_DYN)
    throw new Refusal('ENOEXEC', `e_type ${ehdr.type} is neither ET_EXEC nor ET_DYN`);
  const phdrs = readPhdrs(file, cls, ehdr, rules, 'ENOEXEC');
  const path = interpreterPath(file, phdrs, rules);
  return {
    file,
    cls,
    ehdr,
    phdrs,
    interpreter: path === undefined ? undefined : { path, ...readInterpreter(path, cls, kernel, rules, open) },
    stack: stackOf(phdrs, rules),
  };
}

/** @source fs/binfmt_elf.c load_elf_phdrs */
function readPhdrs(file: RandomAccess, cls: ElfClass, ehdr: Ehdr, rules: Rules, errno: Errno): Phdr[] {
  const size = recordSize(PHDR, cls);
  if (ehdr.phentsize !== size) throw new Refusal(errno, `e_phentsize ${ehdr.phentsize} is not ${size}`);
  const limit = rules['headers-beyond-a-page'] ? MAX_TABLE : PAGE_TABLE;
  const total = ehdr.phnum * size;
  if (total === 0) throw new Refusal(errno, 'no program headers');
  if (total > limit)
    throw new Refusal(errno, `${ehdr.phnum} program headers are more than this kernel's ${Math.floor(limit / size)}`);
  const bytes = ehdr.phoff < 1n << 63n ? file.read(ehdr.phoff, total) : new Uint8Array();
  if (bytes.length < total) throw new Refusal(errno, 'the program headers are beyond the end of the file');
  return Array.from({ length: ehdr.phnum }, (_, i) => decode(PHDR, cls, bytes, i * size));
}

function interpreterPath(file: RandomAccess, phdrs: readonly Phdr[], rules: Rules): string | undefined {
  const named = phdrs.filter(({ type }) => type === PT.PT_INTERP);
  const header = rules['first-interpreter-counts'] ? named[0] : named.at(-1);
  if (!header) return undefined;
  const { offset, filesz } = header;
  if (filesz > PATH_MAX || filesz < 2n) throw new Refusal('ENOEXEC', `PT_INTERP of ${filesz} bytes`);
  if (offset >= 1n << 63n) throw new Refusal('EINVAL', 'PT_INTERP is beyond what a file can have');
  const bytes = file.read(offset, Number(filesz));
  if (bytes.length < Number(filesz)) throw new Refusal('EIO', 'PT_INTERP is beyond the end of the file');
  if (bytes.at(-1) !== 0) throw new Refusal('ENOEXEC', 'PT_INTERP does not end with a NUL');
  return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString('latin1');
}

/** @source fs/binfmt_elf.c load_elf_binary "Some simple consistency checks for the interpreter" */
function readInterpreter(path: string, cls: ElfClass, kernel: Kernel, rules: Rules, open: OpenInterpreter): RawHeaders {
  const file = path === '' ? 'EACCES' : open(path); // An empty name is the working directory.
  if (typeof file === 'string') throw new Refusal(file, `the interpreter ${path} cannot be opened`);
  const header = cls === 64 ? 64n : 52n;
  if (file.size < header) throw new Refusal('EIO', `the interpreter ${path} is shorter than an ELF header`);
  const bytes = start(file);
  if (!hasMagic(bytes)) throw new Refusal('ELIBBAD', `the interpreter ${path} has no ELF magic number`);
  if (classOf(machineOf(bytes), kernel) !== cls)
    throw new Refusal('ELIBBAD', `the interpreter ${path} is for another machine`);
  const ehdr = decode(EHDR, cls, bytes, IDENT_SIZE);
  return { file, cls, ehdr, phdrs: readPhdrs(file, cls, ehdr, rules, 'ELIBBAD') };
}

function stackOf(phdrs: readonly Phdr[], rules: Rules): ProgramHeaders['stack'] {
  const said = phdrs.filter(({ type }) => type === PT.PT_GNU_STACK);
  const header = rules['last-stack-header-counts'] ? said.at(-1) : said[0];
  if (!header) return 'unsaid';
  return (header.flags & PF_X) === 0 ? 'not-executable' : 'executable';
}
