import { type Area, carried, declared, defines, refused, stateless } from './row.ts';

const ASKS = 'asks';
const OPENING = 'means something only while a file is opened';

export const FILES: Area = {
  title: 'open(2), fcntl(2), flock(2), memfd_create(2)',
  lists: [
    defines('linux/fcntl.h', 'F_|DN_'),
    defines('asm-generic/fcntl.h', 'F_|O_|FD_|LOCK_', /^F_LINUX_SPECIFIC_BASE$/),
    defines('linux/memfd.h', 'MFD_'),
  ],
  groups: [
    carried(
      'file-flags flags-set-later',
      'F_SETFD FD_CLOEXEC F_SETFL O_ACCMODE O_RDONLY O_WRONLY O_RDWR O_NONBLOCK O_NDELAY O_DSYNC O_SYNC O_CLOEXEC O_NOFOLLOW O_NOATIME',
    ),
    carried('file-append', 'O_APPEND'),
    carried('pipe-packets', 'O_DIRECT'),
    carried('directory-fd', 'O_DIRECTORY'),
    carried('path-descriptors', 'O_PATH'),
    carried('file-unnamed', 'O_TMPFILE'),
    carried('file-offset', 'O_LARGEFILE'),
    carried('file-dup-shares-offset', 'F_DUPFD F_DUPFD_CLOEXEC'),
    carried('file-lock', 'F_SETLK F_SETLKW F_SETLK64 F_SETLKW64 F_RDLCK F_WRLCK F_UNLCK'),
    carried('file-lock-open', 'F_OFD_SETLK F_OFD_SETLKW'),
    carried('file-flock', 'LOCK_SH LOCK_EX LOCK_NB LOCK_UN'),
    carried('pipe-nonblock fifo', 'F_SETPIPE_SZ'),
    carried('memfd-seals', 'F_ADD_SEALS F_SEAL_* MFD_ALLOW_SEALING'),
    carried('memfd-seals', 'F_SEAL_EXEC MFD_NOEXEC_SEAL MFD_EXEC', { since: '6.3' }),
    carried('memfd', 'MFD_CLOEXEC'),
    refused('memfd-huge', 'MFD_HUGETLB MFD_HUGE_*'),
    refused('lease file-lease', 'F_SETLEASE'),
    refused('file-lease', 'F_SETDELEG', { since: '6.19' }),
    refused('directory-signals', 'F_NOTIFY DN_*'),
    carried('descriptor-signals', 'F_OWNER_TID F_OWNER_PID'),
    refused('async-foreign', 'F_OWNER_PGRP'),
    declared('`F_SETOWN` and `F_SETSIG` of a descriptor without `O_ASYNC`', 'F_SETOWN F_SETOWN_EX F_SETSIG'),
    declared('`F_SET_RW_HINT`', 'F_SET_RW_HINT F_SET_FILE_RW_HINT'),
    stateless(OPENING, 'O_CREAT O_EXCL O_NOCTTY O_TRUNC'),
    stateless(
      ASKS,
      'F_GETFD F_GETFL F_GETLK F_GETLK64 F_OFD_GETLK F_GETOWN F_GETOWN_EX F_GETOWNER_UIDS F_GETSIG F_GETLEASE F_GETPIPE_SZ F_GET_SEALS F_GET_RW_HINT F_GET_FILE_RW_HINT',
    ),
    stateless(ASKS, 'F_DUPFD_QUERY F_CREATED_QUERY F_GETDELEG', { since: '6.10' }),
    stateless('only the kernel uses it', 'F_CANCELLK F_EXLCK F_SHLCK'),
    stateless('the kernel has it no more', 'LOCK_MAND LOCK_READ LOCK_WRITE LOCK_RW'),
  ],
};
