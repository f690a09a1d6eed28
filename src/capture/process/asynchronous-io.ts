/** How programs are started without asynchronous I/O of the kernel, which cannot be carried: io_uring(7), io_setup(2). */
const SWITCHES = [
  'node: UV_USE_IO_URING=0', // docs.libuv.org, guide, "Filesystem"
  'QEMU: aio=threads', // qemu-system-x86_64(1), -drive
  'MariaDB, MySQL: innodb_use_native_aio=OFF', // their manuals, InnoDB system variables
  'PostgreSQL: io_method=worker', // its manual, 18, "Resource Consumption"
] as const;

export const ASYNCHRONOUS_IO_HINT = `start the program without it (${SWITCHES.join('; ')}), or see docs/limits.md`;
