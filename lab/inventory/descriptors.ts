import { type Area, carried, declared, defines, refused, refusedUntried, stateless } from './row.ts';

const ASKS = 'asks';
const ACTS = 'acts at once';
const SETTINGS = 'TCSETS TCSETSW TCSETSF TCSETA TCSETAW TCSETAF TCSETS2 TCSETSW2 TCSETSF2 TCSETX TCSETXF TCSETXW';
const SERIAL = 'of serial lines, which are refused';

export const DESCRIPTOR_FLAGS: Area = {
  title: 'epoll(7), inotify(7), ioctl_tty(2)',
  lists: [
    defines('linux/eventpoll.h', 'EPOLL', /^EPOLL_(PACKED|URING_WAKE)$/),
    defines('linux/inotify.h', 'IN_|INOTIFY_'),
    defines('asm-generic/ioctls.h', 'TC|TIOC|FIO', /^TIOCPKT_|^TIOCSER_TEMT$/),
  ],
  groups: [
    carried(
      'epoll',
      'EPOLL_CTL_* EPOLLIN EPOLLPRI EPOLLOUT EPOLLERR EPOLLHUP EPOLLNVAL EPOLLRD* EPOLLWR* EPOLLMSG EPOLLONESHOT EPOLLET EPOLLEXCLUSIVE EPOLLWAKEUP',
    ),
    carried('flags-set-later', 'EPOLL_CLOEXEC IN_CLOEXEC IN_NONBLOCK FIONBIO FIOCLEX FIONCLEX'),
    refused('epoll-parameters', 'EPIOCSPARAMS', { since: '6.9' }),
    carried(
      'inotify inotify-all-events',
      'IN_ACCESS IN_MODIFY IN_ATTRIB IN_CLOSE* IN_OPEN IN_MOVE* IN_CREATE IN_DELETE* IN_UNMOUNT IN_ALL_EVENTS IN_EXCL_UNLINK IN_ONESHOT INOTIFY_IOC_SETNEXTWD',
    ),
    refused('inotify', 'IN_Q_OVERFLOW IN_IGNORED IN_ISDIR'),
    stateless('says only how a watch is added', 'IN_ONLYDIR IN_DONT_FOLLOW IN_MASK_CREATE IN_MASK_ADD'),
    carried('pty', `${SETTINGS} TIOCSWINSZ TIOCPKT TIOCSPTLCK`),
    carried('descriptor-signals', 'FIOASYNC'),
    refused('pty-exclusive', 'TIOCEXCL TIOCNXCL'),
    refused('pty-discipline', 'TIOCSETD'),
    refused('pty-waiting', 'TIOCSTI'),
    declared('Pid, parent, process group, session, controlling terminal', 'TIOCSCTTY TIOCNOTTY TIOCSPGRP'),
    declared('locked terminal settings', 'TIOCSLCKTRMIOS TCXONC'),
    stateless(
      ASKS,
      'TCGETS TCGETS2 TCGETA TCGETX TIOCGPGRP TIOCOUTQ TIOCGWINSZ FIONREAD TIOCINQ TIOCGETD TIOCGSID TIOCGPTN TIOCGDEV TIOCGPKT TIOCGPTLCK TIOCGEXCL TIOCGLCKTRMIOS FIOQSIZE TIOCGPTPEER',
    ),
    stateless(ACTS, 'TCSBRK TCSBRKP TCFLSH TIOCSBRK TIOCCBRK TIOCSIG TIOCVHANGUP TIOCCONS TIOCLINUX'),
    stateless(
      SERIAL,
      'TIOCM* TIOCGSOFTCAR TIOCSSOFTCAR TIOCGSERIAL TIOCSSERIAL TIOCGRS485 TIOCSRS485 TIOCGISO7816 TIOCSISO7816 TIOCSER* TIOCGICOUNT',
    ),
  ],
};

/** By what /proc/PID/fd shows of them. */
export const DESCRIPTORS: Area = {
  title: 'What descriptors lead to',
  lists: [],
  groups: [
    carried('file-offset file-grown-meanwhile directory-fd', 'a file; a directory'),
    carried('file-deleted file-unnamed memfd', 'a deleted file; a memfd'),
    carried('dev-null-zero-urandom', '/dev/null /dev/zero /dev/full /dev/random /dev/urandom'),
    carried('fifo', 'a FIFO;'),
    carried('pipe-contents pipe-nonblock pipe-opened-again', 'a pipe;'),
    carried('pty', 'a pseudo-terminal;'),
    carried('file-procfs', 'a file of procfs;'),
    carried('namespace-descriptors', 'a namespace of its own;'),
    carried('eventfd', 'anon_inode:[eventfd]'),
    carried('signalfd', 'anon_inode:[signalfd]'),
    carried('timerfd', 'anon_inode:[timerfd]'),
    carried('epoll', 'anon_inode:[eventpoll]'),
    carried('inotify', 'anon_inode:inotify'),
    refused('pidfd', 'anon_inode:[pidfd]'),
    refused('userfaultfd', 'anon_inode:[userfaultfd]'),
    refused('io-uring', 'anon_inode:[io_uring]'),
    refused('fanotify', 'anon_inode:[fanotify]'),
    refusedUntried(
      '`anon_inode:[…]`',
      'anon_inode:[perf_event] anon_inode:bpf-* anon_inode:kvm-* anon_inode:[landlock-ruleset] anon_inode:[fscontext] anon_inode:seccomp anon_inode:[sync_file]',
    ),
    refused('memfd-huge', 'a memfd of huge pages;'),
    refused('secret-file', 'secret memory;'),
    refused('message-queue', 'a message queue;'),
    refused('namespace-foreign', 'a namespace that it is not in;'),
    refused('procfs-foreign deleted-procfs', 'a file of procfs of another process;'),
    refused('kernel-log', 'another device;'),
    refused('pts-only pty-foreign', 'terminals of others;'),
    refused('pipe-foreign fifo-foreign memfd-foreign deleted-foreign', 'what others have open too;'),
    refused('deleted-directory', 'a deleted directory;'),
  ],
};

/** Lines of /proc/PID/fdinfo/N. @source proc_pid_fdinfo(5) */
export const FDINFO: Area = {
  title: 'Lines of /proc/PID/fdinfo',
  lists: [],
  groups: [
    carried('file-offset', 'pos'),
    carried('file-flags', 'flags'),
    carried('file-lock file-lock-open file-flock', 'lock'),
    carried('eventfd', 'eventfd-count eventfd-semaphore'),
    carried('signalfd', 'sigmask'),
    carried('timerfd timerfd-unread', 'clockid ticks it_value it_interval settime'),
    carried('epoll', 'tfd'),
    carried('inotify', 'inotify'),
    carried('pty', 'tty-index'),
    refused('descriptor-waiting', 'scm_fds'),
    refused('pidfd', 'Pid NSpid'),
    refused('fanotify', 'fanotify'),
    stateless("says where it is, and is another's afterwards", 'mnt_id ino eventfd-id size'),
  ],
};
