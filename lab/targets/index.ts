import type { Arch, Linkage, TargetRow, Waits } from './row.ts';

export type { Arch, Linkage, TargetRow, Waits } from './row.ts';

const BOTH: readonly Arch[] = ['x86-64', 'i386'];
const GLIBC: readonly Linkage[] = ['static', 'static-pie', 'pie', 'no-pie'];
const EVERY: readonly Linkage[] = [...GLIBC, 'musl'];
/** Why what waits for a time, or counts it, is not the same on another machine. */
const OTHER_CLOCK = 'monotonic clock may even be behind';
/** They have segment numbers of the kernel that made them. */
const FRAME = { limits: 'a signal frame under way' };
const ENTRY = { limits: 'its own `set_thread_area` entry' };

type Rest = Partial<Omit<TargetRow, 'name' | 'fact' | 'waits'>>;

const target = (name: string, waits: Waits, fact: string, rest: Rest = {}): TargetRow => ({
  name,
  fact,
  waits,
  arches: BOTH,
  linkages: EVERY,
  ...rest,
});

const program = (name: string, fact: string, args: readonly string[], rest: Rest = {}): TargetRow => ({
  name,
  fact,
  waits: 'work',
  moves: true,
  arches: BOTH,
  linkages: ['system'],
  program: name,
  args,
  ...rest,
});

/** Heap. */
const HEAP: readonly TargetRow[] = [
  target('brk-unaligned', 'stdin', 'The break and its start are kept to the byte.'),
  target('brk-grow-after', 'stdin', 'The heap grows by brk after the restore: old bytes stay, new ones are zero.'),
  target(
    'brk-shrink-after',
    'stdin',
    'The heap shrinks by brk after the restore, and what it gave back comes back as zeros.',
  ),
  target('malloc-heavy', 'stdin', 'Thousands of live allocations of all sizes keep their bytes and can be freed.'),
  target('malloc-after', 'stdin', 'The allocator works on: grows, trims, maps and unmaps.'),
  target('big-heap', 'stdin', '64 MiB of heap, no two pages alike, keep every byte.'),
];

const MAPPINGS: readonly TargetRow[] = [
  target('zero-pages', 'stdin', 'Present pages that hold only zeros stay zero and writable.'),
  target('mmap-private-file', 'stdin', 'A private file mapping keeps its modified pages and never writes to the file.'),
  target('mmap-deleted-file', 'stdin', 'A private mapping of a file that has been deleted keeps its bytes.'),
  target(
    'mmap-file-tail',
    'stdin',
    'Past the end of a mapped file: zeros in its last page, SIGBUS in the pages after.',
  ),
  target('mmap-shared-file', 'stdin', 'A shared file mapping stays connected to the file, in both directions.'),
  target(
    'mmap-shared-file-readonly',
    'stdin',
    'A read-only shared mapping follows the file and cannot be made writable.',
    { elsewhere: 'maps the file again only if it is still there' },
  ),
  target('mmap-shared-anon', 'stdin', 'Shared anonymous memory keeps its bytes and is shared with a later child.'),
  target('mmap-shared-alias', 'stdin', "Two mappings of the same shared memory still show each other's writes."),
  target('memfd-mapped', 'stdin', 'Mappings of a memfd see each other and the file, as far as they did.'),
  target('memfd-closed', 'stdin', 'A memfd that is mapped and no longer open keeps what can be seen of it.'),
  target('mmap-shared-deleted', 'stdin', 'Shared mappings of deleted files keep their bytes, and are shared.'),
  target(
    'private-nameless',
    'stdin',
    'Private mappings of memfds and deleted files show what becomes of the file, but for the pages that were written.',
  ),
  target(
    'hard-links',
    'stdin',
    'Files that have lost the name they were opened by are found by another that is beside it.',
  ),
  target('mmap-shared-posix', 'stdin', 'POSIX shared memory that has its name is the same object afterwards.'),
  target('sysv-memory', 'stdin', 'System V shared memory of its own keeps its bytes, and can be detached.'),
  target('memory-sealed', 'stdin', 'Sealed memory keeps its bytes and stays sealed; its neighbours are not.', {
    since: { release: '6.10', limits: 'cannot seal' },
  }),
  target('prot-none-guard', 'stdin', 'A guard page still raises SIGSEGV at its address.'),
  target('guard-region', 'stdin', 'Guard regions raise SIGSEGV, and their neighbours keep their bytes.', {
    since: { release: '6.13', limits: 'cannot guard' },
  }),
  target('guard-edges', 'stdin', 'Guard regions at the edges of neighbouring mappings, also of a file, stay.', {
    since: { release: '6.15', limits: 'cannot guard' },
  }),
  target('droppable', 'stdin', 'Memory that the kernel may drop stays so, and keeps its bytes while it does not.', {
    since: { release: '6.11', limits: 'cannot make the memory' },
  }),
  target('prot-none-contents', 'stdin', 'Pages that hold data and then lost all permissions keep the data.'),
  target('prot-variety', 'stdin', 'Every combination of permissions is kept, with the bytes under it.', {
    losesOn32Bit: { limits: 'that a page may not be executed', from: '5.19' },
  }),
  target('many-mappings', 'stdin', '600 mappings, more than an ELF file may have headers, are all kept.'),
  target('sparse-reservation', 'stdin', 'A huge reservation keeps its size, its holes and the few pages touched.'),
  target('dontneed-gives-zeros', 'stdin', 'MADV_DONTNEED after the restore gives zeros.'),
  target('mremap-grow', 'stdin', 'An anonymous mapping grows by mremap: old bytes kept, the new part zero.'),
  target('madvise-flags', 'stdin', 'What madvise told the kernel of a mapping is kept.'),
  target('membarrier', 'stdin', 'What a process has registered for with membarrier still serves it.'),
  target('mlock', 'stdin', 'Locked memory is still locked.'),
  target('mlock-unreadable', 'stdin', 'Locked memory of which a part cannot be read stays locked.'),
  target('mlock-later', 'stdin', 'Memory that is locked once it is touched, or mapped, still is.'),
  target('mlock-later-on-fault', 'stdin', 'The same of memory that is locked once it is mapped and touched.', {
    source: 'mlock-later',
    args: ['on-fault'],
  }),
  target('self-modified-text', 'stdin', 'Code that the program wrote over its own text is what runs.'),
  target('jit-page', 'stdin', 'Generated code runs and can be written again.'),
];

const STACK: readonly TargetRow[] = [
  target('stack-deep', 'stdin', '3 MiB of live stack unwind frame by frame.'),
  target('growsdown', 'stdin', 'The stack, and a MAP_GROWSDOWN mapping, grow further.'),
  target('setjmp-longjmp', 'stdin', 'A jump buffer made before still leads back.'),
  target('coroutine', 'stdin', "Frozen on a coroutine's stack in the middle of the heap.", { linkages: GLIBC }),
  target('coroutine-small-stack', 'stdin', 'Frozen on a stack so small that the bytes just below belong to others.'),
];

const REGISTERS: readonly TargetRow[] = [
  target('registers', 'spin', 'Every general register, the stack pointer included, holds its value.'),
  target('flags-register', 'spin', 'Direction, carry, overflow, alignment-check and ID flags hold.'),
  target('fpu-sse-avx-state', 'spin', 'All vector registers and MXCSR are live across the freeze.'),
  target('avx512-state', 'spin', '512-bit registers and mask registers are live across the freeze.'),
  target('x87-state', 'spin', 'The x87 stack, tags, control word and sticky flags are live across the freeze.'),
  target('segment-bases', 'stdin', 'FS and GS bases, or an extra TLS descriptor with its selector, are kept.', {
    losesOn32Bit: ENTRY,
  }),
  target('tls', 'stdin', 'Thread-local variables keep values and addresses, errno too.'),
  target('rseq', 'stdin', 'The registered rseq area is the same one, with the right processor number.'),
  target('robust-list-single', 'stdin', 'The kernel still knows the head of the robust futex list.'),
  target('pid-in-numbers', 'stdin', "Numbers that happen to be the process's id stay what they are."),
  target('mutex-owner', 'stdin', 'A mutex that the thread holds is still its own.'),
  target('rwlock-owner', 'stdin', 'A reader-writer lock held for writing is free once it is unlocked.'),
  target('tid-word', 'stdin', 'libc knows its new thread id: a signal it sends to itself arrives.'),
];

const SIGNALS: readonly TargetRow[] = [
  target('signal-handler', 'stdin', 'Handlers keep address, mask and every flag, and run.'),
  target('signal-mask', 'stdin', 'The set of blocked signals is kept, real-time ones too.'),
  target('signal-pending', 'stdin', 'Signals that wait blocked arrive once unblocked, as they were queued.'),
  target('signal-altstack', 'stdin', 'The alternate signal stack is kept, and handlers run on it.'),
  target('signal-altstack-disarmed', 'stdin', 'The same where a handler that runs on it leaves it to others.', {
    source: 'signal-altstack',
    args: ['disarmed'],
  }),
  target('signal-ignored', 'stdin', 'Ignored signals stay ignored, the others keep their default action.'),
  target(
    'job-control-stop',
    'stopped',
    'A process that is stopped goes on by one SIGCONT, which its handler sees once.',
  ),
  target('frozen-inside-handler', 'stdin', 'Frozen inside a signal handler, it returns to what it interrupted.', {
    losesOn32Bit: FRAME,
  }),
  target('frozen-inside-handler-altstack', 'stdin', 'The same on the alternate signal stack.', {
    source: 'frozen-inside-handler',
    args: ['altstack'],
    losesOn32Bit: FRAME,
  }),
];

const TIME: readonly TargetRow[] = [
  target('itimer', 'stdin', 'A periodic real-time timer goes on ticking.', { moves: true }),
  target('itimer-virtual', 'stdin', 'Virtual and profiling timers keep interval and remainder, and tick.'),
  target('alarm-left', 'stdin', 'An alarm that is far away is still set.'),
  target('posix-timers', 'stdin', 'POSIX timers of every clock keep their ids, intervals and what is left.'),
  target(
    'posix-timer-waiting',
    'stdin',
    'Signals of POSIX timers that wait are there once, and what is missed is counted.',
  ),
  target('posix-timer-of-thread', 'stdin', 'POSIX timers for single threads signal those threads.'),
  target('posix-timer-calls', 'stdin', 'A POSIX timer that calls a function in a thread does so again and again.', {
    untouched: true,
  }),
  target('posix-timer-calls-new', 'stdin', 'Another one that is made afterwards does too.', {
    source: 'posix-timer-calls',
    args: ['new'],
    linkages: GLIBC,
    untouched: true,
    loses: 'a new one wants its thread by the old id',
  }),
  target('vdso-time', 'loop', 'Frozen inside a loop of clock calls, the clocks go on.', {
    moves: true,
    elsewhere: OTHER_CLOCK,
  }),
  target('vdso-getcpu', 'stdin', "The processor number that libc tells is the kernel's."),
];

const RESTART: readonly TargetRow[] = [
  target('sleep-restart', 'itself', 'A sleep that was frozen half-way sleeps on and ends without an error.', {
    untouched: true,
    elsewhere: OTHER_CLOCK,
  }),
  target('sleep-restart-twice', 'itself', 'The same when something else had interrupted the sleep before.', {
    source: 'sleep-restart',
    linkages: GLIBC,
    elsewhere: OTHER_CLOCK,
  }),
  target('sleep-restart-lost', 'itself', 'The same where the code before the call does not tell which call it was.', {
    source: 'sleep-restart',
    linkages: ['musl'],
    limits: 'number only the kernel knows',
  }),
  target('sleep-absolute-restart', 'itself', 'A sleep until a point in time ends without an error.', {
    untouched: true,
    elsewhere: OTHER_CLOCK,
  }),
  target('poll-restart', 'itself', 'A poll on a pipe that stays empty ends with its timeout.', {
    untouched: true,
    elsewhere: OTHER_CLOCK,
  }),
  target('select-restart', 'stdin', 'A select on stdin ends when a line comes.'),
  target(
    'ppoll-restart',
    'stdin',
    'ppoll goes on waiting under its own mask, and afterwards the mask is the old one.',
    {
      untouched: true,
    },
  ),
  target('pause-restart', 'signal', 'A pause ends by the first signal that is handled, and by nothing else.'),
  target(
    'sigsuspend-restart',
    'signal',
    'sigsuspend waits on with its own mask, and afterwards the mask is the old one.',
  ),
  target('read-restart', 'stdin', 'A read that waits for input sees the line that comes, whole.'),
];

const DESCRIPTORS: readonly TargetRow[] = [
  target('cwd', 'stdin', 'The working directory is kept.'),
  target('names', 'stdin', 'Whatever bytes a file, directory, socket or thread is called by, it is found again.'),
  target('umask', 'stdin', 'The umask is kept.'),
  target('file-offset', 'stdin', 'An open file keeps number, offset and access mode.'),
  target('file-append', 'stdin', 'A file opened for appending appends, also behind what others have written.'),
  target('file-grown-meanwhile', 'stdin', 'A file read half-way is read on to its end, new bytes included.'),
  target('file-dup-shares-offset', 'stdin', 'Duplicated descriptors share one offset; separately opened ones do not.'),
  target('file-flags', 'stdin', 'Close-on-exec of each descriptor and the flags of each open file are kept.'),
  target('fd-closed', 'stdin', 'Closed descriptors are closed, and the lowest free number is the next one.'),
  target('file-lock', 'stdin', 'Record locks that the process holds on a file still keep others out.'),
  target('file-lock-open', 'stdin', 'Locks on parts of a file that belong to an open file still keep others out.'),
  target('file-flock', 'stdin', 'A lock of a whole open file still keeps others out.'),
  target('file-lease', 'stdin', 'A lease still has its holder asked first.', { limits: 'holds a lock' }),
  target('file-deleted', 'stdin', 'A deleted file is still there for each who has it open, and has no name.'),
  target('file-unnamed', 'stdin', 'A file that was made without a name keeps its bytes, and can still be given one.'),
  target('memfd', 'stdin', 'A memfd keeps its name, bytes and holes; duplicates of its descriptor share one offset.'),
  target('memfd-seals', 'stdin', 'The seals of a memfd hold, and no more can be added where that was sealed.', {
    since: { release: '6.3', limits: 'cannot make the memfd' },
  }),
  target('file-procfs', 'stdin', 'Open files of procfs tell of the process, and are read on.'),
  target('path-descriptors', 'stdin', 'Descriptors opened with O_PATH lead to what they led to, whatever that is.'),
  target('namespace-descriptors', 'stdin', 'A descriptor of a namespace that the process is in is one of its own.'),
  target('fifo', 'stdin', 'A FIFO with all its ends in the process keeps what is in it.'),
  target('directory-fd', 'stdin', 'An open directory leads to its entries, and a listing goes on.'),
  target('directory-fd-position', 'stdin', 'The position of an open directory itself is kept.'),
  target('dev-null-zero-urandom', 'stdin', 'Open devices without a state of their own work on.'),
  target('pipe-contents', 'stdin', "A pipe of the process's own keeps the bytes that are in it."),
  target('pipe-packets', 'stdin', 'A pipe in packet mode keeps its packets apart.'),
  target('pipe-nonblock', 'stdin', "A pipe's capacity, its ends' flags, and its being full are kept."),
  target('pipe-opened-again', 'stdin', 'Ends of a pipe that were opened again through /proc keep flags of their own.'),
  target('flags-set-later', 'stdin', 'Flags that fcntl gave to what was made without any are kept.'),
  target('eventfd', 'stdin', 'Eventfds keep their count, are semaphores or not, and wake who waits.', {
    before: { release: '6.5', limits: 'whether it is a semaphore' },
  }),
  target('signalfd', 'stdin', 'A signalfd takes the signals of its set, also those that waited before.'),
  target('timerfd', 'stdin', 'Timer descriptors keep clock, interval, the time left, and having expired.'),
  target('timerfd-unread', 'stdin', 'A periodic timer descriptor keeps the number of unread expirations.', {
    arches: ['x86-64'],
    elsewhere: OTHER_CLOCK,
  }),
  target('timerfd-unread-i386', 'stdin', 'The same in a process of 32 bits, from which the kernel does not take it.', {
    source: 'timerfd-unread',
    arches: ['i386'],
    limits: 'expirations that were not read',
  }),
  target('epoll', 'stdin', 'An epoll instance watches what it watched, and what was ready is.'),
  target('epoll-renumbered', 'stdin', 'An epoll instance watches a file whose number is closed.', {
    limits: 'has another number now',
  }),
  target('inotify', 'stdin', 'An inotify instance watches what it watched, under the same numbers.'),
  target('inotify-all-events', 'stdin', 'Who watches everything is told nothing of being put back.'),
  target('inotify-refused-events', 'stdin', 'Events that were not read are still there.', {
    source: 'inotify-refused',
    args: ['events'],
    linkages: ['static', 'pie'],
    limits: 'in which events wait',
  }),
  target('inotify-refused-unfound', 'stdin', 'It watches a file of which nothing tells a path.', {
    source: 'inotify-refused',
    args: ['unfound'],
    linkages: ['static', 'pie'],
    limits: 'that watches a file whose path was not found',
  }),
  target('socket-options', 'stdin', 'Every option of a socket that the kernel reports is as the program set it.'),
  target('socket-buffer-lock', 'stdin', 'Sizes of socket buffers stay whose they were, the program or the kernel.'),
  target('socket-shutdown', 'stdin', 'What was shut down of a UDP or UNIX socket stays so.'),
  target('unix-pair', 'stdin', 'Pairs of UNIX sockets keep what waits in them, packets apart, and what was shut down.'),
  target('unix-listening', 'stdin', 'UNIX sockets are found again under their paths and abstract names.'),
  target(
    'unix-unlinked',
    'stdin',
    'UNIX sockets whose files were removed keep their addresses, and leave no file behind.',
    {
      onlyRoot: 'what file a UNIX socket has, which takes CAP_NET_ADMIN',
    },
  ),
  target(
    'inet-sockets',
    'stdin',
    'TCP sockets listen where they listened, UDP sockets are bound and connected as before.',
  ),
  target('tcp-connection', 'stdin', 'A TCP connection is still there.', { limits: 'a connection (--tcp=close' }),
  target('tcp-reset', 'stdin', 'A TCP connection is reset when that was asked for.', {
    source: 'tcp-connection',
    freeze: ['--tcp=close'],
  }),
  target('pty', 'stdin', 'A pseudo-terminal of its own keeps settings, window, packet mode and lock.'),
  target('descriptor-signals', 'stdin', 'Open files that send a signal when they are ready send it to the process.'),
  target('stdio-buffered', 'stdin', 'Text that waits in a stdio buffer is written once.', { results: ['out'] }),
];

/** Options that came after Linux 5.10, with the release that brought them, or reports them. */
const NEWER_OPTIONS: readonly TargetRow[] = (
  [
    ['SO_BUF_LOCK', '5.14'],
    ['TCP_MAXSEG', '5.17'],
    ['SO_TXREHASH', '5.19'],
    ['SO_RCVMARK', '5.19'],
    ['IP_LOCAL_PORT_RANGE', '6.3'],
    ['SO_PASSPIDFD', '6.5'],
    ['SO_RCVPRIORITY', '6.14'],
    ['TCP_RTO_MAX_MS', '6.15'],
    ['SO_PASSRIGHTS', '6.16'],
  ] as const
).map(([option, release]) =>
  target(`socket-option-${option.toLowerCase().replaceAll('_', '-')}`, 'stdin', `${option} is as the program set it.`, {
    source: 'socket-options',
    args: [option],
    linkages: ['static', 'pie'],
    // These any kernel takes.
    ...(['SO_BUF_LOCK', 'TCP_MAXSEG'].includes(option) ? {} : { since: { release, limits: `cannot set ${option}` } }),
  }),
);

/** Sockets that are refused, by the argument of socket-refused.c and the words of the refusal. */
const REFUSED_SOCKETS: readonly TargetRow[] = (
  [
    ['datagram', 'A UDP socket keeps a datagram that waits.', 'in which a datagram waits'],
    [
      'connection',
      'A listening socket keeps connections that wait.',
      'to which connections wait that were not accepted',
    ],
    ['descriptor', 'A descriptor on its way through a socket arrives.', 'in which descriptors or credentials wait'],
    ['accepted', 'A connection that was accepted from a name is still there.', 'a connection to'],
    ['filtered', 'A packet filter still filters.', 'with a packet filter'],
    ['netlink', 'A netlink socket still talks to the kernel.', 'of another kind'],
  ] as const
).map(([state, fact, limits]) =>
  target(`socket-refused-${state}`, 'stdin', fact, {
    source: 'socket-refused',
    args: [state],
    linkages: ['static', 'pie'],
    limits,
  }),
);

const PROCESS: readonly TargetRow[] = [
  target('process-name', 'stdin', 'The name that the process gave itself is kept.'),
  target('prctl-settings', 'stdin', 'What prctl was told is kept.'),
  target(
    'processor-settings',
    'stdin',
    'The time-stamp counter stays forbidden, and broken memory is told as was asked.',
  ),
  target(
    'no-new-code',
    'stdin',
    'Memory that can be written still cannot become executable where that was forbidden.',
    {
      since: { release: '6.3', limits: 'cannot set PR_SET_MDWE' },
    },
  ),
  target('cpuid-faults', 'stdin', 'CPUID still raises SIGSEGV where the program asked for that.', {
    elsewhere: 'a processor that can refuse CPUID',
  }),
  target('timer-ids-chosen', 'stdin', 'A program that may choose the ids of its POSIX timers still may.', {
    since: { release: '6.15', limits: 'cannot set PR_TIMER_CREATE_RESTORE_IDS' },
  }),
  target('not-dumpable', 'stdin', 'A process that made itself undumpable stays so.', {
    onlyRoot: 'processes that are not dumpable, which only root may freeze',
  }),
  target('personality-flags', 'stdin', 'Flags of personality(2) are kept.'),
  target('limit-3gb', 'stdin', 'A program that is to stay below 3 GiB gets memory there.', { arches: ['i386'] }),
  target('rlimits', 'stdin', 'Resource limits, soft and hard, are kept.'),
  target('limits-below-use', 'stdin', 'Limits below what the process has are kept, with all that is above them.'),
  target('nice-value', 'stdin', 'The nice value and the scheduling policy are kept.'),
  target('scheduling-reset-on-fork', 'stdin', 'A policy that children do not inherit stays so.'),
  target('io-priority', 'stdin', 'The I/O priority is kept.'),
  target('oom-score', 'stdin', 'The adjustment of the OOM score is kept.', { linkages: GLIBC }),
  target('address-layout', 'stdin', 'Where code, data, stack, arguments and environment are is as it was.'),
  target('environment-args', 'stdin', 'Arguments, environment and auxiliary vector are the old ones.', {
    args: ['one', 'two words'],
  }),
  target('atexit-runs', 'stdin', 'Functions registered for the exit run, and the exit status is theirs.'),
  target(
    'fork-after',
    'stdin',
    'Children made after the restore start with the same memory, and their end is reported.',
  ),
  target('threads-after', 'stdin', 'Threads can be started after the restore.'),
  target('exec-after', 'stdin', 'The process can become another program after the restore.'),
  target('deep-counter', 'work', 'Works without ever waiting, and its output is that of an undisturbed run.', {
    args: ['WORK'],
    work: { usual: 150, emulated: 60 },
    moves: true,
    results: ['log'],
  }),
];

/** The same fact about a thread that is not the first. */
const inAnotherThread = (source: string, waits: Waits, rest: Rest = {}): TargetRow =>
  target(`threads-${source}`, waits, `The same in another thread than the first: ${source}.`, {
    source,
    args: ['in another thread'],
    ...rest,
  });

const THREADS: readonly TargetRow[] = [
  target('threads-basic', 'stdin', 'Threads that wait go on, each with its own stack and result, and can be joined.'),
  target('threads-futex-wait', 'stdin', 'Threads at condition variables, barriers and reader-writer locks are woken.'),
  target(
    'threads-mutex-contended',
    'stdin',
    'A mutex that one thread holds and others wait for goes from one to the next.',
  ),
  target('threads-tls', 'stdin', 'Thread-local variables of each thread keep values and addresses.'),
  target('threads-names', 'stdin', 'Each thread keeps its name, nice value, policy, timer slack and processors.'),
  target('threads-signal-masks', 'stdin', 'Each thread keeps blocked and queued signals and its alternate stack.'),
  target('threads-sleeping', 'itself', 'Threads that sleep go on for what is left, without an error.', {
    untouched: true,
    elsewhere: OTHER_CLOCK,
  }),
  target('threads-stopped', 'stopped', 'Threads of a process that is stopped go on by SIGCONT.', { moves: true }),
  target('threads-in-handlers', 'stdin', 'Threads that are inside a signal handler return to what it interrupted.', {
    losesOn32Bit: FRAME,
  }),
  target(
    'threads-joining',
    'stdin',
    'A thread that waits for the end of another one is told of it; others are cancelled.',
  ),
  target('threads-detached', 'stdin', 'Detached threads end, and their stacks can be used by new ones.'),
  target('threads-robust-mutex', 'stdin', 'A robust mutex that a thread holds outlives it.'),
  target(
    'threads-owned-mutexes',
    'stdin',
    "Mutexes that record their owner's id stay their owner's: recursive, error-checking, priority-inheriting ones.",
  ),
  target('threads-spinning', 'loop', 'Threads in the midst of arithmetic, clocks and locks never notice.', {
    moves: true,
    elsewhere: OTHER_CLOCK,
  }),
  target('threads-many', 'stdin', '200 threads all go on, each with its own registers.'),
  inAnotherThread('registers', 'spin'),
  inAnotherThread('flags-register', 'spin'),
  inAnotherThread('fpu-sse-avx-state', 'spin'),
  inAnotherThread('avx512-state', 'spin'),
  inAnotherThread('x87-state', 'spin'),
  inAnotherThread('segment-bases', 'stdin', { losesOn32Bit: ENTRY }),
];

/** Run under the ids that the process had. */
const kept = (source: string, fact: string, rest: Rest = {}): TargetRow =>
  target(`kept-${source}`, 'stdin', fact, { source, keepsPid: true, ...rest });

const KEPT: readonly TargetRow[] = [
  kept('pid', 'With ELFREEZE_PID=keep the pid is the old one, and whatever remembers it reaches the process.'),
  kept('tids', 'With ELFREEZE_PID=keep each thread has its old id.'),
  kept('mutex-owner', 'With ELFREEZE_PID=keep a mutex that the thread holds is still its own.', { linkages: GLIBC }),
  kept('mutex-inheriting', 'With ELFREEZE_PID=keep a held mutex that lends priority goes to who waits for it.', {
    linkages: GLIBC,
  }),
  kept('rwlock-owner', 'With ELFREEZE_PID=keep a lock held for writing is free once it is unlocked.', {
    linkages: GLIBC,
  }),
  kept('threads-robust-mutex', 'With ELFREEZE_PID=keep a robust mutex that a thread holds outlives it.', {
    linkages: GLIBC,
  }),
];

const PYTHON_FILES = [
  '-c',
  `import hashlib, queue, sys, threading, zlib
print(*(file for each in sys.modules.values() if (file := getattr(each, '__file__', None))), sep='\\n')`,
];

/** Programs of this machine, working: their whole output is compared. */
const PROGRAMS: readonly TargetRow[] = [
  program(
    'python3',
    'An interpreter with a garbage collector, big integers, dicts and a file.',
    [
      '-c',
      `import hashlib, sys
print('ready', flush=True)
table, digest = {}, hashlib.sha256()
with open('log', 'w') as log:
    for n in range(WORK):
        for i in range(3000):
            table[(n * i) % 9973] = [str(n * i), {'n': n}]
        digest.update(repr(sorted(table.items())[:200]).encode())
        print(n, len(table), digest.hexdigest()[:16], pow(3, 2000 + n) % (10**9 + 7), flush=True)
        print(n, digest.hexdigest(), file=log)
print('ok')`,
    ],
    { results: ['log'], printsFiles: PYTHON_FILES, work: { usual: 120, emulated: 30 } },
  ),
  program(
    'python3-threads',
    'Threads of an interpreter that hold its lock in turn, and wait at queues and conditions.',
    [
      '-c',
      `import hashlib, queue, threading, zlib
print('ready', flush=True)
N = WORK
work, done, told = queue.Queue(16), {}, threading.Condition()
def run():
    while (n := work.get()) is not None:
        data = zlib.compress(bytes((i * n) % 251 for i in range(16000)) * 8)
        with told:
            done[n] = hashlib.sha256(data).hexdigest()[:16]
            told.notify_all()
def report():
    for n in range(N):
        with told:
            told.wait_for(lambda: n in done)
        print(n, done[n], flush=True)
threads = [threading.Thread(target=run) for _ in range(4)]
for each in [*threads, last := threading.Thread(target=report)]: each.start()
for n in [*range(N), *(None for _ in threads)]: work.put(n)
for each in [*threads, last]: each.join()
print('ok')`,
    ],
    { program: 'python3', printsFiles: PYTHON_FILES, work: { usual: 1200, emulated: 200 } },
  ),
  program(
    'perl',
    'An interpreter with hashes, regular expressions and sorting.',
    [
      '-e',
      `$| = 1; print "ready\\n"; my %seen;
for my $n (1 .. WORK) { for my $i (1 .. 4000) { $seen{($n * $i) % 7919} .= chr(97 + $i % 26); }
  my $hits = grep { /[aeiou]{1,}[^aeiou]+z/ } values %seen;
  my @sorted = sort { $seen{$a} cmp $seen{$b} || $a <=> $b } keys %seen; print "$n $hits $sorted[0] $sorted[-1]\\n"; }
print "ok\\n";`,
    ],
    { work: { usual: 120, emulated: 30 } },
  ),
  program(
    'bash',
    'A shell that works with variables, arrays and arithmetic.',
    [
      '-c',
      `echo ready; declare -A seen; x=1
for n in {1..WORK}; do for i in {1..6000}; do x=$(( (x * 1103515245 + 12345) % 2147483648 )); seen[$((x % 997))]=$i; done
  s="$n \${#seen[@]} $x"; echo "$s"; done; echo ok`,
    ],
    { work: { usual: 60, emulated: 15 } },
  ),
  program(
    'gawk',
    'An interpreter with associative arrays and arbitrary-precision library code.',
    [
      `BEGIN { print "ready"; fflush(); srand(7); for (n = 1; n <= WORK; n++) { for (i = 1; i <= 12000; i++) { k = (n * i) % 7919; s[k] = substr(s[k] i, 1, 40) }
  t = 0; for (k in s) t += length(s[k]); printf "%d %d %d %.6f\\n", n, length(s), t, rand(); fflush() } print "ok" }`,
    ],
    { work: { usual: 100, emulated: 80 } },
  ),
  program(
    'sqlite3',
    'A database in memory, in the middle of its statements.',
    [
      ':memory:',
      `PRAGMA temp_store = MEMORY; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL); SELECT writefile('begun', 'x');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < WORK) INSERT INTO t SELECT i, hex(i * 7919 % 65537), i * 0.5 FROM n;
SELECT count(*), sum(c), max(b) FROM t; CREATE INDEX tb ON t(b);
SELECT b, count(*) AS k FROM t GROUP BY b ORDER BY k DESC, b LIMIT 20;
SELECT count(*) FROM t x JOIN t y ON x.b = y.b WHERE x.a < 60000; SELECT 'ok';`,
    ],
    { begun: 'begun', work: { usual: 400_000, emulated: 120_000 } },
  ),
  program(
    'sqlite3-file',
    'A database on disk, in the middle of a transaction: its locks, its journal and what it has not written yet.',
    [
      'data',
      `PRAGMA cache_size = 50; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); BEGIN; SELECT writefile('begun', 'x');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < WORK) INSERT INTO t SELECT i * 7919 % 150001, hex(i) FROM n;
COMMIT; PRAGMA integrity_check; SELECT count(*), min(a), max(b) FROM t; SELECT 'ok';`,
    ],
    { program: 'sqlite3', begun: 'begun', results: ['data'], work: { usual: 150_000, emulated: 50_000 } },
  ),
  program('xz', 'A compressor with a big dictionary, writing to a file.', ['-9', '-k', '-T1', 'input'], {
    input: { name: 'input', bytes: 5 << 20 },
    begun: 'input.xz',
    results: ['input.xz'],
  }),
  program(
    'xz-threads',
    'A compressor with two threads and a queue of blocks.',
    ['-1', '-k', '-T2', '--block-size=1MiB', 'input'],
    {
      program: 'xz',
      input: { name: 'input', bytes: 24 << 20 },
      begun: 'input.xz',
      results: ['input.xz'],
    },
  ),
  program(
    'sort',
    'A sort with two threads, by hashes of the lines.',
    ['--parallel=2', '-R', '--random-source=input', 'input'],
    { input: { name: 'input', bytes: 6 << 20 }, worked: 20 },
  ),
  program(
    'node',
    'V8 in three threads, compiling and collecting garbage, and libuv with files and timers.',
    [
      '-e',
      `const { Worker } = require('node:worker_threads'), fs = require('node:fs'), zlib = require('node:zlib'), N = WORK;
console.log('ready');
const run = \`const { parentPort, workerData: { w, N } } = require('node:worker_threads');
  for (let n = w; n < N; n += 3) { const seen = {}; let s = '';
    for (let i = 0; i < 20000; i++) { seen['k' + (i * n) % 997] = i; s = (s + i).slice(-20); }
    parentPort.postMessage([n, Object.keys(seen).length + s]); }\`;
const got = new Map(); let next = 0;
for (let w = 0; w < 3; w++) new Worker(run, { eval: true, workerData: { w, N } }).on('message', ([n, s]) => got.set(n, s));
(async () => {
  while (next < N) {
    for (; got.has(next); next++) { console.log(next, got.get(next)); await fs.promises.appendFile('log', next + got.get(next)); }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  console.log('ok', zlib.deflateSync(fs.readFileSync('log')).length); process.exitCode = 5;
})();`,
    ],
    {
      arches: ['x86-64'],
      results: ['log'],
      work: { usual: 300, emulated: 60 },
      elsewhere: OTHER_CLOCK,
      before: { release: '6.5', limits: 'whether it is a semaphore' },
    },
  ),
  program(
    'java',
    "OpenJDK's virtual machine: compiled code, safepoints by SIGSEGV, the serial collector, a pool of threads.",
    ['-XX:+UseSerialGC', '-XX:-UsePerfData', 'Work.java'],
    {
      package: 'default-jdk-headless',
      keepsOpen: 'lib/modules',
      input: {
        name: 'Work.java',
        text: `import java.util.*; import java.util.concurrent.*;
public class Work {
  static String work(int n) {
    Map<String, List<Integer>> lists = new TreeMap<>();
    for (int i = 0; i < 6000; i++) lists.computeIfAbsent("k" + (i * n) % 499, k -> new ArrayList<>()).add(i);
    int hash = 7; for (var each : lists.entrySet()) hash = hash * 31 + each.hashCode();
    return Integer.toHexString(hash);
  }
  public static void main(String[] args) throws Exception {
    System.out.println("ready");
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<String>> all = new ArrayList<>();
    for (int n = 0; n < 2000; n++) { int k = n; all.add(pool.submit(() -> { if (k % 50 == 0) Thread.sleep(2); return work(k); })); }
    for (int n = 0; n < 2000; n++) System.out.println(n + " " + all.get(n).get());
    pool.shutdown(); System.out.println("ok"); System.exit(7);
  }
}
`,
      },
    },
  ),
  target('goroutines', 'work', "Go's scheduler, timers and collector, and a loop that is only left by force, go on.", {
    language: 'go',
    package: 'golang-go',
    args: ['WORK'],
    work: { usual: 4000, emulated: 500 },
    elsewhere: OTHER_CLOCK,
    linkages: ['static'],
    moves: true,
  }),
  target('rust-threads', 'work', "Threads of Rust's library with mutexes, conditions, locks and channels go on.", {
    language: 'rust',
    package: 'rustc',
    args: ['WORK'],
    work: { usual: 9000, emulated: 1500 },
    // Debian has no library of Rust for i386 beside that for amd64.
    arches: ['x86-64'],
    linkages: ['pie'],
    moves: true,
  }),
  program(
    'jq',
    'A JSON processor: a parser, a compiler and a virtual machine that backtracks.',
    [
      '-n',
      '-r',
      '--unbuffered',
      `"ready", (range(1; WORK) | . as $n | [range(0; 4000) | (. * $n) % 7919 | tostring] | unique
  | "\\($n) \\(length) \\(map(tonumber) | add) \\(join("") | length)"), "ok"`,
    ],
    { work: { usual: 60, emulated: 12 } },
  ),
  program(
    'busybox',
    'A statically linked program without symbols.',
    [
      'awk',
      `BEGIN { print "ready"; fflush(); for (n = 1; n <= WORK; n++) { for (i = 1; i <= 6000; i++) { k = (n * i) % 7919; s[k] = substr(s[k] i, 1, 30) }
  t = 0; for (k in s) t += length(s[k]); print n, t; fflush() } print "ok" }`,
    ],
    { work: { usual: 80, emulated: 40 } },
  ),
];

/** All targets, one row each; the order is the order of reports. */
export const TARGETS: readonly TargetRow[] = [
  ...HEAP,
  ...MAPPINGS,
  ...STACK,
  ...REGISTERS,
  ...SIGNALS,
  ...TIME,
  ...RESTART,
  ...DESCRIPTORS,
  ...REFUSED_SOCKETS,
  ...NEWER_OPTIONS,
  ...PROCESS,
  ...THREADS,
  ...KEPT,
  ...PROGRAMS,
];
