import { no, ok, type Probe, unknown } from './row.ts';
import { ownStatus, probeMemory, probePtrace } from './trace-probes.ts';

const ENOSYS = -38;
const EBADF = -9;
const PR_SET_MM = 35;
const PR_SET_MM_MAP_SIZE = 15;
const KCMP_FILE = 0;

/** Every question, in the order in which it is printed. */
export const PROBES: readonly Probe[] = [
  {
    name: 'architecture',
    why: 'machine code for x86-64 and i386 is all there is',
    needed: true,
    probe: ({ arch }) => (arch === 'x64' ? ok('x86-64') : no(arch, 'use an x86-64 machine and a Node.js for it')),
  },
  {
    name: 'Node.js',
    why: 'older ones lack what elfreeze is written with',
    needed: true,
    probe: ({ nodeVersion }) =>
      atLeast(nodeVersion, [20, 19]) ? ok(nodeVersion) : no(nodeVersion, 'install Node.js 20.19 or newer'),
  },
  {
    name: 'kernel',
    why: 'what it does at exec and in ptrace was tried on Linux 5.10 to 7.3',
    needed: true,
    probe: ({ release }) => {
      if (!atLeast(release, [5, 10])) return no(release, 'boot Linux 5.10 or newer');
      return atLeast(release, [7, 4]) ? unknown(`${release}: newer than what was tried`) : ok(release);
    },
  },
  {
    name: 'system calls',
    why: 'ptrace is reached through the npm package koffi, a shared library',
    needed: true,
    probe: async (host) =>
      (await host.call('kcmp', host.pid, host.pid, KCMP_FILE, 0, 0)) === undefined
        ? no(
            'koffi cannot be loaded',
            'run npm install again where elfreeze is installed; it needs glibc or musl on x86-64',
          )
        : ok('koffi is loaded'),
  },
  {
    name: 'ptrace',
    why: 'a process is stopped and asked by it',
    needed: true,
    probe: probePtrace,
  },
  {
    name: 'memory of others',
    why: 'pages that a process itself may not read are carried too',
    needed: false,
    probe: probeMemory,
  },
  {
    name: 'CONFIG_CHECKPOINT_RESTORE',
    why: 'puts the program break back to the byte (prctl PR_SET_MM_MAP)',
    needed: false,
    probe: async ({ call }) => {
      const result = await call('prctl', PR_SET_MM, PR_SET_MM_MAP_SIZE, new Uint8Array(8), 0, 0);
      if (result === undefined) return unknown('no system call can be made');
      return result === 0
        ? ok('prctl(PR_SET_MM) works')
        : no(
            `prctl(PR_SET_MM) fails with error ${-result}`,
            'freeze with --brk=layout, or use a kernel with CONFIG_CHECKPOINT_RESTORE: those of the distributions have it',
          );
    },
  },
  {
    name: 'kcmp',
    why: 'tells descriptors that share a position from those that do not',
    needed: true,
    probe: async ({ call, pid }) => {
      const result = await call('kcmp', pid, pid, KCMP_FILE, 0, 0);
      if (result === undefined) return unknown('no system call can be made');
      if (result >= 0 || result === EBADF) return ok('works'); // without a stdin there is nothing to compare
      return result === ENOSYS
        ? no('the kernel has none', 'use a kernel with CONFIG_KCMP or CONFIG_CHECKPOINT_RESTORE')
        : no(`fails with error ${-result}`, 'in a container: allow kcmp in its seccomp profile, or add CAP_SYS_PTRACE');
    },
  },
  {
    name: 'output directory',
    why: 'an image has no name until it is complete, so that nothing is left behind',
    needed: false,
    probe: ({ nameless, directory }) => {
      const error = nameless();
      return error === undefined
        ? ok(`O_TMPFILE works in ${directory}`)
        : no(
            `O_TMPFILE in ${directory}: ${error}`,
            'choose a directory on ext4, xfs, btrfs or tmpfs with -o; elsewhere a SIGKILL may leave a .tmp file',
          );
    },
  },
  {
    name: 'running images',
    why: 'an image is an executable',
    needed: true,
    probe: ({ whyNotRun, directory }) => {
      const why = whyNotRun(64);
      if (why === undefined) return ok(`a program runs in ${directory}`);
      return no(
        `a program in ${directory}: ${why}`,
        'use a directory that can be written to and is not mounted noexec',
      );
    },
  },
  {
    name: 'i386 programs',
    why: 'images of 32-bit processes run only where the kernel runs 32-bit programs',
    needed: false,
    probe: ({ whyNotRun }) => {
      const why = whyNotRun(32);
      if (why === undefined) return ok('a 32-bit program runs');
      return no(`a 32-bit program: ${why}`, 'boot with ia32_emulation=1, or a kernel with CONFIG_IA32_EMULATION');
    },
  },
  {
    name: 'mappings',
    why: 'an image has as many mappings as its process, and some more while it starts',
    needed: false,
    probe: ({ text }) => {
      const limit = text('/proc/sys/vm/max_map_count')?.trim();
      if (limit === undefined) return unknown('vm.max_map_count cannot be read');
      return Number(limit) >= 65530
        ? ok(`vm.max_map_count ${limit}`)
        : no(`vm.max_map_count ${limit}`, 'sysctl vm.max_map_count=65530, the default');
    },
  },
  {
    name: 'overcommit',
    why: 'memory that a process reserved and never used is reserved again',
    needed: false,
    probe: ({ text }) => {
      const mode = text('/proc/sys/vm/overcommit_memory')?.trim();
      if (mode === undefined) return unknown('vm.overcommit_memory cannot be read');
      return mode === '2'
        ? no(
            'vm.overcommit_memory 2: large reservations are refused',
            'sysctl vm.overcommit_memory=0 where images of Java, Go or Node.js run',
          )
        : ok(`vm.overcommit_memory ${mode}`);
    },
  },
  {
    name: 'resource limits',
    why: 'an image is a large file, and starts with the limits of its caller',
    needed: false,
    probe: ({ text }) => {
      const lines = text('/proc/self/limits')?.split('\n') ?? [];
      const tight = lines.flatMap((line) => {
        const [, name, soft] = /^Max (file size|address space|data size) +(\S+)/.exec(line) ?? [];
        return soft === undefined || soft === 'unlimited' ? [] : [`${name} ${soft}`];
      });
      if (lines.length === 0) return unknown('/proc/self/limits cannot be read');
      return tight.length === 0
        ? ok('file size, address space and data size are unlimited')
        : no(tight.join(', '), 'ulimit -f unlimited -v unlimited -d unlimited');
    },
  },
  {
    name: 'address randomisation',
    why: 'an image starts with it and without it; without it only for looking around',
    needed: false,
    probe: ({ text }) =>
      ok(`kernel.randomize_va_space ${text('/proc/sys/kernel/randomize_va_space')?.trim() ?? 'cannot be read'}`),
  },
  {
    name: 'namespaces',
    why: 'only processes that are visible in /proc here can be frozen',
    needed: false,
    probe: (host) => {
      const depth = ownStatus(host)?.nsPid.length ?? 1;
      if (host.text('/proc/1/stat') === undefined) {
        return no('/proc hides the processes of other users', 'remount /proc with hidepid=0, or freeze only your own');
      }
      return ok(
        depth > 1
          ? `pid namespace ${depth} deep: pids are those that are seen here`
          : 'the pids are those that /proc here shows',
      );
    },
  },
];

/** `v20.19.1`, `6.18.44-fc`: whether it is at least that. */
function atLeast(version: string, wanted: readonly number[]): boolean {
  const [, ...parts] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  for (const [i, want] of wanted.entries()) {
    const have = Number(parts[i] ?? 0);
    if (have !== want) return have > want;
  }
  return true;
}
