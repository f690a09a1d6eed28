import { type Area, carried, declared, defines, refused, refusedUntried, stateless } from './row.ts';

const ASKS = 'asks';
const ELSEWHERE = 'other machines have it';

export const PRCTL: Area = {
  title: 'prctl(2), arch_prctl(2)',
  lists: [defines('linux/prctl.h', 'PR_'), defines('asm/prctl.h', 'ARCH_')],
  groups: [
    carried(
      'prctl-settings',
      'PR_SET_PDEATHSIG PR_SET_KEEPCAPS PR_SET_TIMERSLACK PR_SET_THP_DISABLE PR_SET_NO_NEW_PRIVS PR_SET_CHILD_SUBREAPER',
    ),
    carried('prctl-settings', 'PR_SET_MEMORY_MERGE', { since: '6.4' }),
    carried('not-dumpable', 'PR_SET_DUMPABLE'),
    carried('process-name threads-names', 'PR_SET_NAME'),
    carried('processor-settings', 'PR_SET_TSC PR_TSC_ENABLE PR_TSC_SIGSEGV'),
    carried(
      'processor-settings',
      'PR_MCE_KILL PR_MCE_KILL_SET PR_MCE_KILL_CLEAR PR_MCE_KILL_EARLY PR_MCE_KILL_LATE PR_MCE_KILL_DEFAULT',
    ),
    carried('no-new-code', 'PR_SET_MDWE PR_MDWE_*', { since: '6.3' }),
    carried('timer-ids-chosen', 'PR_TIMER_CREATE_RESTORE_IDS*', { since: '6.15' }),
    carried('brk-unaligned', 'PR_SET_MM_START_BRK PR_SET_MM_BRK'),
    carried(
      'address-layout environment-args',
      `PR_SET_MM PR_SET_MM_MAP PR_SET_MM_MAP_SIZE PR_SET_MM_START_CODE PR_SET_MM_END_CODE PR_SET_MM_START_DATA PR_SET_MM_END_DATA
      PR_SET_MM_START_STACK PR_SET_MM_ARG_START PR_SET_MM_ARG_END PR_SET_MM_ENV_START PR_SET_MM_ENV_END PR_SET_MM_AUXV`,
    ),
    carried('segment-bases threads-segment-bases', 'ARCH_SET_GS ARCH_SET_FS'),
    carried('cpuid-faults', 'ARCH_SET_CPUID'),
    refused('seccomp', 'PR_SET_SECCOMP'),
    refused('dispatch', 'PR_SET_SYSCALL_USER_DISPATCH PR_SYS_DISPATCH_*'),
    refused('shadow-stack', 'ARCH_SHSTK_*', { since: '6.6' }),
    refusedUntried('permission to use AMX', 'ARCH_REQ_XCOMP_PERM ARCH_REQ_XCOMP_GUEST_PERM'),
    refusedUntried('tags in addresses (LAM)', 'ARCH_ENABLE_TAGGED_ADDR ARCH_FORCE_TAGGED_SVA', { since: '6.4' }),
    declared('`/proc/PID/exe` is the image', 'PR_SET_MM_EXE_FILE'),
    declared(
      'User, groups, capabilities, securebits',
      'PR_SET_SECUREBITS PR_CAPBSET_DROP PR_CAP_AMBIENT PR_CAP_AMBIENT_*',
    ),
    declared(
      'What the kernel does against speculation',
      'PR_SET_SPECULATION_CTRL PR_SPEC_* PR_SCHED_CORE PR_SCHED_CORE_*',
    ),
    declared('Names of anonymous memory', 'PR_SET_VMA PR_SET_VMA_ANON_NAME'),
    declared('`PR_SET_PTRACER`', 'PR_SET_PTRACER PR_SET_PTRACER_ANY'),
    declared('`PR_SET_IO_FLUSHER`', 'PR_SET_IO_FLUSHER'),
    declared('`PR_FUTEX_HASH`', 'PR_FUTEX_HASH PR_FUTEX_HASH_*', { since: '6.16' }),
    declared('`PR_RSEQ_SLICE_EXTENSION`', 'PR_RSEQ_SLICE_*', { since: '7.0' }),
    stateless(
      ASKS,
      `PR_GET_PDEATHSIG PR_GET_DUMPABLE PR_GET_KEEPCAPS PR_GET_NAME PR_GET_SECCOMP PR_CAPBSET_READ PR_GET_TSC PR_GET_SECUREBITS
      PR_GET_TIMERSLACK PR_MCE_KILL_GET PR_GET_CHILD_SUBREAPER PR_GET_NO_NEW_PRIVS PR_GET_TID_ADDRESS PR_GET_THP_DISABLE
      PR_GET_SPECULATION_CTRL PR_GET_IO_FLUSHER PR_GET_TIMING ARCH_GET_FS ARCH_GET_GS ARCH_GET_CPUID ARCH_GET_XCOMP_SUPP
      ARCH_GET_XCOMP_PERM ARCH_GET_XCOMP_GUEST_PERM`,
    ),
    stateless(
      ASKS,
      'PR_GET_AUXV PR_GET_MEMORY_MERGE PR_GET_MDWE PR_THP_DISABLE_* ARCH_GET_UNTAG_MASK ARCH_GET_MAX_TAG_BITS',
      { since: '6.3' },
    ),
    stateless('maps the vdso, as a mapping is carried', 'ARCH_MAP_VDSO_*'),
    stateless('switches counters, whose descriptors are refused', 'PR_TASK_PERF_EVENTS_*'),
    stateless('the kernel takes one value only', 'PR_SET_TIMING PR_TIMING_*'),
    stateless('the kernel has it no more', 'PR_MPX_*'),
    stateless(
      ELSEWHERE,
      `PR_GET_UNALIGN PR_SET_UNALIGN PR_UNALIGN_* PR_GET_FPEMU PR_SET_FPEMU PR_FPEMU_* PR_GET_FPEXC PR_SET_FPEXC PR_FP_*
      PR_GET_ENDIAN PR_SET_ENDIAN PR_ENDIAN_* PR_SET_FP_MODE PR_GET_FP_MODE PR_SVE_* PR_SME_* PR_PAC_* PR_MTE_*
      PR_SET_TAGGED_ADDR_CTRL PR_GET_TAGGED_ADDR_CTRL PR_TAGGED_ADDR_ENABLE`,
    ),
    stateless(ELSEWHERE, 'PR_RISCV_* PR_PPC_* PR_PMLEN_* PR_*_SHADOW_STACK_STATUS PR_SHADOW_STACK_* PR_CFI_*', {
      since: '6.4',
    }),
  ],
};
