import { type Area, carried, declared, defines, refused, refusedUntried, stateless } from './row.ts';

const ACTS = 'acts at once';
const MAPPING = 'says only how a mapping is made';

export const MEMORY: Area = {
  title: 'mmap(2), mprotect(2), madvise(2), mlock(2), pkeys(7)',
  lists: [
    defines('asm-generic/mman-common.h', 'PROT_|MAP_|MLOCK_|MS_|MADV_|PKEY_', /^(MAP_TYPE|PKEY_ACCESS_MASK)$/),
    defines('asm-generic/mman.h', 'MAP_|MCL_'),
    defines('linux/mman.h', 'MREMAP_|MAP_'),
    defines('asm/mman.h', 'MAP_'),
  ],
  groups: [
    carried('prot-variety threads-basic', 'PROT_READ PROT_WRITE PROT_EXEC PROT_NONE'),
    carried('growsdown', 'MAP_GROWSDOWN PROT_GROWSDOWN'),
    carried('mmap-private-file mmap-deleted-file mmap-file-tail', 'MAP_PRIVATE MAP_FILE'),
    carried(
      'mmap-shared-file mmap-shared-file-readonly mmap-shared-anon mmap-shared-alias mmap-shared-deleted mmap-shared-posix memfd-mapped',
      'MAP_SHARED MAP_SHARED_VALIDATE',
    ),
    carried('zero-pages sparse-reservation', 'MAP_ANONYMOUS MAP_NORESERVE'),
    carried('droppable', 'MAP_DROPPABLE', { since: '6.11' }),
    carried('mlock', 'MAP_LOCKED MCL_CURRENT'),
    carried('mlock-later', 'MCL_FUTURE MLOCK_ONFAULT'),
    carried('mlock-later-on-fault', 'MCL_ONFAULT'),
    carried(
      'madvise-flags',
      `MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_DONTFORK MADV_DOFORK MADV_DONTDUMP MADV_DODUMP MADV_WIPEONFORK MADV_KEEPONFORK
      MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_MERGEABLE MADV_UNMERGEABLE`,
    ),
    carried('guard-region', 'MADV_GUARD_INSTALL MADV_GUARD_REMOVE', { since: '6.13' }),
    carried('dontneed-gives-zeros', 'MADV_DONTNEED MADV_FREE MADV_REMOVE MADV_DONTNEED_LOCKED'),
    refused('hugetlb-mapping', 'MAP_HUGETLB MAP_HUGE_*'),
    refused('protection-key protection-key-memory', 'PKEY_DISABLE_ACCESS PKEY_DISABLE_WRITE'),
    refusedUntried('memory mapped with `MAP_SYNC`', 'MAP_SYNC'),
    stateless(
      MAPPING,
      'MAP_FIXED MAP_FIXED_NOREPLACE MAP_POPULATE MAP_NONBLOCK MAP_STACK MAP_UNINITIALIZED MAP_DENYWRITE MAP_EXECUTABLE MAP_32BIT MREMAP_*',
    ),
    stateless(MAPPING, 'MAP_ABOVE4G', { since: '6.6' }),
    stateless(
      ACTS,
      'MADV_WILLNEED MADV_COLD MADV_PAGEOUT MADV_POPULATE_READ MADV_POPULATE_WRITE MADV_COLLAPSE MADV_HWPOISON MADV_SOFT_OFFLINE MS_*',
    ),
    stateless('other machines have it', 'PROT_SEM PROT_GROWSUP'),
  ],
};

/** What no constant names. */
export const MEMORY_STATES: Area = {
  title: 'Memory',
  lists: [],
  groups: [
    carried('zero-pages big-heap malloc-heavy stack-deep', 'what is in memory;'),
    carried('brk-unaligned', 'the program break;'),
    carried('self-modified-text jit-page prot-none-contents', 'code that was written; contents without permissions'),
    carried('many-mappings sparse-reservation', 'thousands of mappings; reservations of terabytes'),
    carried('sysv-memory', 'System V shared memory of its own;'),
    refused('sysv-kept sysv-foreign sysv-part', 'System V shared memory that stays; of others; in part'),
    refused('shared-foreign memfd-mapping-foreign', 'shared memory that others map too;'),
    refused('device-memory', 'device memory;'),
    refused('high-memory', 'memory above 2^47;'),
  ],
};

const EVERY = 'prot-variety';

/** In /proc/PID/smaps. @source Documentation/filesystems/proc.rst; fs/proc/task_mmu.c show_smap_vma_flags, v7.0 */
export const VM_FLAGS: Area = {
  title: 'VmFlags of /proc/PID/smaps',
  lists: [],
  groups: [
    carried(EVERY, 'rd wr ex mr mw me'),
    carried('mmap-shared-anon', 'sh ms'),
    carried('growsdown', 'gd'),
    carried('sparse-reservation', 'nr ac'),
    carried('madvise-flags', 'sr rr dc wf dd hg nh mg'),
    carried('mlock mlock-later', 'lo lf'),
    carried('memory-sealed', 'sl'),
    carried('droppable', 'dp'),
    refused('hugetlb-mapping', 'ht'),
    refused('userfault-memory', 'um uw ui'),
    refused('shadow-stack', 'ss'),
    refusedUntried('memory mapped with `MAP_SYNC`', 'sf'),
    refusedUntried('device memory', 'io pf'),
    declared('soft-dirty', 'sd'),
    stateless("the kernel's bookkeeping", 'de ar mm gu'),
    stateless('other machines have it', 'bt mt'),
  ],
};
