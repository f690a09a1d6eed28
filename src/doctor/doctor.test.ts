import { describe, expect, it } from 'vitest';
import { PLAIN } from '../cli/terminal.ts';
import { diagnose, printDiagnosis } from './doctor.ts';
import { thisHost } from './host.ts';
import type { Host } from './row.ts';

const STATUS = [
  'Name:\tnode', 'Umask:\t0022', 'State:\tR (running)', 'Tgid:\t7', 'Pid:\t7', 'PPid:\t1', 'TracerPid:\t0', 'Uid:\t1\t1\t1\t1',
  'Gid:\t1\t1\t1\t1', 'Groups:\t', 'NSpid:\t7', 'Threads:\t1', 'SigPnd:\t0', 'ShdPnd:\t0', 'SigBlk:\t0', 'SigIgn:\t0',
  'SigCgt:\t0', 'CapInh:\t0', 'CapPrm:\t0', 'CapEff:\t0', 'CapBnd:\t0', 'CapAmb:\t0', 'NoNewPrivs:\t0', 'Seccomp:\t0', 'Cpus_allowed_list:\t0-1', '',
].join('\n'); // prettier-ignore

const FILES: Readonly<Record<string, string>> = {
  '/proc/self/status': STATUS,
  '/proc/self/maps': '1000-2000 ---p 00000000 00:00 0 \n',
  '/proc/self/limits':
    'Limit  Soft Limit  Hard Limit  Units\nMax file size             unlimited            unlimited            bytes\n',
  '/proc/sys/vm/max_map_count': '65530\n',
  '/proc/sys/vm/overcommit_memory': '0\n',
  '/proc/sys/kernel/randomize_va_space': '2\n',
  '/proc/1/stat': '1 (init) S',
};

/** A host on which everything works, but for what `changes` say. */
function hostWith(changes: Partial<Host> = {}, files: Readonly<Record<string, string | undefined>> = {}): Host {
  const all = { ...FILES, ...files };
  return {
    text: (path) => all[path],
    call: (name) => Promise.resolve(name === 'ptrace' ? -3 : 0),
    readOwnMemory: () => true,
    whyNotRun: () => undefined,
    nameless: () => undefined,
    directory: '/home/me',
    arch: 'x64',
    nodeVersion: 'v22.1.0',
    release: '6.12.1-arch1',
    pid: 7,
    ...changes,
  };
}

const printed = async (host: Host) => printDiagnosis(await diagnose(host), PLAIN).join('\n');

it('a host on which everything works says so', async () => {
  expect(await printed(hostWith())).toMatchInlineSnapshot(`
    "✓ architecture               x86-64
    ✓ Node.js                    v22.1.0
    ✓ kernel                     6.12.1-arch1
    ✓ system calls               koffi is loaded
    ✓ ptrace                     processes of the same user
    ✓ memory of others           forced reads of /proc/PID/mem work
    ✓ CONFIG_CHECKPOINT_RESTORE  prctl(PR_SET_MM) works
    ✓ kcmp                       works
    ✓ output directory           O_TMPFILE works in /home/me
    ✓ running images             a program runs in /home/me
    ✓ i386 programs              a 32-bit program runs
    ✓ mappings                   vm.max_map_count 65530
    ✓ overcommit                 vm.overcommit_memory 0
    ✓ resource limits            file size, address space and data size are unlimited
    ✓ address randomisation      kernel.randomize_va_space 2
    ✓ namespaces                 the pids are those that /proc here shows

    Processes can be frozen here, and images run."
  `);
});

it('a host on which nothing works says what to do', async () => {
  const nothing = hostWith(
    {
      call: (name) => Promise.resolve(name === 'prctl' ? -22 : -1),
      readOwnMemory: () => false,
      whyNotRun: () => 'EACCES',
      nameless: () => 'EOPNOTSUPP',
      arch: 'arm64',
      nodeVersion: 'v18.20.4',
      release: '4.19.0',
    },
    {
      '/proc/self/status': STATUS.replace('Seccomp:\t0', 'Seccomp:\t2'),
      '/proc/cmdline': 'ro proc_mem.force_override=never quiet\n',
      '/proc/sys/vm/max_map_count': '1000\n',
      '/proc/sys/vm/overcommit_memory': '2\n',
      '/proc/self/limits': 'Max file size             1048576              unlimited            bytes\n',
      '/proc/1/stat': undefined,
    },
  );
  expect(await printed(nothing)).toMatchInlineSnapshot(`
    "✗ architecture               arm64
        machine code for x86-64 and i386 is all there is
        → use an x86-64 machine and a Node.js for it
    ✗ Node.js                    v18.20.4
        older ones lack what elfreeze is written with
        → install Node.js 20.19 or newer
    ✗ kernel                     4.19.0
        what it does at exec and in ptrace was tried on Linux 5.10 to 7.3
        → boot Linux 5.10 or newer
    ✓ system calls               koffi is loaded
    ✗ ptrace                     a seccomp filter forbids it
        a process is stopped and asked by it
        → in a container: run it with --cap-add SYS_PTRACE or --security-opt seccomp=unconfined
    ✗ memory of others           proc_mem.force_override=never
        pages that a process itself may not read are carried too; freezing and running work without
        → boot with proc_mem.force_override=ptrace
    ✗ CONFIG_CHECKPOINT_RESTORE  prctl(PR_SET_MM) fails with error 22
        puts the program break back to the byte (prctl PR_SET_MM_MAP); freezing and running work without
        → freeze with --brk=layout, or use a kernel with CONFIG_CHECKPOINT_RESTORE: those of the distributions have it
    ✗ kcmp                       fails with error 1
        tells descriptors that share a position from those that do not
        → in a container: allow kcmp in its seccomp profile, or add CAP_SYS_PTRACE
    ✗ output directory           O_TMPFILE in /home/me: EOPNOTSUPP
        an image has no name until it is complete, so that nothing is left behind; freezing and running work without
        → choose a directory on ext4, xfs, btrfs or tmpfs with -o; elsewhere a SIGKILL may leave a .tmp file
    ✗ running images             a program in /home/me: EACCES
        an image is an executable
        → use a directory that can be written to and is not mounted noexec
    ✗ i386 programs              a 32-bit program: EACCES
        images of 32-bit processes run only where the kernel runs 32-bit programs; freezing and running work without
        → boot with ia32_emulation=1, or a kernel with CONFIG_IA32_EMULATION
    ✗ mappings                   vm.max_map_count 1000
        an image has as many mappings as its process, and some more while it starts; freezing and running work without
        → sysctl vm.max_map_count=65530, the default
    ✗ overcommit                 vm.overcommit_memory 2: large reservations are refused
        memory that a process reserved and never used is reserved again; freezing and running work without
        → sysctl vm.overcommit_memory=0 where images of Java, Go or Node.js run
    ✗ resource limits            file size 1048576
        an image is a large file, and starts with the limits of its caller; freezing and running work without
        → ulimit -f unlimited -v unlimited -d unlimited
    ✓ address randomisation      kernel.randomize_va_space 2
    ✗ namespaces                 /proc hides the processes of other users
        only processes that are visible in /proc here can be frozen; freezing and running work without
        → remount /proc with hidepid=0, or freeze only your own

    Freezing or running does not work here: see ✗."
  `);
});

describe('ptrace', () => {
  const answer = async (scope: string | undefined, capEff = '0') => {
    const files = {
      '/proc/sys/kernel/yama/ptrace_scope': scope,
      '/proc/self/status': STATUS.replace('CapEff:\t0', `CapEff:\t${capEff}`),
    };
    return (await diagnose(hostWith({}, files))).rows.find(({ name }) => name === 'ptrace')?.answer;
  };

  it.each([
    [undefined, '0', 'ok'],
    ['0\n', '0', 'ok'],
    ['1\n', '0', 'no'],
    ['1\n', '80000', 'ok'],
    ['2\n', '0', 'no'],
    ['2\n', '80000', 'ok'],
    ['3\n', '80000', 'no'],
  ])('with scope %j and capabilities %s: %s', async (scope, capEff, expected) => {
    expect(await answer(scope, capEff)).toBe(expected);
  });
});

it.each([
  ['v20.19.0', 'ok'],
  ['v20.18.9', 'no'],
  ['v19.99.0', 'no'],
  ['v24.0.0', 'ok'],
])('Node.js %s is %s', async (nodeVersion, expected) => {
  expect((await diagnose(hostWith({ nodeVersion }))).rows.find(({ name }) => name === 'Node.js')?.answer).toBe(
    expected,
  );
});

it.each([
  ['5.9.16', 'no'],
  ['5.10.223', 'ok'],
  ['7.3.4+deb13-amd64', 'ok'],
  ['7.4.0-rc1', 'unknown'],
])('Linux %s is %s', async (release, expected) => {
  expect((await diagnose(hostWith({ release }))).rows.find(({ name }) => name === 'kernel')?.answer).toBe(expected);
});

it('only a needed no makes the diagnosis bad', async () => {
  expect((await diagnose(hostWith({ nameless: () => 'EOPNOTSUPP' }))).ok).toBe(true);
  expect((await diagnose(hostWith({ arch: 'arm64' }))).ok).toBe(false);
});

it('this host answers every question', async () => {
  const { rows } = await diagnose(thisHost('/tmp'));
  expect(rows.filter(({ detail }) => detail === '')).toEqual([]);
  expect(rows.find(({ name }) => name === 'architecture')?.answer).toBe('ok');
});
