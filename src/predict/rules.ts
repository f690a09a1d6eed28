import { type Kernel, reached, type Since } from './kernel.ts';

interface Row {
  /** What holds where the rule does. */
  readonly what: string;
  readonly since: Since;
  readonly until?: Since;
  readonly why: string;
  readonly source: string;
}

/** In every kernel that the model knows, 5.4 and later. */
const ALWAYS: Since = ['0.0'];

/**
 * What the loader does, one row each. Code asks whether a row holds and never which version it is; a row that always
 * holds is here too, so that the mutation test can switch it off and see the property tests notice.
 */
const ROWS = {
  'headers-beyond-a-page': {
    what: 'program headers may take 64 KiB: 1170, or 2048 of 32-bit ones',
    since: ['6.17'],
    why: 'up to 6.16 they may take one page: 73 and 128',
    source: 'fs/binfmt_elf.c load_elf_phdrs; 8030790477e8 "remove the 4k limitation of program header size"',
  },
  'first-interpreter-counts': {
    what: 'of several PT_INTERP the first names the interpreter',
    since: ALWAYS,
    why: 'the search ends with the first',
    source: 'fs/binfmt_elf.c load_elf_binary',
  },
  'last-stack-header-counts': {
    what: 'of several PT_GNU_STACK the last decides whether the stack is executable',
    since: ALWAYS,
    why: 'each overwrites what the one before said',
    source: 'fs/binfmt_elf.c load_elf_binary',
  },
  'missing-stack-header-means-exec-32': {
    what: 'a 32-bit program without PT_GNU_STACK gets READ_IMPLIES_EXEC: whatever is readable is executable',
    since: ALWAYS,
    why: 'programs from before PT_GNU_STACK ran code on the stack, and i386 had no bit to forbid it',
    source: 'arch/x86/include/asm/elf.h elf_read_implies_exec',
  },
  'missing-stack-header-means-exec-64': {
    what: 'a 64-bit program without PT_GNU_STACK gets READ_IMPLIES_EXEC too',
    since: ALWAYS,
    until: ['5.8'],
    why: 'the rule for i386 was applied to both',
    source: 'arch/x86/include/asm/elf.h; 9fccc5c0c99f "x86/elf: Disable automatic READ_IMPLIES_EXEC on 64-bit"',
  },
  'stack-before-segments': {
    what: 'the stack is there before the first PT_LOAD is mapped',
    since: ALWAYS,
    why: 'setup_arg_pages comes first, and most segments are mapped over whatever is there',
    source: 'fs/binfmt_elf.c load_elf_binary',
  },
  'first-segment-not-over-stack': {
    what: 'the first PT_LOAD of an ET_EXEC must not lie over the stack; later ones may',
    since: ['5.16'],
    why: 'only the first is mapped with MAP_FIXED_NOREPLACE, and nothing but the stack is there yet',
    source: 'fs/binfmt_elf.c load_elf_binary; 5f501d555653',
  },
  'no-segment-over-anything': {
    what: 'no PT_LOAD may lie over another or over the stack',
    since: ['4.17'],
    until: ['5.4', '5.3.8'],
    why: 'all were mapped with MAP_FIXED_NOREPLACE, which broke programs whose segments overlap',
    source: 'fs/binfmt_elf.c; 4ed28639519c, undone by b212921b13bd',
  },
  'later-segment-replaces': {
    what: 'of overlapping segments the later header wins, page by page',
    since: ALWAYS,
    why: 'headers are mapped in table order with MAP_FIXED',
    source: 'fs/binfmt_elf.c load_elf_binary, elf_map',
  },
  'span-mapped-first-exec': {
    what: 'an ET_EXEC is mapped from first to last address at once: a sparse one fails',
    since: ['5.16'],
    until: ['5.17', '5.16.13'],
    why: 'a mistake of one release',
    source: '5f501d555653, undone by 439a8468242b "Avoid total_mapping_size for ET_EXEC"',
  },
  'span-is-min-to-max': {
    what: 'the span of an ET_DYN goes from its lowest to its highest address, in whatever order its headers are',
    since: ['5.18'],
    why: 'before, it went from the first to the last header',
    source: 'fs/binfmt_elf.c total_mapping_size; "Fix initial mapping size when PT_LOADs are not ordered"',
  },
  'segment-permissions-as-flagged': {
    what: 'what comes from the file has exactly the permissions of p_flags',
    since: ALWAYS,
    why: 'make_prot; none at all is a mapping too',
    source: 'fs/binfmt_elf.c make_prot, elf_map',
  },
  'zeros-always-writable': {
    what: 'whole pages of zeros (.bss) are readable and writable, whatever p_flags says',
    since: ALWAYS,
    why: 'they are made like the break, by vm_brk_flags',
    source: 'mm/mmap.c vm_brk_flags, do_brk_flags: VM_DATA_DEFAULT_FLAGS',
  },
  'zeros-executable-if-flagged': {
    what: 'whole pages of zeros are executable if PF_X is set',
    since: ALWAYS,
    why: 'ppc32 needs it; it is the only flag that vm_brk_flags takes',
    source: 'fs/binfmt_elf.c elf_load',
  },
  'zeros-per-segment': {
    what: 'each segment brings its own pages of zeros, in table order',
    since: ['6.7', '6.1.140'],
    why: 'before, the loader kept one highest end of file bytes and one of memory for all: zeros below an earlier end were never mapped',
    source: 'fs/binfmt_elf.c elf_load; 585a018627b4 "Support segments with 0 filesz and misaligned starts"',
  },
  'interpreter-zeros-per-segment': {
    what: 'so does each segment of the interpreter',
    since: ['6.7'],
    why: 'the backport to 6.1 left the interpreter alone',
    source: 'fs/binfmt_elf.c load_elf_interp; 585a018627b4 and its successors',
  },
  'unclearable-tail-kills': {
    what: 'a writable segment whose last page cannot be cleared after p_filesz (past the end of the file) kills the program',
    since: ['6.7'],
    why: 'elf_load returns EFAULT, unless the segment is not writable',
    source: 'fs/binfmt_elf.c elf_load, padzero; f9c0a39d9530',
  },
  'sizes-checked': {
    what: 'p_filesz > p_memsz, or an end beyond the address space, kills the program',
    since: ALWAYS,
    why: 'checked only after the segment is mapped, beyond the point of no return',
    source: 'fs/binfmt_elf.c load_elf_binary "Check to see if the section\'s size will overflow"',
  },
  'offset-congruent': {
    what: 'p_offset and p_vaddr must agree modulo 4096',
    since: ALWAYS,
    why: 'the page of the file is mapped to the page of memory; vm_mmap refuses any other offset',
    source: 'fs/binfmt_elf.c elf_map; mm/util.c vm_mmap',
  },
  'headers-found-by-segment': {
    what: 'AT_PHDR points into the segment that holds the program headers, or is the load bias if none does',
    since: ['5.18', '5.10.110'],
    why: 'before, it was first p_vaddr − p_offset + e_phoff, right only if the first segment holds them',
    source: 'fs/binfmt_elf.c; 0da1d5002745 "fs/binfmt_elf: Fix AT_PHDR for unusual ELF files"',
  },
  'pie-aligned': {
    what: 'an ET_DYN with interpreter is placed at a multiple of its largest power-of-two p_align',
    since: ['5.10'],
    why: 'maximum_alignment',
    source: 'fs/binfmt_elf.c; ce81bb256a22',
  },
  'static-pie-aligned': {
    what: 'so is an ET_DYN without interpreter',
    since: ['6.10', '6.1.140'],
    why: 'before, the mmap area gave it any page',
    source: 'fs/binfmt_elf.c; 3545deff0ec7 "binfmt_elf: Honor PT_LOAD alignment for static PIE"',
  },
  'break-is-highest-end': {
    what: 'the break begins at the page after the highest p_vaddr + p_memsz of all PT_LOADs, in whatever order',
    since: ALWAYS,
    why: 'the loader keeps the maximum as it walks',
    source: 'fs/binfmt_elf.c load_elf_binary elf_brk, set_brk',
  },
  'break-leaves-a-page': {
    what: 'a randomised break leaves at least a page free after the highest segment',
    since: ['6.10', '6.1.140'],
    why: 'programs that wrote past .bss hit the heap',
    source: 'fs/binfmt_elf.c; 2a5eb9995528 "Leave a gap between .bss and brk"',
  },
  'break-within-a-gigabyte': {
    what: "a 64-bit program's break is randomised over 1 GiB",
    since: ['6.9', '6.1.107'],
    why: '32 MiB before, and for 32-bit programs still. Debian took it out of 6.1.119 to 6.1.122',
    source: 'arch/x86/kernel/process.c arch_randomize_brk; 44c76825d6ee',
  },
  'static-pie-break-moves': {
    what: 'the break of an ET_DYN without interpreter begins where position-independent programs are loaded',
    since: ALWAYS,
    why: 'such a program is a dynamic linker started by hand, in the mmap area, where a heap has no room to grow',
    source: 'fs/binfmt_elf.c load_elf_binary, DOC: "brk" handling',
  },
  'static-pie-break-moves-unrandomised': {
    what: 'and does so without randomisation too',
    since: ['6.15', '6.12.30', '6.1.140'],
    why: 'before, only when it was randomised',
    source: 'fs/binfmt_elf.c; 11854fe263eb "Move brk for static PIE even if ASLR disabled"',
  },
  'vdso-in-mmap-area': {
    what: 'the vdso of a 64-bit program lies at the top of the mmap area',
    since: ['6.9'],
    why: 'before, at a random place above the stack',
    source: 'arch/x86/entry/vdso/vma.c; 3c6539b4c177 "x86/vdso: Move vDSO to mmap region"',
  },
  'vvar-in-two': {
    what: "the vdso's data are two mappings, [vvar] and [vvar_vclock]",
    since: ['6.13'],
    why: 'pages of virtual clocks got a mapping of their own',
    source: 'arch/x86/entry/vdso/vma.c; e93d2521b27f',
  },
  'vvar-of-six-pages': {
    what: "the vdso's data are four pages and two",
    since: ['6.15'],
    why: 'generic storage: time, time namespaces, random numbers, architecture; two and two before',
    source: 'lib/vdso/datastore.c; dafde29605eb',
  },
  'vdso32-of-three-pages': {
    what: 'the 32-bit vdso is three pages',
    since: ['7.0'],
    why: 'two before: its code grew',
    source: 'arch/x86/entry/vdso; seen on 6.19 and 7.0',
  },
  'data-limit-of-zero-is-none': {
    what: 'a soft RLIMIT_DATA of 0 limits nothing',
    since: ALWAYS,
    why: 'valgrind sets it, so that brk fails, and still wants to map',
    source: 'mm/mmap.c may_expand_vm "Workaround for Valgrind"',
  },
  'search-ends-at-lowest-address': {
    what: 'a full mmap area is not taken to go on below 64 KiB: what finds no room there is looked for upwards',
    since: ['6.12'],
    why: 'before, room below vm.mmap_min_addr was found first, and then refused; when between 6.1 and 6.12 is not known',
    source: 'mm/mmap.c unmapped_area_topdown, v6.12, and v6.1.192 without it',
  },
  'hints-rounded-up': {
    what: 'an interpreter whose own address is below 64 KiB is tried there, for root too',
    since: ALWAYS,
    why: 'round_hint_to_min takes the larger of vm.mmap_min_addr and CONFIG_LSM_MMAP_MIN_ADDR, and no notice of capabilities',
    source: 'mm/mmap.c round_hint_to_min, security/min_addr.c',
  },
  'lowest-addresses-refused': {
    what: 'nothing is mapped below vm.mmap_min_addr without CAP_SYS_RAWIO',
    since: ALWAYS,
    why: "so that a null pointer in the kernel finds nothing of the user's",
    source: 'security/commoncap.c cap_mmap_addr',
  },
} as const satisfies Record<string, Row>;

export type RuleId = keyof typeof ROWS;
export const RULES: Readonly<Record<RuleId, Row>> = ROWS;
export const RULE_IDS = Object.keys(ROWS) as RuleId[];

/** Which rules hold on a kernel. */
export type Rules = Readonly<Record<RuleId, boolean>>;

export function rulesOf({ version }: Kernel): Rules {
  const holds = ({ since, until }: Row): boolean => reached(version, since) && !(until && reached(version, until));
  return Object.fromEntries(RULE_IDS.map((id) => [id, holds(RULES[id])])) as Rules;
}
