import { ElfreezeError } from '../base/errors.ts';

/** a_type. @source getauxval(3); include/uapi/linux/auxvec.h; arch/x86/include/uapi/asm/auxvec.h */
export const AUXV = {
  AT_NULL: 0,
  AT_IGNORE: 1,
  AT_EXECFD: 2,
  AT_PHDR: 3,
  AT_PHENT: 4,
  AT_PHNUM: 5,
  AT_PAGESZ: 6,
  AT_BASE: 7,
  AT_FLAGS: 8,
  AT_ENTRY: 9,
  AT_NOTELF: 10,
  AT_UID: 11,
  AT_EUID: 12,
  AT_GID: 13,
  AT_EGID: 14,
  AT_PLATFORM: 15,
  AT_HWCAP: 16,
  AT_CLKTCK: 17,
  AT_SECURE: 23,
  AT_BASE_PLATFORM: 24,
  AT_RANDOM: 25,
  AT_HWCAP2: 26,
  AT_RSEQ_FEATURE_SIZE: 27,
  AT_RSEQ_ALIGN: 28,
  AT_HWCAP3: 29,
  AT_HWCAP4: 30,
  AT_EXECFN: 31,
  AT_SYSINFO: 32,
  AT_SYSINFO_EHDR: 33,
  AT_MINSIGSTKSZ: 51,
} as const;

export interface AuxvEntry {
  /** AT_*. */
  readonly type: number;
  readonly value: bigint;
}

/**
 * Auxiliary vector.
 * @param bytes all of /proc/PID/auxv: pairs of native words; none for a kernel thread
 * @param wordSize of the process, not of the kernel
 * @returns kernel order, without AT_NULL and what follows it
 * @throws PROC_UNPARSABLE when it ends before AT_NULL
 * @source proc_pid_auxv(5); fs/binfmt_elf.c create_elf_tables
 */
export function parseAuxv(bytes: Uint8Array, wordSize: 4 | 8): AuxvEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => (wordSize === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)));
  const entries: AuxvEntry[] = [];
  for (let at = 0; at + 2 * wordSize <= bytes.length; at += 2 * wordSize) {
    const type = Number(word(at));
    if (type === AUXV.AT_NULL) return entries;
    entries.push({ type, value: word(at + wordSize) });
  }
  if (bytes.length === 0) return [];
  throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/auxv has no AT_NULL in its ${bytes.length} bytes`);
}
