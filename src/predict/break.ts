import { PAGE, pageCeil } from '../base/range.ts';
import { isRandomised } from './conditions.ts';
import type { Exec } from './exec.ts';
import type { Kernel } from './kernel.ts';

const MIB = 1n << 20n;

/** Over how much a break is randomised. @source arch/x86/kernel/process.c arch_randomize_brk */
export const BREAK_RANDOM = { narrow: 32n * MIB, wide: 1024n * MIB } as const;

/**
 * Where the break begins: from `base` on, less than `random` bytes above it.
 * @source fs/binfmt_elf.c load_elf_binary, DOC: "brk" handling; arch/x86/kernel/process.c arch_randomize_brk
 */
export function breakRange(
  { rules, conditions, zones }: Exec,
  kernel: Kernel,
  program: { readonly highestEnd: bigint; readonly isStaticPie: boolean },
): { base: bigint; random: bigint; moved: boolean } {
  const random = isRandomised(conditions) && conditions.randomize === 2;
  const moved =
    program.isStaticPie &&
    rules['static-pie-break-moves'] &&
    (random || rules['static-pie-break-moves-unrandomised']) &&
    !kernel.compatBrk;
  const base = pageCeil(moved ? zones.pieBase : program.highestEnd);
  if (!random) return { base, random: 0n, moved };
  const gap = !moved && rules['break-leaves-a-page'] ? PAGE : 0n;
  const range = BREAK_RANDOM[zones.cls === 64 && rules['break-within-a-gigabyte'] ? 'wide' : 'narrow'];
  return { base: base + gap, random: range, moved };
}
