/** System calls that are made in a target or by an image: x86-64 and i386 numbers. @source arch/x86/entry/syscalls/syscall_{64,32}.tbl */
export const SYSCALLS = {
  read: [0, 3],
  write: [1, 4],
  close: [3, 6],
  mmap: [9, 192], // i386: mmap2, offset in pages
  mprotect: [10, 125],
  munmap: [11, 91],
  brk: [12, 45],
  rt_sigaction: [13, 174],
  rt_sigprocmask: [14, 175],
  rt_sigreturn: [15, 173],
  mremap: [25, 163],
  madvise: [28, 219],
  dup2: [33, 63],
  nanosleep: [35, 162],
  getitimer: [36, 105],
  setitimer: [38, 104],
  getpid: [39, 20],
  clone: [56, 120],
  execve: [59, 11],
  wait4: [61, 114],
  kill: [62, 37],
  fcntl: [72, 221], // i386: fcntl64
  chdir: [80, 12],
  getpgid: [121, 132],
  umask: [95, 60],
  sigaltstack: [131, 186],
  capget: [125, 184],
  capset: [126, 185],
  personality: [135, 136],
  setpriority: [141, 97],
  sched_setscheduler: [144, 156],
  sched_setaffinity: [203, 241],
  ioprio_set: [251, 289],
  mlock: [149, 150],
  mseal: [462, 462],
  prctl: [157, 172],
  arch_prctl: [158, 384],
  set_thread_area: [205, 243],
  set_tid_address: [218, 258],
  restart_syscall: [219, 0],
  modify_ldt: [154, 123],
  clock_nanosleep: [230, 267],
  exit_group: [231, 252],
  openat: [257, 295],
  lseek: [8, 140], // i386: _llseek(fd, high, low, result, whence)
  set_robust_list: [273, 311],
  get_robust_list: [274, 312],
  rt_sigqueueinfo: [129, 178],
  rt_tgsigqueueinfo: [297, 335],
  dup3: [292, 330],
  pipe2: [293, 331],
  timer_create: [222, 259],
  timer_settime: [223, 409], // i386: timer_settime64, timer_gettime64, Linux 5.1
  timer_gettime: [224, 408],
  timer_delete: [226, 263],
  prlimit64: [302, 340],
  statx: [332, 383],
  rseq: [334, 386],
  membarrier: [324, 375],
  landlock_create_ruleset: [444, 444],
  landlock_restrict_self: [446, 446],
  close_range: [436, 436],
  memfd_create: [319, 356],
  ftruncate: [77, 194],
  ioctl: [16, 54],
  flock: [73, 143],
  pwrite64: [18, 181],
  fchmod: [91, 94],
  fchown: [93, 207], // i386: fchown32
  utimensat: [280, 412], // i386: utimensat_time64, Linux 5.1
  fchmodat: [268, 306],
  unlinkat: [263, 301],
  // i386: the calls of Linux 5.1, without ipc(2)
  shmget: [29, 395],
  shmat: [30, 397],
  shmctl: [31, 396],
  // i386: the calls of Linux 4.3, without socketcall(2)
  socket: [41, 359],
  socketpair: [53, 360],
  bind: [49, 361],
  connect: [42, 362],
  listen: [50, 363],
  accept4: [288, 364],
  setsockopt: [54, 366],
  getsockname: [51, 367],
  sendto: [44, 369],
  shutdown: [48, 373],
  epoll_create1: [291, 329],
  epoll_ctl: [233, 255],
  eventfd2: [290, 328],
  mlock2: [325, 376],
  inotify_add_watch: [254, 292],
  inotify_init1: [294, 332],
  signalfd4: [289, 327],
  timerfd_create: [283, 322],
  timerfd_settime: [286, 411], // i386: timerfd_settime64, Linux 5.1
} as const satisfies Record<string, readonly [number, number]>;

export type SyscallName = keyof typeof SYSCALLS;

/** One column of the table. */
export function syscallColumn(column: 0 | 1): Record<SyscallName, number> {
  return Object.fromEntries(Object.entries(SYSCALLS).map(([name, row]) => [name, row[column]])) as Record<
    SyscallName,
    number
  >;
}
