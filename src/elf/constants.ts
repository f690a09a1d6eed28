/**
 * ELF constants, one table per family, names as in elf.h.
 * @source gABI ch. 4 and 5; elf(5); glibc elf.h; include/uapi/linux/elf.h
 */

/** The first name of `value` in `table`, else the value in hex: what a listing prints. */
export function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  for (const name in table) if (table[name] === value) return name;
  return `0x${value.toString(16)}`;
}

/** e_type. */
export const ET = { ET_NONE: 0, ET_REL: 1, ET_EXEC: 2, ET_DYN: 3, ET_CORE: 4 } as const;

/** e_machine: the two that can be frozen. */
export const EM = { EM_386: 3, EM_X86_64: 62 } as const;

/** p_type. */
export const PT = {
  PT_NULL: 0,
  PT_LOAD: 1,
  PT_DYNAMIC: 2,
  PT_INTERP: 3,
  PT_NOTE: 4,
  PT_SHLIB: 5,
  PT_PHDR: 6,
  PT_TLS: 7,
  PT_GNU_EH_FRAME: 0x6474e550,
  PT_GNU_STACK: 0x6474e551,
  PT_GNU_RELRO: 0x6474e552,
  PT_GNU_PROPERTY: 0x6474e553,
  PT_GNU_SFRAME: 0x6474e554,
} as const;

/** p_flags. */
export const PF = { PF_X: 1, PF_W: 2, PF_R: 4 } as const;

/** e_phnum when the real count is in sh_info of section 0. The kernel's loader does not look there. */
export const PN_XNUM = 0xffff;

/** sh_type. */
export const SHT = {
  SHT_NULL: 0,
  SHT_PROGBITS: 1,
  SHT_SYMTAB: 2,
  SHT_STRTAB: 3,
  SHT_RELA: 4,
  SHT_HASH: 5,
  SHT_DYNAMIC: 6,
  SHT_NOTE: 7,
  SHT_NOBITS: 8,
  SHT_REL: 9,
  SHT_SHLIB: 10,
  SHT_DYNSYM: 11,
  SHT_INIT_ARRAY: 14,
  SHT_FINI_ARRAY: 15,
  SHT_PREINIT_ARRAY: 16,
  SHT_GROUP: 17,
  SHT_SYMTAB_SHNDX: 18,
  SHT_RELR: 19,
  SHT_GNU_ATTRIBUTES: 0x6ffffff5,
  SHT_GNU_HASH: 0x6ffffff6,
  SHT_GNU_verdef: 0x6ffffffd,
  SHT_GNU_verneed: 0x6ffffffe,
  SHT_GNU_versym: 0x6fffffff,
  SHT_X86_64_UNWIND: 0x70000001,
} as const;

/** sh_flags. */
export const SHF = {
  SHF_WRITE: 0x1,
  SHF_ALLOC: 0x2,
  SHF_EXECINSTR: 0x4,
  SHF_MERGE: 0x10,
  SHF_STRINGS: 0x20,
  SHF_INFO_LINK: 0x40,
  SHF_LINK_ORDER: 0x80,
  SHF_OS_NONCONFORMING: 0x100,
  SHF_GROUP: 0x200,
  SHF_TLS: 0x400,
  SHF_COMPRESSED: 0x800,
  SHF_GNU_RETAIN: 0x200000,
  SHF_X86_64_LARGE: 0x10000000,
} as const;

/** Section indices with a meaning of their own. SHN_XINDEX: the index did not fit, look elsewhere. */
export const SHN = {
  SHN_UNDEF: 0,
  SHN_LORESERVE: 0xff00,
  SHN_ABS: 0xfff1,
  SHN_COMMON: 0xfff2,
  SHN_XINDEX: 0xffff,
} as const;

/** Low four bits of st_info. */
export const STT = {
  STT_NOTYPE: 0,
  STT_OBJECT: 1,
  STT_FUNC: 2,
  STT_SECTION: 3,
  STT_FILE: 4,
  STT_COMMON: 5,
  STT_TLS: 6,
  STT_GNU_IFUNC: 10,
} as const;

/** High four bits of st_info. */
export const STB = { STB_LOCAL: 0, STB_GLOBAL: 1, STB_WEAK: 2, STB_GNU_UNIQUE: 10 } as const;

/** n_type of notes named `GNU`. */
export const NT_GNU = {
  NT_GNU_ABI_TAG: 1,
  NT_GNU_HWCAP: 2,
  NT_GNU_BUILD_ID: 3,
  NT_GNU_GOLD_VERSION: 4,
  NT_GNU_PROPERTY_TYPE_0: 5,
} as const;

/** n_type of notes named `CORE` or `LINUX`; PTRACE_GETREGSET takes the same numbers. */
export const NT = {
  NT_PRSTATUS: 1,
  NT_PRFPREG: 2,
  NT_PRPSINFO: 3,
  NT_TASKSTRUCT: 4,
  NT_AUXV: 6,
  NT_386_TLS: 0x200,
  NT_386_IOPERM: 0x201,
  NT_X86_XSTATE: 0x202,
  NT_X86_SHSTK: 0x204,
  NT_X86_XSAVE_LAYOUT: 0x205,
  NT_SIGINFO: 0x53494749,
  NT_FILE: 0x46494c45,
  NT_PRXFPREG: 0x46e62b7f,
} as const;

/** d_tag. */
export const DT = {
  DT_NULL: 0,
  DT_NEEDED: 1,
  DT_PLTRELSZ: 2,
  DT_PLTGOT: 3,
  DT_HASH: 4,
  DT_STRTAB: 5,
  DT_SYMTAB: 6,
  DT_RELA: 7,
  DT_RELASZ: 8,
  DT_RELAENT: 9,
  DT_STRSZ: 10,
  DT_SYMENT: 11,
  DT_INIT: 12,
  DT_FINI: 13,
  DT_SONAME: 14,
  DT_RPATH: 15,
  DT_SYMBOLIC: 16,
  DT_REL: 17,
  DT_RELSZ: 18,
  DT_RELENT: 19,
  DT_PLTREL: 20,
  DT_DEBUG: 21,
  DT_TEXTREL: 22,
  DT_JMPREL: 23,
  DT_BIND_NOW: 24,
  DT_INIT_ARRAY: 25,
  DT_FINI_ARRAY: 26,
  DT_INIT_ARRAYSZ: 27,
  DT_FINI_ARRAYSZ: 28,
  DT_RUNPATH: 29,
  DT_FLAGS: 30,
  DT_PREINIT_ARRAY: 32,
  DT_PREINIT_ARRAYSZ: 33,
  DT_RELRSZ: 35,
  DT_RELR: 36,
  DT_RELRENT: 37,
  DT_GNU_HASH: 0x6ffffef5,
  DT_VERSYM: 0x6ffffff0,
  DT_RELACOUNT: 0x6ffffff9,
  DT_RELCOUNT: 0x6ffffffa,
  DT_FLAGS_1: 0x6ffffffb,
  DT_VERDEF: 0x6ffffffc,
  DT_VERDEFNUM: 0x6ffffffd,
  DT_VERNEED: 0x6ffffffe,
  DT_VERNEEDNUM: 0x6fffffff,
} as const;

// The same by their own names, for code that decides by them.
export const { ET_REL, ET_EXEC, ET_DYN, ET_CORE } = ET;
export const { EM_386, EM_X86_64 } = EM;
export const { PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_STACK, PT_GNU_RELRO } = PT;
export const { PF_X, PF_W, PF_R } = PF;
export const { SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOTE, SHT_NOBITS, SHT_DYNSYM } = SHT;
export const { SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS } = SHF;
export const { SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_XINDEX } = SHN;
export const { STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE } = STT;
export const { STB_LOCAL, STB_GLOBAL, STB_WEAK } = STB;
export const { NT_GNU_BUILD_ID } = NT_GNU;
export const { NT_PRSTATUS, NT_386_TLS, NT_X86_XSTATE } = NT;
export const { DT_NULL, DT_NEEDED, DT_STRTAB, DT_SYMTAB, DT_SONAME } = DT;
