import { formatRange, hex, pageCeil } from '../base/range.ts';
import { ET_DYN, PT_INTERP } from '../elf/constants.ts';
import type { ElfClass } from '../elf/layout.ts';
import { loadedSegments } from '../elf/loaded.ts';
import type { LoadedSegment } from '../elf/loaded.ts';
import type { ElfFile } from '../elf/read.ts';
import { BREAK_RANDOM } from './break.ts';
import { DEFAULT_CONDITIONS, zonesOf } from './conditions.ts';
import { parseKernel } from './kernel.ts';
import { RULES } from './rules.ts';

/** Any kernel that such a process can run on: what it did is told from where the break is. */
const KERNEL = parseKernel('6.18');

/** Where the kernel starts for a static PIE, which it loads in the mmap area, where a heap would have no room. */
const staticPieBase = (cls: ElfClass): bigint => pageCeil(zonesOf(cls, KERNEL, DEFAULT_CONDITIONS).pieBase);

/** What changes where the break is. @source prctl(2), personality(2), brk(2); kernel/sys.c prctl_set_mm_map, v5.10 to v6.18 */
export const BRK_MOVERS = [
  {
    by: 'a PT_LOAD that ends higher, wherever in the table and whatever its flags',
    effect: 'the base moves to its end',
  },
  { by: 'ADDR_NO_RANDOMIZE (setarch -R), or kernel.randomize_va_space < 2', effect: 'the break starts at the base' },
  { by: 'prctl(PR_SET_MM, PR_SET_MM_MAP), needs no privilege', effect: 'start and end are set to the byte' },
  { by: 'brk(2)', effect: 'the end moves, never the start' },
] as const;

export interface BrkExplanation {
  /** Where the heap starts, and its end to the byte. */
  readonly startBrk: bigint;
  readonly brk: bigint;
  /** The PT_LOAD that ends highest in memory; undefined in a file without any. */
  readonly segment: LoadedSegment | undefined;
  /** `segments`: PAGEALIGN(max(bias + p_vaddr + p_memsz)) over all PT_LOADs. `static-pie`: a fixed address instead. */
  readonly rule: 'segments' | 'static-pie';
  /** What the rule gives. */
  readonly base: bigint;
  /** startBrk − base; negative when it is below. */
  readonly offset: bigint;
  /** The largest offset that the kernel itself may add, page gap and all. */
  readonly maxOffset: bigint;
  /** `elsewhere`: not the kernel's loader but somebody with PR_SET_MM put it there, or the process runs another file. */
  readonly placement: 'at-base' | 'randomised' | 'elsewhere';
}

/**
 * Why the break of a process is where it is.
 * @param elf the executable that the kernel loaded
 * @param bias what was added to its addresses; 0 for ET_EXEC
 * @source fs/binfmt_elf.c load_elf_binary and arch/x86/kernel/process.c arch_randomize_brk, v5.10 to v6.18
 */
export function explainBrk(
  elf: ElfFile,
  bias: bigint,
  layout: { readonly startBrk: bigint; readonly brk: bigint },
): BrkExplanation {
  const { startBrk, brk } = layout;
  // The kernel takes the maximum as it walks, so the first of equals decides.
  const segment = loadedSegments(elf, bias).reduce<LoadedSegment | undefined>(
    (highest, each) => (!highest || each.end > highest.end ? each : highest),
    undefined,
  );
  // Offsets are page-aligned and below the range; the page that stays free from 6.10 on can make one equal to it.
  const maxOffset = BREAK_RANDOM[elf.cls === 64 ? 'wide' : 'narrow'];
  const explain = (rule: BrkExplanation['rule'], base: bigint): BrkExplanation => {
    const offset = startBrk - base;
    const placement = offset === 0n ? 'at-base' : offset > 0n && offset <= maxOffset ? 'randomised' : 'elsewhere';
    return { startBrk, brk, segment, rule, base, offset, maxOffset, placement };
  };
  const bySegments = explain('segments', segment ? pageCeil(segment.end) : bias);
  if (elf.type !== ET_DYN || elf.phdrs.some(({ type }) => type === PT_INTERP)) return bySegments;
  // Up to 6.14 a static PIE without randomisation keeps the ordinary rule.
  return bySegments.placement === 'at-base' ? bySegments : explain('static-pie', staticPieBase(elf.cls));
}

/** `explanation` in words, one line each; what would change it comes last. */
export function formatBrk(explanation: BrkExplanation): string[] {
  const { startBrk, brk, segment, rule, base, offset, maxOffset, placement } = explanation;
  const highest = segment
    ? `PT_LOAD ${segment.index} ends highest, at ${hex(segment.end)}; page-aligned ${hex(pageCeil(segment.end))}`
    : 'no PT_LOAD';
  const distance = offset < 0n ? `${hex(-offset)} below` : `${hex(offset)} above`;
  const { 'break-within-a-gigabyte': wider, 'break-leaves-a-page': gap } = RULES;
  const before = maxOffset > BREAK_RANDOM.narrow ? ` (${hex(BREAK_RANDOM.narrow)} before Linux ${wider.since[0]})` : '';
  const why = {
    'at-base': 'the break starts right there: it was not randomised',
    randomised: `${distance} it: random, ${hex(maxOffset)} at most${before}, and at least a page from Linux ${gap.since[0]} on`,
    elsewhere: `${distance} it, where the kernel's loader cannot have put it: set by prctl(PR_SET_MM), or of another executable`,
  };
  return [
    `break ${formatRange({ start: startBrk, end: brk })}, ${brk - startBrk} bytes of heap`,
    `  ${highest}`,
    ...(rule === 'static-pie' ? [`  a static PIE: the kernel starts from ${hex(base)} instead`] : []),
    `  ${why[placement]}`,
    ...BRK_MOVERS.map(({ by, effect }) => `  moved by ${by}: ${effect}`),
  ];
}
