// What cannot be frozen, or not written there, is refused by name: the right code and status, one line, nothing left
// behind, and the target goes on.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { describe, expect, it } from 'vitest';
import { type ErrorCode } from '../../src/base/errors.ts';
import { ELFREEZE } from '../root.ts';
import { lookAt, processesOf, stateOf, until } from './processes.ts';
import { isFrom } from '../release.ts';
import { lacksArch } from '../i386.ts';
import { FLAVOURS } from './programs.ts';
import { type Called, refusalOf } from './refusal.ts';
import { Subject } from './subject.ts';

const ROOT = process.getuid?.() === 0;
const NOBODY = 65534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** Runs elfreeze, under other commands if need be. It inherits no pipe of ours but its own. */
function elfreeze(
  args: readonly string[],
  { under = [], cwd }: { under?: readonly string[]; cwd: string },
): Promise<Called> {
  const [command = '', ...rest] = [...under, process.execPath, ELFREEZE, ...args];
  const child = spawn(command, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (more: string) => (text[stream] += more));
  return new Promise((resolve, reject) =>
    child.once('error', reject).once('close', (status) => resolve({ status, ...text })),
  );
}

const flavour = FLAVOURS[1]!;

const SYMBOLS = readFileSync('/proc/kallsyms', 'latin1');
const CPU = readFileSync('/proc/cpuinfo', 'latin1');

/** What a machine may lack for a row, and what its skip says. */
const LACKS = {
  root: ROOT ? undefined : 'not root',
  i386: lacksArch('i386'),
  /** Of a 64-bit program that goes on in code of 32 bits: SIGSEGV at once, seen under PVM. */
  ia32: lacksArch('i386'),
  keys: /\bospke\b/.test(CPU) ? undefined : 'no protection keys (ospke in /proc/cpuinfo)',
  secret: /\bmemfd_secret\b|_sys_memfd_secret\b/.test(SYMBOLS) ? undefined : 'no memfd_secret in this kernel',
  epoll: isFrom(release(), '6.9') ? undefined : 'Linux before 6.9',
  urgent: isFrom(release(), '5.15') ? undefined : 'Linux before 5.15',
  landlock: /\blandlock_create_ruleset\b|_sys_landlock_create_ruleset\b/.test(SYMBOLS)
    ? undefined
    : 'no Landlock in this kernel',
  shadow: /\buser_shstk\b/.test(CPU) ? undefined : 'no shadow stacks (user_shstk in /proc/cpuinfo)',
} as const;

/** Things that a target holds: what holds.c calls it, and what the message says. */
const HELD: readonly (readonly [what: string, code: ErrorCode, says: RegExp, special?: keyof typeof LACKS])[] = [
  ['inotify', 'UNSUPPORTED', /fd 3 → .*inotify in which events wait/],
  ['pidfd', 'UNSUPPORTED', /fd 3 → .*pidfd/],
  ['io-uring', 'UNSUPPORTED', /fd 3 → anon_inode:\[io_uring\]/],
  ['fanotify', 'UNSUPPORTED', /fd 3 → anon_inode:\[fanotify\]/, 'root'],
  ['memfd-foreign', 'UNSUPPORTED', /fd 3 → memfd held that process \d+ has open too/],
  ['memfd-huge', 'UNSUPPORTED', /fd 3 → \/memfd:huge.*, of huge page/],
  ['deleted-foreign', 'UNSUPPORTED', /fd 3 → deleted file .*\/deleted that process \d+ has open too/],
  ['deleted-directory', 'UNSUPPORTED', /fd 3 → deleted file .*\/deleted/],
  ['aio', 'UNSUPPORTED', /mapping .* → a context of asynchronous I\/O/],
  ['memory-shared', 'UNSUPPORTED', /process \d+ → its memory, which process \d+ shares/],
  ['descriptors-shared', 'UNSUPPORTED', /process \d+ → its descriptors, which process \d+ shares/],
  ['directory-shared', 'UNSUPPORTED', /process \d+ → its working directory, which process \d+ shares/],
  ['pipe-foreign', 'UNSUPPORTED', /fd 3 → pipe:\[\d+\], whose other end process \d+ holds/],
  ['async-foreign', 'UNSUPPORTED', /fd 3 → pipe:\[\d+\] with O_ASYNC signals to another process/],
  ['pty-waiting', 'UNSUPPORTED', /fd 3 → pseudo-terminal .*ptmx, in which \d+ bytes wait/],
  ['pty-foreign', 'UNSUPPORTED', /fd 3 → pseudo-terminal .*ptmx, of which process \d+ has an end/],
  ['pts-only', 'UNSUPPORTED', /fd 3 → \/dev\/pts\/\d+, a terminal that is not the controlling one/],
  ['unix-path-taken', 'UNSUPPORTED', /fd 3 → UNIX socket socket, a path that another file has by now/],
  ['unix-path-taken-by-socket', 'UNSUPPORTED', /fd 3 → UNIX socket socket, a path that another file has by now/],
  ['unix-path-renamed', 'UNSUPPORTED', /fd 3 → UNIX socket socket, whose file is \/.*\/renamed by now/, 'root'],
  ['unix-directory-gone', 'UNSUPPORTED', /fd 3 → UNIX socket below\/socket, a path whose directory is gone/, 'root'],
  ['unix-peer-foreign', 'UNSUPPORTED', /fd 3 → UNIX socket connected to another process/],
  ['socket-foreign', 'UNSUPPORTED', /fd 3 → socket:\[\d+\], which process \d+ holds/],
  ['socket-error', 'UNSUPPORTED', /fd 3 → UDP socket .* with an error that was not read/],
  ['fifo-foreign', 'UNSUPPORTED', /fd 3 → .*\/fifo, whose other end process \d+ holds/],
  ['procfs-foreign', 'UNSUPPORTED', /fd 3 → \/proc\/\d+\/stat, a file of procfs that tells of another process/],
  ['namespace-foreign', 'UNSUPPORTED', /fd 3 → uts:\[\d+\], a namespace that the process is not in/, 'root'],
  ['pid-namespace', 'UNSUPPORTED', /process \d+ → another pid namespace for its children/, 'root'],
  ['namespace-thread', 'UNSUPPORTED', /thread \d+ → uts namespace of its own/, 'root'],
  ['ids-thread', 'UNSUPPORTED', /thread \d+ .*→ other user or group ids than the first thread's/, 'root'],
  ['tracer', 'UNSUPPORTED', /process \d+ → it traces process \d+ \(ptrace\)/, 'root'],
  ['directory-signals', 'UNSUPPORTED', /fd 3 → directory .* with signals for its changes/],
  ['pty-exclusive', 'UNSUPPORTED', /fd \d → pseudo-terminal .* in exclusive mode/],
  ['pty-discipline', 'UNSUPPORTED', /fd \d → pseudo-terminal .* of line discipline 27/],
  ['epoll-parameters', 'UNSUPPORTED', /fd 3 → .*eventpoll.* with parameters of its own/, 'epoll'],
  ['urgent-byte', 'UNSUPPORTED', /fd 3 → UNIX socket in which an urgent byte waits/, 'urgent'],
  ['secret-memory', 'UNSUPPORTED', /mapping .* → secret memory \(memfd_secret\)/, 'secret'],
  ['secret-file', 'UNSUPPORTED', /fd 3 → \/secretmem.*, of secret memory/, 'secret'],
  ['protection-key-memory', 'UNSUPPORTED', /mapping .* → memory under protection key 1/, 'keys'],
  ['protection-key', 'UNSUPPORTED', /process \d+ → protection keys \(pkey_alloc\)/, 'keys'],
  ['message-queue', 'UNSUPPORTED', /fd 3 → .*\/elfreeze-held.*, of a message queue/],
  ['alarm-clock', 'UNSUPPORTED', /fd 3 → .*timerfd.* that wakes the machine up/, 'root'],
  ['userfault-memory', 'UNSUPPORTED', /mapping .* → memory under userfaultfd/, 'root'],
  ['lease', 'UNSUPPORTED', /fd 3 → .*\/leased, which holds a lock/],
  ['connection-waiting', 'UNSUPPORTED', /fd 3 → TCP socket .*connection/],
  ['datagram-waiting', 'UNSUPPORTED', /fd 3 → UDP socket .*datagram/],
  ['descriptor-waiting', 'UNSUPPORTED', /fd 3 → UNIX socket .*descriptor/],
  ['packet-filter', 'UNSUPPORTED', /fd 3 → socket:\S+ with a packet filter/],
  ['packet-filter-long', 'UNSUPPORTED', /fd 3 → socket:\S+ with a packet filter/],
  ['packet-filter-ebpf', 'UNSUPPORTED', /fd 3 → socket:\S+ with a packet filter/, 'root'],
  ['datagram-begun', 'UNSUPPORTED', /fd 3 → UDP socket .*in which a datagram waits to be sent/],
  ['netlink', 'UNSUPPORTED', /fd 3 → socket:.*, of another kind/],
  ['kernel-log', 'UNSUPPORTED', /fd 3 → device \/dev\/kmsg/, 'root'],
  ['deleted-procfs', 'UNSUPPORTED', /fd 3 → .*procfs/],
  ['timer-other-process', 'UNSUPPORTED', /POSIX timer 0 of the CPU time of process \d+/],
  ['timer-high-id', 'UNSUPPORTED', /POSIX timer 1000001/],
  ['timer-ended-thread', 'UNSUPPORTED', /POSIX timer 0 for a thread that has ended/],
  ['timer-thread-time', 'UNSUPPORTED', /POSIX timer 0 of the CPU time of one of its threads/],
  ['seccomp', 'UNSUPPORTED', /a seccomp filter/],
  ['landlock', 'UNSUPPORTED', /process \d+ → restricted by Landlock/, 'landlock'],
  ['landlock-thread', 'UNSUPPORTED', /process \d+, thread \d+ → restricted by Landlock/, 'landlock'],
  ['dispatch', 'UNSUPPORTED', /thread \d+ → its system calls are dispatched to itself/],
  ['unshared-thread', 'UNSUPPORTED', /thread \d+ → working directory of its own/],
  ['ldt', 'UNSUPPORTED', /segments of its own/],
  ['other-width', 'UNSUPPORTED', /thread \d+ → code of 32 bits/, 'ia32'],
  ['other-width', 'UNSUPPORTED', /thread \d+ → code of 64 bits/, 'i386'],
  ['shadow-stack', 'UNSUPPORTED', /process \d+ .*→ a shadow stack/, 'shadow'],
  ['deadline', 'UNSUPPORTED', /scheduling policy SCHED_DEADLINE/, 'root'],
  ['ids-apart', 'UNSUPPORTED', /real, effective and saved user or group ids that differ/, 'root'],
  ['more-capabilities', 'UNSUPPORTED', /other capabilities than its user has/, 'root'],
  ['fewer-capabilities', 'UNSUPPORTED', /other capabilities than its user has/, 'root'],
  ['chroot', 'UNSUPPORTED', /its root directory \/.*\/inside \(chroot\)/, 'root'],
  ['memfd-mapping-foreign', 'UNSUPPORTED', /mapping \S+ → shared memory that process \d+ maps too/],
  ['sysv-kept', 'UNSUPPORTED', /mapping \S+ \/SYSV\S* .*→ System V shared memory that is not marked for removal/],
  ['sysv-foreign', 'UNSUPPORTED', /mapping \S+ \/SYSV\S* .*→ System V shared memory that others have attached too/],
  ['sysv-part', 'UNSUPPORTED', /mapping \S+ \/SYSV\S* .*→ System V shared memory of which only a part/],
  ['shared-foreign', 'UNSUPPORTED', /mapping .* → shared memory that process \d+ maps too/],
  ['hugetlb-mapping', 'UNSUPPORTED', /mapping .* → .*huge/],
  ['userfaultfd', 'UNSUPPORTED', /fd 3 → .*userfaultfd/, 'root'],
];

describe('a target that holds', () => {
  it.for(HELD)('%s is refused as %s', async ([what, code, says, special], { skip }) => {
    const lacking = special === undefined ? undefined : LACKS[special];
    skip(lacking !== undefined, lacking);
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const output = join(scratch.path, 'output');
    mkdirSync(output);
    await using target = await Subject.start({
      flavour: special === 'i386' ? FLAVOURS[3]! : flavour,
      kind: what,
      dir: scratch.path,
      program: 'holds',
      cwd: output,
    });
    const held = readdirSync(output);
    const called = await elfreeze(['freeze', String(target.pid), '-o', 'image'], { cwd: output });
    expect(refusalOf(called, code)).toMatch(says);
    expect(readdirSync(output)).toEqual(held);
    await target.settled();
    await target.poke('pause');
    expect(await target.finish()).toBe('ok');
    await target.gone();
    await scratch.cleanup();
  });

  it.for(['child', 'child-ended'])('%s is refused as UNSUPPORTED', async (what) => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour, kind: what, dir: scratch.path, program: 'holds' });
    const family = () => processesOf(target.name).map(({ pid, parent }) => ({ pid, parent }));
    const before = family();
    const called = await elfreeze(['freeze', String(target.pid), '-o', 'image'], { cwd: scratch.path });
    expect(refusalOf(called, 'UNSUPPORTED')).toMatch(/process \d+ → .*child/);
    expect(existsSync(join(scratch.path, 'image'))).toBe(false);
    expect(family()).toEqual(before);
    await target.poke('pause');
    expect(await target.finish()).toBe('ok');
    await target.gone();
    await scratch.cleanup();
  });
});

it('a process whose first thread has ended is refused as such', async () => {
  const scratch = await temporaryDirectory({ unsafeCleanup: true });
  await using target = await Subject.start({ flavour, kind: 'first-thread-gone', dir: scratch.path, program: 'holds' });
  const ended = (): true | undefined => stateOf(target.pid) === 'Z' || undefined;
  await until('without its first thread', ended, () => target.console());
  const called = await elfreeze(['freeze', String(target.pid), '-o', 'image'], { cwd: scratch.path });
  expect(refusalOf(called, 'UNSUPPORTED')).toMatch(/its first thread has ended, 1 go on/);
  expect(existsSync(join(scratch.path, 'image'))).toBe(false);
  target.signal('SIGKILL');
  await target.gone();
  await scratch.cleanup();
});

/** A target that could be frozen, and something else that cannot be. */
interface Scene {
  readonly target: Subject;
  readonly dir: string;
}

interface Row {
  readonly title: string;
  readonly code: ErrorCode;
  readonly says: RegExp;
  readonly root?: true;
  /** The target belongs to an unprivileged user. */
  readonly nobodys?: true;
  /** What freeze is called with. */
  readonly args: (scene: Scene) => readonly string[];
  readonly under?: (scene: Scene) => readonly string[];
  /** What else is made before, and what the output folder then holds. */
  readonly make?: (scene: Scene) => void;
}

const pidOf = ({ target }: Scene): string => String(target.pid);
const to = (name: string) => (scene: Scene) => [pidOf(scene), '-o', join(scene.dir, name)];
const onlyPid =
  (pid: string) =>
  ({ dir }: Scene) => ['-o', join(dir, 'image'), '--', pid];

const ROWS: readonly Row[] = [
  { title: 'a pid that nobody has', code: 'NO_SUCH_PROCESS', says: /4194304/, args: onlyPid('4194304') },
  { title: 'pid 0', code: 'USAGE', says: /positive number/, args: onlyPid('0') },
  { title: 'a negative pid', code: 'USAGE', says: /positive number/, args: onlyPid('-5') },
  { title: 'no number as pid', code: 'USAGE', says: /positive number/, args: onlyPid('1e3') },
  { title: 'no pid at all', code: 'USAGE', says: /pid/, args: () => [] },
  { title: 'an unknown option', code: 'USAGE', says: /--frob/, args: (scene) => [pidOf(scene), '--frob'] },
  { title: 'a missing directory', code: 'OUTPUT_FAILED', says: /ENOENT/, args: to('missing/image') },
  {
    title: 'a directory as output',
    code: 'OUTPUT_EXISTS',
    says: /regular file/,
    args: to('folder'),
    make: ({ dir }) => mkdirSync(join(dir, 'folder')),
  },
  {
    title: 'a device as output',
    code: 'OUTPUT_EXISTS',
    says: /regular file/,
    args: (scene) => [pidOf(scene), '-o', '/dev/null'],
  },
  {
    title: 'a symbolic link as output',
    code: 'OUTPUT_SYMLINK',
    says: /symbolic link/,
    args: to('link'),
    make: ({ dir }) => (writeFileSync(join(dir, 'file'), 'kept'), symlinkSync('file', join(dir, 'link'))),
  },
  {
    title: 'a dangling symbolic link as output',
    code: 'OUTPUT_SYMLINK',
    says: /symbolic link/,
    args: to('link'),
    make: ({ dir }) => symlinkSync('nowhere', join(dir, 'link')),
  },
  {
    title: 'a file as directory',
    code: 'OUTPUT_FAILED',
    says: /ENOTDIR/,
    args: to('file/image'),
    make: ({ dir }) => writeFileSync(join(dir, 'file'), 'kept'),
  },
  { title: 'a name that is too long', code: 'OUTPUT_FAILED', says: /ENAMETOOLONG/, args: to('x'.repeat(300)) },
  {
    title: 'a directory that may not be searched',
    code: 'OUTPUT_FAILED',
    says: /EACCES/,
    root: true,
    nobodys: true,
    args: to('shut/image'),
    make: ({ dir }) => mkdirSync(join(dir, 'shut'), { mode: 0o700 }),
    under: () => AS_NOBODY,
  },
  {
    title: 'a directory that may not be written',
    code: 'OUTPUT_FAILED',
    says: /EACCES/,
    root: true,
    nobodys: true,
    args: to('shut/image'),
    make: ({ dir }) => mkdirSync(join(dir, 'shut'), { mode: 0o755 }),
    under: () => AS_NOBODY,
  },
  {
    title: 'a limit on file size',
    code: 'OUTPUT_FAILED',
    says: /EFBIG/,
    args: to('image'),
    under: () => ['prlimit', '--fsize=65536'],
  },
  { title: 'a kernel thread', code: 'TARGET_KERNEL_THREAD', says: /kernel thread/, args: onlyPid('2') },
  {
    title: 'itself',
    code: 'TARGET_SELF',
    says: /is this elfreeze/,
    args: ({ dir }) => ['$$', '-o', join(dir, 'image')],
    under: () => ['sh', '-c', 'for last; do :; done; exec "$1" "$2" freeze $$ -o "$last"', 'sh'],
  },
  {
    title: 'another user’s process',
    code: 'NOT_PERMITTED',
    says: /process \d+|\/proc\/\d+\//,
    root: true,
    args: to('image'),
    under: () => AS_NOBODY,
  },
];

/** What this machine lacks for a row. */
function lackedBy(row: Row): string | undefined {
  if (row.root && !ROOT) return 'not root';
  return row.code === 'TARGET_KERNEL_THREAD' && !existsSync('/proc/2/stat')
    ? 'no kernel threads in a container'
    : undefined;
}

describe('freeze refuses', () => {
  it.for(ROWS.map((row) => [row.title, row.code, row] as const))('%s as %s', async ([, code, row], { skip }) => {
    const lacking = lackedBy(row);
    skip(lacking !== undefined, lacking);
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const dir = join(scratch.path, 'output');
    mkdirSync(dir);
    // Rows of other users need to get there.
    for (const folder of [scratch.path, dir]) chmodSync(folder, 0o777);
    await using target = await Subject.start({
      flavour,
      kind: 'read',
      dir: scratch.path,
      pinned: true,
      ...(row.nobodys ? { uid: NOBODY } : {}),
    });
    const state = (wanted: string) =>
      until(
        wanted,
        () => stateOf(target.pid) === wanted || undefined,
        () => target.look(),
      );
    await state('S');
    const scene = { target, dir };
    row.make?.(scene);
    const before = { files: readdirSync(dir), look: Object.fromEntries(lookAt(target.pid)) };
    const called = await elfreeze(['freeze', ...row.args(scene)], { cwd: dir, under: row.under?.(scene) ?? [] });
    expect(refusalOf(called, code)).toMatch(row.says);
    expect({ files: readdirSync(dir), look: Object.fromEntries(lookAt(target.pid)) }).toEqual(before);
    await target.settled();
    await target.poke('read');
    expect(await target.finish()).toBe('ok 0');
    await target.gone();
    await scratch.cleanup();
  });

  it('a zombie as TARGET_ZOMBIE', async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    // A child that ends once its parent is no shell any more, which would have waited for it.
    const child = 'until grep -q sleep /proc/$PPID/comm; do :; done';
    const shell = spawn('sh', ['-c', `sh -c '${child}' & echo $!; exec sleep 1000`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      let said = '';
      shell.stdout.setEncoding('latin1').on('data', (text: string) => (said += text));
      const pid = await until(
        'started',
        () => /^\d+\n/.exec(said)?.[0].trim(),
        () => said,
      );
      await until(
        'a zombie',
        () => /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'latin1')) || undefined,
        () => pid,
      );
      expect(refusalOf(await elfreeze(['freeze', pid], { cwd: scratch.path }), 'TARGET_ZOMBIE')).toMatch(/is a zombie/);
      expect(readdirSync(scratch.path)).toEqual([]);
    } finally {
      shell.kill('SIGKILL');
    }
    await scratch.cleanup();
  });

  it('a traced target as TARGET_TRACED', async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour, kind: 'read', dir: scratch.path });
    const tracer = spawn('strace', ['-p', String(target.pid), '-o', '/dev/null'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => tracer.once('close', resolve));
    try {
      await until(
        'traced',
        () => /^TracerPid:\t[1-9]/m.test(readFileSync(`/proc/${target.pid}/status`, 'latin1')) || undefined,
        () => target.look(),
      );
      const called = await elfreeze(['freeze', String(target.pid), '-o', 'image'], { cwd: scratch.path });
      expect(refusalOf(called, 'TARGET_TRACED')).toMatch(new RegExp(`is traced by process ${tracer.pid}`));
      expect(readdirSync(scratch.path)).not.toContain('image');
    } finally {
      tracer.kill('SIGTERM');
      await ended;
    }
    await target.settled();
    await target.poke('read');
    expect(await target.finish()).toBe('ok 0');
    await scratch.cleanup();
  });

  it('a full disk as OUTPUT_FAILED', async ({ skip }) => {
    skip(!ROOT, 'not root: a small file system cannot be mounted');
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour, kind: 'read', dir: scratch.path });
    const disk = join(scratch.path, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]);
    try {
      const called = await elfreeze(['freeze', String(target.pid), '-o', join(disk, 'image')], { cwd: disk });
      expect(refusalOf(called, 'OUTPUT_FAILED')).toMatch(/ENOSPC/);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
    await target.settled();
    await target.poke('read');
    expect(await target.finish()).toBe('ok 0');
    await scratch.cleanup();
  });
});
