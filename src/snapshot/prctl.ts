/** How prctl(2) answers: as its result, or as an int at the address in its second argument. */
type Form = 'result' | 'pointer';

/**
 * Settings that prctl(2) and its like report and take back. @source prctl(2), include/uapi/linux/prctl.h
 * - `call` takes it back, and reports it, where that is not prctl(2)
 * - `get` asks for it, with `which` as its next argument; what has none is found by src/capture/memory/locked-memory.ts
 * - `scope` is who has a value of its own: each thread, or the process as a whole
 * - `inherited` says whether a forked copy has the same value, and may be asked instead of the process
 * - `put` are the arguments that set it; `value` stands for the value
 * - `initial` is what execve leaves, for kernels that do not know the option
 * - `advisory`: a kernel that cannot will do
 */
export interface PrctlRow {
  readonly name: string;
  readonly call?: 'arch_prctl' | 'mlockall';
  readonly get?: number;
  readonly which?: bigint;
  readonly form: Form;
  readonly scope: 'thread' | 'process';
  readonly inherited: boolean;
  readonly put: (value: bigint) => readonly bigint[];
  readonly initial: bigint;
  readonly advisory?: true;
}

/** What becomes of memory that is mapped later: mlockall(2). */
export const MLOCKALL = 'mlockall';

export const PRCTLS: readonly PrctlRow[] = [
  {
    name: 'PR_SET_PDEATHSIG',
    get: 2,
    form: 'pointer',
    scope: 'thread',
    inherited: false,
    put: (v) => [1n, v],
    initial: 0n,
  },
  {
    name: 'PR_SET_CHILD_SUBREAPER',
    get: 37,
    form: 'pointer',
    scope: 'process',
    inherited: false,
    put: (v) => [36n, v],
    initial: 0n,
  },
  {
    name: 'PR_SET_KEEPCAPS',
    get: 7,
    form: 'result',
    scope: 'thread',
    inherited: true,
    put: (v) => [8n, v],
    initial: 0n,
  },
  {
    name: 'PR_SET_TIMERSLACK',
    get: 30,
    form: 'result',
    scope: 'thread',
    inherited: true,
    put: (v) => [29n, v],
    initial: 50_000n,
  },
  { name: 'PR_SET_TSC', get: 25, form: 'pointer', scope: 'thread', inherited: true, put: (v) => [26n, v], initial: 1n },
  {
    name: 'PR_MCE_KILL',
    get: 34,
    form: 'result',
    scope: 'thread',
    inherited: true,
    put: (v) => [33n, 1n, v],
    initial: 2n,
  },
  {
    name: 'PR_SET_THP_DISABLE',
    get: 42,
    form: 'result',
    scope: 'process',
    inherited: true,
    put: (v) => [41n, v & 1n, v & ~1n],
    initial: 0n,
  },
  {
    name: 'PR_SET_NO_NEW_PRIVS',
    get: 39,
    form: 'result',
    scope: 'thread',
    inherited: true,
    put: (v) => [38n, v],
    initial: 0n,
  },
  {
    name: 'PR_SET_DUMPABLE',
    get: 3,
    form: 'result',
    scope: 'process',
    inherited: true,
    put: (v) => [4n, v],
    initial: 1n,
  },
  // CPUID instructions raise SIGSEGV. @source arch_prctl(2)
  {
    name: 'ARCH_SET_CPUID',
    call: 'arch_prctl',
    get: 0x1011,
    form: 'result',
    scope: 'thread',
    inherited: true,
    put: (v) => [0x1012n, v],
    initial: 1n,
  },
  // Nobody but who has CAP_SYS_RESOURCE is told, or may.
  {
    name: 'PR_SET_IO_FLUSHER',
    get: 58,
    form: 'result',
    scope: 'thread',
    inherited: true,
    put: (v) => [57n, v],
    initial: 0n,
    advisory: true,
  },
  // @since Linux 6.15
  {
    name: 'PR_TIMER_CREATE_RESTORE_IDS',
    get: 77,
    which: 2n,
    form: 'result',
    scope: 'process',
    inherited: false,
    put: (v) => [77n, v],
    initial: 0n,
  },
  // MCL_FUTURE and MCL_ONFAULT.
  {
    name: MLOCKALL,
    call: 'mlockall',
    form: 'result',
    scope: 'process',
    inherited: false,
    put: (v) => [v],
    initial: 0n,
  },
  // @since Linux 6.4
  {
    name: 'PR_SET_MEMORY_MERGE',
    get: 68,
    form: 'result',
    scope: 'process',
    inherited: true,
    put: (v) => [67n, v],
    initial: 0n,
    advisory: true,
  },
  // Irrevocable, and it forbids the mprotect steps: put back last. @since Linux 6.3
  {
    name: 'PR_SET_MDWE',
    get: 66,
    form: 'result',
    scope: 'process',
    inherited: true,
    put: (v) => [65n, v],
    initial: 0n,
  },
];

/** A value that prctl(2) tells and takes back; `name` is the row of plan/prctl.ts. */
export interface PrctlSetting {
  readonly name: string;
  readonly value: bigint;
}
