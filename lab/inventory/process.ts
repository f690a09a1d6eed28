import { type Area, carried, declared, defines, members, refused, stateless } from './row.ts';

const CREDENTIALS = 'User, groups, capabilities, securebits';
const NAMESPACES = 'namespaces, cgroup';
const VALUE = 'a value of what is carried';
const ASKS = 'asks';

export const PROCESS: Area = {
  title: 'clone(2), unshare(2), sched(7), personality(2), getrlimit(2), ioprio_set(2)',
  lists: [
    defines('linux/sched.h', 'CLONE_|SCHED_', /^CLONE_ARGS_SIZE/),
    members('linux/personality.h', 'UNAME26|ADDR_|FDPIC|MMAP_|READ_|SHORT|WHOLE|STICKY|PER_'),
    defines('asm-generic/resource.h', 'RLIMIT_'),
    members('linux/ioprio.h', 'IOPRIO_CLASS_|IOPRIO_WHO_'),
    defines('linux/securebits.h', 'SECBIT_'),
    defines('linux/capability.h', 'CAP_', /^CAP_(TO_|LAST_|FLAGS|REVISION|U32)/),
  ],
  groups: [
    carried('threads-basic', 'CLONE_VM CLONE_FILES CLONE_SIGHAND CLONE_THREAD CLONE_SETTLS CLONE_CHILD_CLEARTID'),
    carried('cwd umask', 'CLONE_FS'),
    carried('nice-value threads-names', 'SCHED_NORMAL SCHED_BATCH SCHED_IDLE'),
    carried('scheduling-reset-on-fork', 'SCHED_RESET_ON_FORK SCHED_FLAG_RESET_ON_FORK'),
    carried('real-time.lab.test.ts', 'SCHED_FIFO SCHED_RR'),
    carried('io-priority', 'IOPRIO_CLASS_*'),
    carried('rlimits', 'RLIMIT_*'),
    carried(
      'personality-flags',
      'ADDR_NO_RANDOMIZE STICKY_TIMEOUTS UNAME26 FDPIC_FUNCPTRS MMAP_PAGE_ZERO ADDR_COMPAT_LAYOUT READ_IMPLIES_EXEC SHORT_INODE WHOLE_SECONDS PER_*',
    ),
    carried('limit-3gb', 'ADDR_LIMIT_32BIT ADDR_LIMIT_3GB'),
    refused('deadline', 'SCHED_DEADLINE SCHED_FLAG_RECLAIM SCHED_FLAG_DL_OVERRUN'),
    refused('extensible', 'SCHED_EXT', { since: '6.12' }),
    refused('unshared-thread', 'unshare(CLONE_FS)-of-a-thread', { since: '2.6' }),
    refused('memory-shared descriptors-shared directory-shared', 'clone(CLONE_VM|FILES|FS)-of-another-process', {
      since: '2.6',
    }),
    refused('namespace-thread pid-namespace', 'unshare-of-a-thread unshare-for-children', { since: '2.6' }),
    refused('ids-apart ids-thread', 'ids-that-differ', { since: '2.6' }),
    refused('more-capabilities fewer-capabilities', 'capabilities-that-execve-does-not-give', { since: '2.6' }),
    refused('chroot', 'chroot', { since: '2.6' }),
    refused('tracer', 'CLONE_PTRACE ptrace(2)-of-another-process', { since: '2.6' }),
    refused('child child-ended', 'children', { since: '2.6' }),
    declared(
      NAMESPACES,
      'CLONE_NEWNS CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET CLONE_NEWTIME CLONE_INTO_CGROUP',
    ),
    declared('System V semaphore undo values', 'CLONE_SYSVSEM'),
    declared(CREDENTIALS, 'SECBIT_* CAP_*'),
    declared('utilisation clamps', 'SCHED_FLAG_UTIL_CLAMP*'),
    stateless(
      'says only how a process is made',
      'CLONE_PIDFD CLONE_VFORK CLONE_PARENT CLONE_PARENT_SETTID CLONE_DETACHED CLONE_UNTRACED CLONE_CHILD_SETTID CLONE_IO CLONE_CLEAR_SIGHAND',
    ),
    stateless('says only how a process is made', 'CLONE_NNP CLONE_AUTOREAP CLONE_PIDFD_AUTOKILL', { since: '7.0' }),
    stateless(ASKS, 'SCHED_FLAG_KEEP_POLICY SCHED_FLAG_KEEP_PARAMS SCHED_FLAG_KEEP_ALL SCHED_FLAG_ALL IOPRIO_WHO_*'),
  ],
};

/** What no constant names. */
export const PROCESS_STATES: Area = {
  title: 'Processes and threads',
  lists: [],
  groups: [
    carried(
      'registers flags-register fpu-sse-avx-state avx512-state x87-state threads-registers threads-x87-state',
      'general registers; flags; x87, SSE, AVX and AVX-512 registers',
    ),
    carried(
      'tls threads-tls mutex-owner rwlock-owner tid-word',
      'thread-local memory; what the C library knows of ids and locks',
    ),
    carried('job-control-stop threads-stopped', 'being stopped by job control'),
    carried('vdso-time vdso-getcpu', 'addresses of the vdso'),
    carried('frozen-inside-handler threads-in-handlers', 'being inside a signal handler'),
    carried(
      'atexit-runs exec-after fork-after threads-after',
      'what it may still do: end; execute; fork; start threads',
    ),
    refused('unshared-thread', 'a thread with descriptors or a directory of its own;'),
    refused('namespace-thread pid-namespace', 'a thread in other namespaces; other namespaces for children'),
    refused('ids-apart ids-thread', 'ids that differ, of one thread; of threads'),
    refused('more-capabilities fewer-capabilities', 'capabilities that execve does not give;'),
    refused('chroot', 'another root directory;'),
    refused('tracer', 'being a tracer;'),
    refused('child child-ended', 'children;'),
    refused('other-width', 'code of the other width;'),
    refused(
      'timer-other-process timer-thread-time timer-ended-thread',
      'POSIX timers of the CPU time of others; of a thread; for a thread that ended',
    ),
    refused('timer-high-id', 'POSIX timers with ids above 1,000,000;'),
    declared('time slice', 'the time slice of usual policies (sched_runtime);'),
  ],
};

export const SIGNALS_AND_TIME: Area = {
  title: 'sigaction(2), sigaltstack(2), timers, clocks',
  lists: [
    defines('asm-generic/signal-defs.h', 'SA_|SS_'),
    defines('asm/signal.h', 'SA_'),
    defines('linux/signal.h', 'SS_'),
    defines('linux/time.h', 'ITIMER_|CLOCK_|TIMER_'),
    defines('linux/timerfd.h', 'TFD_'),
    defines('linux/signalfd.h', 'SFD_'),
  ],
  groups: [
    carried(
      'signal-handler',
      'SA_NOCLDSTOP SA_NOCLDWAIT SA_SIGINFO SA_ONSTACK SA_RESTART SA_NODEFER SA_RESETHAND SA_NOMASK SA_ONESHOT SA_RESTORER SA_EXPOSE_TAGBITS',
    ),
    carried(
      'signal-altstack signal-altstack-disarmed frozen-inside-handler-altstack',
      'SS_ONSTACK SS_DISABLE SS_AUTODISARM SS_FLAG_BITS',
    ),
    carried('itimer alarm-left', 'ITIMER_REAL'),
    carried('itimer-virtual', 'ITIMER_VIRTUAL ITIMER_PROF'),
    carried(
      'posix-timers',
      'CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_BOOTTIME CLOCK_TAI CLOCK_PROCESS_CPUTIME_ID CLOCK_THREAD_CPUTIME_ID',
    ),
    carried('sleep-absolute-restart timerfd', 'TIMER_ABSTIME TFD_TIMER_ABSTIME TFD_TIMER_CANCEL_ON_SET'),
    carried('flags-set-later', 'TFD_CLOEXEC TFD_NONBLOCK SFD_CLOEXEC SFD_NONBLOCK'),
    carried('timerfd-unread', 'TFD_IOC_SET_TICKS'),
    refused('alarm-clock timer-alarm', 'CLOCK_REALTIME_ALARM CLOCK_BOOTTIME_ALARM'),
    stateless('only to be read', 'CLOCK_MONOTONIC_RAW CLOCK_REALTIME_COARSE CLOCK_MONOTONIC_COARSE'),
    stateless('asks whether the kernel knows more', 'SA_UNSUPPORTED'),
    stateless('other machines have it', 'CLOCK_SGI_CYCLE'),
  ],
};

export const FACILITIES: Area = {
  title: 'membarrier(2), rseq(2), futex(2), seccomp(2), landlock(7), keyctl(2), mempolicy, io_uring(7), userfaultfd(2)',
  lists: [
    members('linux/membarrier.h', 'MEMBARRIER_'),
    members('linux/rseq.h', 'RSEQ_'),
    defines('linux/futex.h', 'FUTEX_', /^FUTEX_(OP|CMD_MASK|.*_PRIVATE$)/),
    defines('linux/seccomp.h', 'SECCOMP_MODE|SECCOMP_SET|SECCOMP_FILTER|SECCOMP_GET'),
    defines('linux/landlock.h', 'LANDLOCK_'),
    defines('linux/keyctl.h', 'KEYCTL_|KEY_', /^KEYCTL_(CAPS|SUPPORTS)/),
    members('linux/mempolicy.h', 'MPOL_'),
    defines('linux/mempolicy.h', 'MPOL_', /^MPOL_(F_SHARED|F_MOF|F_MORON|MODE_FLAGS)$/),
    defines('linux/io_uring.h', 'IORING_'),
    defines('linux/userfaultfd.h', 'UFFD|_UFFD'),
    defines('linux/aio_abi.h', 'IOCB_'),
  ],
  groups: [
    carried('membarrier', 'MEMBARRIER_CMD_REGISTER_* MEMBARRIER_CMD_GLOBAL_EXPEDITED MEMBARRIER_CMD_PRIVATE_*'),
    carried('rseq', 'RSEQ_CPU_ID_* RSEQ_FLAG_UNREGISTER RSEQ_CS_FLAG_*'),
    declared('`PR_RSEQ_SLICE_EXTENSION`', 'RSEQ_FLAG_SLICE_EXT_*', { since: '7.0' }),
    carried(
      'threads-futex-wait threads-owned-mutexes',
      'FUTEX_WAIT* FUTEX_WAKE* FUTEX_REQUEUE FUTEX_CMP_REQUEUE* FUTEX_LOCK_PI* FUTEX_UNLOCK_PI FUTEX_TRYLOCK_PI FUTEX_OWNER_DIED FUTEX_TID_MASK',
    ),
    stateless(VALUE, 'FUTEX_PRIVATE_FLAG FUTEX_CLOCK_REALTIME FUTEX_32 FUTEX_BITSET_MATCH_ANY'),
    stateless(VALUE, 'FUTEX2_* FUTEX_NO_NODE', { since: '6.7' }),
    stateless('the kernel has it no more', 'FUTEX_FD'),
    stateless(ASKS, 'MEMBARRIER_CMD_QUERY MEMBARRIER_CMD_GLOBAL MEMBARRIER_CMD_SHARED MEMBARRIER_CMD_FLAG_CPU'),
    stateless(ASKS, 'MEMBARRIER_CMD_GET_REGISTRATIONS', { since: '6.3' }),
    refused('seccomp', 'SECCOMP_*'),
    refused('landlock landlock-thread', 'LANDLOCK_*'),
    declared('keyrings', 'KEYCTL_* KEY_*'),
    declared('memory policy', 'MPOL_*'),
    refused('io-uring', 'IORING_*'),
    refused('userfaultfd userfault-memory', 'UFFD* _UFFD*'),
    refused('aio', 'IOCB_*'),
  ],
};
