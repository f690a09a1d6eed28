import { type Area, carried, declared, refused, stateless } from './row.ts';

const CREDENTIALS = 'User, groups, capabilities, securebits';
const NAMESPACES = 'namespaces, cgroup';
const SHOWN = 'shows what has a row elsewhere';
const COUNTS = 'counts what has happened';
const IDS = 'Pid, parent, process group, session, controlling terminal';

/** @source proc_pid(5) */
export const PROC_FILES: Area = {
  title: 'Files of /proc/PID',
  lists: [],
  groups: [
    carried('environment-args', 'auxv cmdline environ'),
    carried('process-name', 'comm'),
    carried('cwd', 'cwd'),
    carried('rlimits', 'limits'),
    carried('oom-score', 'oom_score_adj oom_adj oom_score'),
    carried('personality-flags', 'personality'),
    carried('prctl-settings', 'timerslack_ns'),
    carried('posix-timers', 'timers'),
    carried('file-offset', 'fd fdinfo'),
    carried('prot-variety many-mappings', 'maps map_files smaps smaps_rollup mem pagemap'),
    carried('sleep-restart', 'syscall'),
    refused('chroot', 'root'),
    refused('child child-ended', 'children'),
    declared('`/proc/PID/exe` is the image', 'exe'),
    declared('core dump filter', 'coredump_filter'),
    declared('`/proc/PID/loginuid`', 'loginuid sessionid'),
    declared('security labels', 'attr'),
    declared(
      NAMESPACES,
      'ns cgroup cpuset uid_map gid_map projid_map setgroups timens_offsets mountinfo mounts mountstats net',
    ),
    declared('memory policy', 'numa_maps'),
    declared('`/proc/PID/autogroup`', 'autogroup'),
    declared('soft-dirty', 'clear_refs'),
    stateless(SHOWN, 'stat statm status task arch_status'),
    stateless(COUNTS, 'io sched schedstat ksm_merging_pages ksm_stat stack wchan'),
    stateless('of kernels for tests', 'fail-nth make-it-fail patch_state latency seccomp_cache stack_depth'),
  ],
};

/** @source proc_pid_status(5) */
export const STATUS_FIELDS: Area = {
  title: 'Lines of /proc/PID/status',
  lists: [],
  groups: [
    carried('process-name', 'Name'),
    carried('umask', 'Umask'),
    carried('job-control-stop', 'State'),
    carried('signal-pending threads-signal-masks', 'SigPnd ShdPnd SigQ'),
    carried('signal-mask', 'SigBlk'),
    carried('signal-ignored', 'SigIgn'),
    carried('signal-handler', 'SigCgt'),
    carried('prctl-settings', 'NoNewPrivs THP_enabled'),
    carried('mlock mlock-later', 'VmLck'),
    carried('threads-names', 'Cpus_allowed Cpus_allowed_list'),
    carried('threads-basic', 'Threads'),
    carried(
      'prot-variety',
      'VmSize VmData VmStk VmExe VmLib VmRSS RssAnon RssFile RssShmem VmPeak VmHWM VmPTE VmPMD VmSwap',
    ),
    refused('ids-apart ids-thread', 'Uid Gid'),
    refused('more-capabilities fewer-capabilities', 'CapPrm CapEff CapBnd CapAmb'),
    refused('seccomp', 'Seccomp Seccomp_filters'),
    refused('hugetlb-mapping', 'HugetlbPages'),
    refused('shadow-stack', 'x86_Thread_features x86_Thread_features_locked'),
    declared('tags in addresses (LAM)', 'untag_mask'),
    declared(CREDENTIALS, 'Groups CapInh'),
    declared(IDS, 'Tgid Pid PPid NStgid NSpid NSpgid NSsid'),
    declared('What the kernel does against speculation', 'Speculation_Store_Bypass SpeculationIndirectBranch'),
    declared('memory policy', 'Mems_allowed Mems_allowed_list'),
    stateless('of its tracer, its dump, or its place', 'TracerPid CoreDumping FDSize Ngid Kthread VmPin'),
    stateless(COUNTS, 'voluntary_ctxt_switches nonvoluntary_ctxt_switches'),
  ],
};
