import { type Area, carried, declared, refused, refusedUntried, stateless } from './row.ts';

const CREDENTIALS = 'User, groups, capabilities, securebits';

/** What a process has from each system call afterwards. */
export const CALLS: Area = {
  title: 'System calls',
  lists: [{ header: 'asm/unistd_64.h', names: /^#define\s+__NR_(\w+)/gm }],
  groups: [
    carried('brk-unaligned brk-grow-after', 'brk'),
    carried('prot-variety mremap-grow madvise-flags', 'mmap mprotect munmap mremap madvise remap_file_pages'),
    carried('mlock mlock-later', 'mlock mlock2 mlockall munlock munlockall'),
    carried('memory-sealed', 'mseal', { since: '6.10' }),
    carried('sysv-memory', 'shmget shmat shmdt shmctl'),
    carried('memfd memfd-seals', 'memfd_create'),
    carried(
      'signal-handler signal-mask signal-pending signal-altstack',
      'rt_sigaction rt_sigprocmask rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack kill tkill tgkill',
    ),
    carried('frozen-inside-handler', 'rt_sigreturn'),
    carried('itimer itimer-virtual alarm-left', 'setitimer getitimer alarm'),
    carried(
      'posix-timers posix-timer-of-thread posix-timer-waiting',
      'timer_create timer_settime timer_gettime timer_delete',
    ),
    declared('What a POSIX timer has missed', 'timer_getoverrun'),
    carried(
      'sleep-restart poll-restart select-restart ppoll-restart pause-restart sigsuspend-restart read-restart',
      'nanosleep clock_nanosleep poll ppoll select pselect6 pause rt_sigsuspend restart_syscall read',
    ),
    declared(
      'A wait with a limit',
      'rt_sigtimedwait semtimedop epoll_wait epoll_pwait epoll_pwait2 io_getevents io_pgetevents',
    ),
    carried('file-offset file-append file-flags', 'open openat openat2 creat lseek close close_range'),
    carried('file-dup-shares-offset', 'dup dup2 dup3'),
    carried('file-flags flags-set-later file-lock file-lock-open', 'fcntl'),
    carried('file-flock', 'flock'),
    carried('directory-fd directory-fd-position', 'getdents getdents64'),
    carried('pipe-contents pipe-packets', 'pipe pipe2 tee splice vmsplice'),
    carried('eventfd', 'eventfd eventfd2'),
    carried('signalfd', 'signalfd signalfd4'),
    carried('timerfd', 'timerfd_create timerfd_settime timerfd_gettime'),
    carried('epoll', 'epoll_create epoll_create1 epoll_ctl'),
    carried('inotify', 'inotify_init inotify_init1 inotify_add_watch inotify_rm_watch'),
    carried(
      'inet-sockets unix-pair unix-listening',
      'socket socketpair bind listen connect accept accept4 getsockname getpeername',
    ),
    carried('socket-options', 'setsockopt getsockopt'),
    carried('socket-shutdown', 'shutdown'),
    carried('cwd', 'chdir fchdir getcwd'),
    carried('umask', 'umask'),
    carried('threads-basic', 'clone clone3 exit set_tid_address'),
    carried('robust-list-single threads-robust-mutex', 'set_robust_list get_robust_list'),
    carried('threads-futex-wait', 'futex futex_waitv'),
    carried('threads-futex-wait', 'futex_wait futex_wake futex_requeue', { since: '6.7' }),
    carried('rseq', 'rseq'),
    carried('membarrier', 'membarrier'),
    carried('segment-bases', 'arch_prctl set_thread_area get_thread_area'),
    carried('prctl-settings', 'prctl'),
    carried('personality-flags', 'personality'),
    carried('rlimits', 'setrlimit getrlimit prlimit64'),
    carried(
      'nice-value threads-names scheduling-reset-on-fork',
      'setpriority getpriority sched_setscheduler sched_setparam sched_setattr sched_setaffinity',
    ),
    carried('io-priority', 'ioprio_set ioprio_get'),
    carried('process-name environment-args', 'execve execveat'),
    refused('child child-ended', 'fork vfork'),
    refused('unshared-thread namespace-thread pid-namespace', 'unshare setns'),
    refused('ldt', 'modify_ldt'),
    refused('chroot', 'chroot'),
    refused('tracer', 'ptrace'),
    refused('seccomp', 'seccomp'),
    refused('landlock landlock-thread', 'landlock_create_ruleset landlock_add_rule landlock_restrict_self'),
    refused('aio', 'io_setup io_submit io_cancel io_destroy'),
    refused('io-uring', 'io_uring_setup io_uring_enter io_uring_register'),
    refused('userfaultfd userfault-memory', 'userfaultfd'),
    refused('fanotify', 'fanotify_init fanotify_mark'),
    refused('pidfd', 'pidfd_open pidfd_getfd'),
    refused('message-queue', 'mq_open mq_notify mq_getsetattr'),
    refused('secret-file secret-memory', 'memfd_secret'),
    refused('protection-key protection-key-memory', 'pkey_alloc pkey_free pkey_mprotect'),
    refused('shadow-stack', 'map_shadow_stack', { since: '6.6' }),
    refusedUntried('`anon_inode:[…]`', 'perf_event_open bpf fsopen fspick open_tree fsmount'),
    declared(CREDENTIALS, 'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset'),
    declared(
      'Pid, parent, process group, session, controlling terminal',
      'getpid gettid getppid setpgid setsid vhangup',
    ),
    declared('keyrings', 'add_key request_key keyctl'),
    declared('memory policy', 'mbind set_mempolicy set_mempolicy_home_node'),
    declared('I/O port permissions', 'iopl ioperm'),
    declared('System V semaphore undo values', 'semop'),
    declared('CPU time used starts at zero', 'times getrusage'),
    declared('`posix_fadvise`', 'fadvise64'),
    declared('`PR_RSEQ_SLICE_EXTENSION`', 'rseq_slice_yield', { since: '7.0' }),
    stateless(
      'asks',
      `stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat mincore uname gettimeofday time sysinfo
      getuid getgid geteuid getegid getgroups getresuid getresgid getpgid getpgrp getsid capget rt_sigpending sched_getparam
      sched_getscheduler sched_getattr sched_getaffinity sched_get_priority_max sched_get_priority_min sched_rr_get_interval getcpu clock_gettime clock_getres
      getrandom kcmp getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr get_mempolicy name_to_handle_at lookup_dcookie ustat sysfs semctl`,
    ),
    stateless(
      'asks',
      'cachestat statmount listmount listns lsm_get_self_attr lsm_list_modules getxattrat listxattrat file_getattr',
      { since: '6.5' },
    ),
    stateless(
      'acts at once',
      `write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 sendfile copy_file_range sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg
      fsync fdatasync sync syncfs sync_file_range msync truncate ftruncate fallocate readahead sched_yield exit_group wait4 waitid
      process_vm_readv process_vm_writev process_madvise process_mrelease move_pages migrate_pages pidfd_send_signal ioctl
      mq_timedsend mq_timedreceive mq_unlink msgget msgsnd msgrcv msgctl semget syslog`,
    ),
    stateless(
      'changes what outlives the process',
      `rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat mknod mknodat chmod fchmod fchmodat chown fchown lchown fchownat
      utime utimes utimensat futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr open_by_handle_at
      mount umount2 pivot_root move_mount fsconfig mount_setattr swapon swapoff reboot sethostname setdomainname init_module finit_module delete_module
      quotactl quotactl_fd kexec_load kexec_file_load acct adjtimex clock_adjtime settimeofday clock_settime`,
    ),
    stateless(
      'changes what outlives the process',
      'fchmodat2 setxattrat removexattrat open_tree_attr file_setattr lsm_set_self_attr',
      { since: '6.6' },
    ),
    stateless('makes code run in another place', 'uretprobe uprobe', { since: '6.11' }),
    stateless(
      'the kernel has it no more',
      `uselib _sysctl create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg afs_syscall tuxcall security epoll_ctl_old epoll_wait_old vserver`,
    ),
  ],
};
