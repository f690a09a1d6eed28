/**
 * smaps' VmFlags: what each means for an image. @source Documentation/filesystems/proc.rst, proc_pid_smaps(5)
 * - `madvise` / `mmap` / `mlock` put it back; `type` is what mmap(2) takes instead of MAP_PRIVATE, `onFault` mlock2(2)'s MLOCK_ONFAULT
 * - `mseal` puts it back when everything else is in its place
 * - `refuse` names what cannot be carried
 * - `inPlace` the flag keeps the mapping's contents out of a forked copy: they are read from the process itself
 * Flags without a row follow from the protections, or are the kernel's bookkeeping.
 */
export type VmFlagRow =
  | { readonly flag: string; readonly means: string; readonly madvise: number; readonly inPlace?: true }
  | { readonly flag: string; readonly means: string; readonly mmap: number; readonly inPlace?: true }
  | { readonly flag: string; readonly means: string; readonly type: number; readonly inPlace?: true }
  | { readonly flag: string; readonly means: string; readonly mlock: true }
  | { readonly flag: string; readonly means: string; readonly onFault: true }
  | { readonly flag: string; readonly means: string; readonly mseal: true }
  | { readonly flag: string; readonly means: string; readonly refuse: string };

export const VM_FLAGS: readonly VmFlagRow[] = [
  { flag: 'gd', means: 'grows down', mmap: 0x100 },
  { flag: 'nr', means: 'no swap space reserved', mmap: 0x4000 },
  { flag: 'dp', means: 'droppable (which needs Linux 6.11)', type: 0x08, inPlace: true },
  { flag: 'sr', means: 'sequential reads', madvise: 2 },
  { flag: 'rr', means: 'random reads', madvise: 1 },
  { flag: 'dc', means: 'not copied by fork', madvise: 10, inPlace: true },
  { flag: 'wf', means: 'wiped by fork', madvise: 18, inPlace: true },
  { flag: 'dd', means: 'not dumped', madvise: 16 },
  { flag: 'hg', means: 'huge pages wanted', madvise: 14 },
  { flag: 'nh', means: 'huge pages unwanted', madvise: 15 },
  { flag: 'mg', means: 'mergeable', madvise: 12 },
  { flag: 'lo', means: 'locked', mlock: true },
  { flag: 'lf', means: 'locked once it is touched', onFault: true },
  { flag: 'sf', means: 'of persistent memory, without a page cache', refuse: 'memory mapped with MAP_SYNC' },
  { flag: 'ht', means: 'huge page memory', refuse: 'huge page (hugetlbfs) memory' },
  { flag: 'io', means: 'device memory', refuse: 'device memory' },
  { flag: 'pf', means: 'pages without struct page', refuse: 'device memory' },
  { flag: 'um', means: 'userfaultfd missing', refuse: 'memory under userfaultfd' },
  { flag: 'uw', means: 'userfaultfd write-protect', refuse: 'memory under userfaultfd' },
  { flag: 'ui', means: 'userfaultfd minor', refuse: 'memory under userfaultfd' },
  { flag: 'ss', means: 'shadow stack', refuse: 'a shadow stack' },
  { flag: 'sl', means: 'sealed', mseal: true },
];

export const flagRows = (flags: readonly string[]): VmFlagRow[] => VM_FLAGS.filter((row) => flags.includes(row.flag));
