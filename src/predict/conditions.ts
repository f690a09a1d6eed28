import type { ElfClass } from '../elf/layout.ts';
import type { Kernel } from './kernel.ts';

/** Personality flags that change what exec does. @source personality(2) */
export const PERSONALITY = {
  ADDR_NO_RANDOMIZE: 0x0040000,
  MMAP_PAGE_ZERO: 0x0100000,
  ADDR_COMPAT_LAYOUT: 0x0200000,
  READ_IMPLIES_EXEC: 0x0400000,
  ADDR_LIMIT_3GB: 0x8000000,
} as const;

/** Whatever besides the file and the kernel decides what exec does. */
export interface ExecConditions {
  /** kernel.randomize_va_space: 0 nothing, 1 stack and mmap area, 2 the break too. */
  readonly randomize: 0 | 1 | 2;
  /** PERSONALITY flags of whoever calls execve. */
  readonly personality: number;
  /** vm.mmap_min_addr; 0 with CAP_SYS_RAWIO. */
  readonly mmapMinAddr: bigint;
  /** What a wish for a lower address is rounded up to, whoever asks: the larger of vm.mmap_min_addr and CONFIG_LSM_MMAP_MIN_ADDR. */
  readonly lowestHint: bigint;
  /** RLIMIT_STACK, RLIMIT_AS, RLIMIT_DATA in bytes; undefined: unlimited. */
  readonly stackLimit: bigint | undefined;
  readonly addressSpaceLimit: bigint | undefined;
  readonly dataLimit: bigint | undefined;
  /** RAM and swap: with vm.overcommit_memory = 0 no single private writable mapping may be larger. undefined: no such limit. */
  readonly memory: bigint | undefined;
  /** vm.mmap_rnd_bits and vm.mmap_rnd_compat_bits. */
  readonly randomBits: Readonly<Record<ElfClass, number>>;
  /** A CPU and a kernel with five levels of page tables: user space ends at 2^56 for who asks for it by address. */
  readonly la57: boolean;
  /** Bytes of the file name, the arguments and the environment, each with its NUL. */
  readonly argBytes: bigint;
  /** Number of arguments and of environment strings. */
  readonly argCount: number;
}

/** A Debian machine as it comes, for an unprivileged user with a short command line. */
export const DEFAULT_CONDITIONS: ExecConditions = {
  randomize: 2,
  personality: 0,
  mmapMinAddr: 65536n,
  lowestHint: 65536n,
  stackLimit: 8n << 20n,
  addressSpaceLimit: undefined,
  dataLimit: undefined,
  memory: undefined,
  randomBits: { 32: 8, 64: 28 },
  la57: false,
  argBytes: 1024n,
  argCount: 16,
};

/** Random variables of one exec, in bytes, each a multiple of a page. */
export interface Draws {
  /** How far below the highest possible address the stack ends. */
  readonly stack: bigint;
  /** How far the mmap area begins below its highest place. */
  readonly mmap: bigint;
  /** How far above its lowest place an ET_DYN with interpreter is. */
  readonly pie: bigint;
  /** How far the break is from its base. */
  readonly brk: bigint;
  /** Where the 64-bit vdso is tried above the stack, up to Linux 6.8. */
  readonly vdso: bigint | undefined;
}

export const NO_DRAWS: Draws = { stack: 0n, mmap: 0n, pie: 0n, brk: 0n, vdso: undefined };

const PAGE = 4096n;
const MIB = 1n << 20n;

/** Facts of an address space. @source arch/x86/include/asm/page_{32,64}_types.h, elf.h, processor.h; arch/x86/mm/mmap.c */
export interface Zones {
  readonly cls: ElfClass;
  /** The width of the kernel's own unsigned long, in which it computes. */
  readonly word: bigint;
  /** TASK_SIZE: user addresses are below. */
  readonly taskSize: bigint;
  /** Where an address space ends for who does not ask for more, and the stack at its highest. */
  readonly stackTop: bigint;
  /** Largest Draws.stack: of randomize_stack_top, then up to two pages by arch_align_stack. */
  readonly stackRandom: bigint;
  /** ELF_ET_DYN_BASE. */
  readonly pieBase: bigint;
  /** TASK_UNMAPPED_BASE: where the mmap area begins when it grows upwards. */
  readonly legacyBase: bigint;
  /** Largest Draws.mmap and Draws.pie. */
  readonly mmapRandom: bigint;
}

export function zonesOf(cls: ElfClass, kernel: Kernel, conditions: ExecConditions): Zones {
  const { personality, la57, randomBits } = conditions;
  const mmapRandom = ((1n << BigInt(randomBits[cls])) - 1n) * PAGE;
  if (cls === 64) {
    const stackTop = 0x7fff_ffff_f000n;
    return {
      cls,
      word: 1n << 64n,
      taskSize: la57 ? (1n << 56n) - PAGE : stackTop,
      stackTop,
      stackRandom: (0x3f_ffffn + 2n) * PAGE,
      pieBase: (stackTop / 3n) * 2n,
      legacyBase: pageCeil(stackTop / 3n),
      mmapRandom,
    };
  }
  const native = kernel.arch === 'i386';
  const taskSize = native || (personality & PERSONALITY.ADDR_LIMIT_3GB) !== 0 ? 0xc000_0000n : 0xffff_e000n;
  const legacyBase = pageCeil(taskSize / 3n);
  return {
    cls,
    word: native ? 1n << 32n : 1n << 64n,
    taskSize,
    stackTop: taskSize,
    stackRandom: (0x7ffn + 2n) * PAGE,
    pieBase: native ? 0x40_0000n : legacyBase + 16n * MIB,
    legacyBase,
    mmapRandom,
  };
}

const pageCeil = (address: bigint): bigint => (address + PAGE - 1n) & ~(PAGE - 1n);

/** Whether anything is randomised. */
export const isRandomised = ({ randomize, personality }: ExecConditions): boolean =>
  randomize > 0 && (personality & PERSONALITY.ADDR_NO_RANDOMIZE) === 0;

export const GUARD_GAP = MIB;

/** mmap_base without its random part. @source arch/x86/mm/mmap.c mmap_base, stack_maxrandom_size */
export function mmapBase(
  { cls, stackTop, legacyBase }: Zones,
  conditions: ExecConditions,
): { base: bigint; upward: boolean } {
  if ((conditions.personality & PERSONALITY.ADDR_COMPAT_LAYOUT) !== 0) return { base: legacyBase, upward: true };
  const unlimited = 0xffff_ffff_ffff_ffffn;
  const random = isRandomised(conditions) ? (cls === 64 ? 0x3f_ffffn : 0x7ffn) * PAGE : 0n;
  const limit = conditions.stackLimit ?? unlimited;
  const padded = limit + random + GUARD_GAP;
  const gap = padded > unlimited ? limit : padded;
  const smallest = 128n * MIB;
  const largest = (stackTop / 6n) * 5n;
  const clamped = gap < smallest ? smallest : gap > largest ? largest : gap;
  return { base: pageCeil(stackTop - clamped), upward: false };
}
