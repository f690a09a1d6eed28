import { ARCHES } from '../arch/index.ts';
import { type MapsLine, parseMaps } from '../proc/maps.ts';
import { parseStat } from '../proc/stat.ts';
import { parseStatus } from '../proc/status.ts';
import { parseTimers } from '../proc/timers.ts';
import type { ArchName } from '../snapshot/snapshot.ts';
import { ProcessMemory, procHead, procLink, procText, procThreads } from '../sys/procfs.ts';
import { openMappedFile } from './mapped-file.ts';
import { type MappedElf, readElfInMemory, readMappedElf } from './mapped-elf.ts';
import { CLOCK, nameOf as nameIn, signalNames, syscallName } from './names.ts';
import { readDescriptors } from './read-descriptors.ts';
import { type AddressName, type Line, reportMemory } from './report.ts';
import type { ProcessReport, ReportedThread, ReportedTimer } from './shape.ts';
import { Unread } from './unread.ts';

/**
 * What /proc tells of a process. It is not stopped, and nothing is asked of it.
 * @throws NO_SUCH_PROCESS NOT_PERMITTED when not even its mappings may be seen
 */
export function reportProcess(pid: number): ProcessReport {
  const unread = new Unread();
  const stat = parseStat(procText(pid, 'stat'));
  const status = parseStatus(procText(pid, 'status'));
  const lines = parseMaps(procText(pid, 'maps'));
  const exe = unread.try(() => procLink(pid, 'exe')) ?? '';
  const cwd = unread.try(() => procLink(pid, 'cwd'));
  const arch = exe === '' ? undefined : unread.try(() => archOf(pid));
  const files = readFiles(pid, lines, unread);
  const heap = lines.find(({ path }) => path === '[heap]');
  const memory = reportMemory({
    lines: lines.map(toLine),
    files,
    exe,
    // Addresses are 0 or 1 to who may not know them.
    ...(stat.startBrk > 1n
      ? {
          brk: {
            startBrk: stat.startBrk,
            brk: heap && heap.end > stat.startBrk ? heap.end : stat.startBrk,
            exact: false,
          },
        }
      : {}),
  });
  return {
    kind: 'process',
    pid,
    comm: stat.comm,
    exe,
    ...(cwd === undefined ? {} : { cwd }),
    ...(arch ? { arch } : {}),
    state: status.state,
    mappings: memory.mappings,
    ...(memory.brk ? { brk: memory.brk } : {}),
    threads: readThreads(pid, arch, memory.nameOf, unread),
    signals: {
      pending: signalNames(status.shdPnd),
      ignored: signalNames(status.sigIgn),
      handled: signalNames(status.sigCgt).map((signal) => ({ signal })),
    },
    timers: readTimers(pid, unread),
    descriptors: readDescriptors(pid, unread),
    unread: unread.reasons,
  };
}

const archOf = (pid: number): ArchName => (procHead(pid, 'exe', 5)[4] === 1 ? 'i386' : 'x86-64');

const KINDS: Readonly<Record<string, string>> = { '[stack]': 'stack', '[vdso]': 'vdso', '[vsyscall]': 'vsyscall' };

/** The snapshot's words, as far as maps alone tells: whether a shared file can be written to, it does not. */
const toLine = ({ start, end, perms, offset, path, shared, inode }: MapsLine): Line => ({
  start,
  end,
  perms,
  offset,
  path,
  kind:
    KINDS[path] ??
    (path.startsWith('[vvar') ? 'vvar'
    : !shared ? (inode === 0n ? 'anon' : 'file')
    : path === '/dev/zero (deleted)' || path.startsWith('[anon_shmem:') ? 'shared-anon'
    : 'shared-file'), // prettier-ignore
});

/** Enough for the headers: the kernel wants them in one page up to 6.16. */
const HEADERS = 64n << 10n;

/** The ELF files that are mapped. A file that cannot be opened any more still has its headers in memory. */
function readFiles(pid: number, lines: readonly MapsLine[], unread: Unread): Map<string, MappedElf> {
  const files = new Map<string, MappedElf>();
  using memory = unread.try(() => new ProcessMemory(pid));
  const inMemory = (line: MapsLine): { bytes: Uint8Array; elf: MappedElf } | undefined => {
    const size = line.end - line.start;
    const bytes = unread.try(() => memory?.readNow(line.start, Number(size < HEADERS ? size : HEADERS)));
    const elf = bytes && readElfInMemory(bytes);
    return elf && { bytes, elf };
  };
  const seen = new Set<string>();
  for (const line of lines) {
    if (line.path === '[vdso]') {
      const found = inMemory(line);
      if (found) files.set(line.path, found.elf);
    }
    if (!line.path.startsWith('/') || seen.has(line.path)) continue;
    seen.add(line.path);
    const file = openMappedFile(pid, line);
    const elf = file
      ? readMappedElf(file)
      : line.offset === 0n && line.perms.startsWith('r')
        ? inMemory(line)?.elf
        : undefined;
    if (elf) files.set(line.path, elf);
  }
  return files;
}

function readThreads(pid: number, arch: ArchName | undefined, nameOf: AddressName, unread: Unread): ReportedThread[] {
  const tids = unread.try(() => procThreads(pid)) ?? [];
  return tids.flatMap((tid) => {
    const task = `task/${tid}/`;
    const stat = unread.try(() => parseStat(procText(pid, `${task}stat`)));
    const status = unread.try(() => parseStatus(procText(pid, `${task}status`)));
    if (!stat || !status) return []; // it has ended meanwhile
    return [
      {
        tid,
        comm: stat.comm,
        state: status.state,
        ...readPlace(pid, task, arch, nameOf, unread),
        blocked: signalNames(status.sigBlk),
        pending: signalNames(status.sigPnd),
      },
    ];
  });
}

/** Where a thread is that waits: `NUMBER six arguments sp ip`, `-1 sp ip` outside a call, `running`. @source proc_pid_syscall(5) */
function readPlace(
  pid: number,
  task: string,
  arch: ArchName | undefined,
  nameOf: AddressName,
  unread: Unread,
): Partial<ReportedThread> {
  const words =
    unread
      .try(() => procText(pid, `${task}syscall`))
      ?.trim()
      .split(' ') ?? [];
  const [number = ''] = words;
  if (!/^-?\d+$/.test(number) || words.length < 3) return {};
  const [sp, ip] = words.slice(-2).map(BigInt) as [bigint, bigint];
  const { syscalls, wordSize } = ARCHES[arch ?? 'x86-64'];
  return {
    ip,
    at: nameOf(ip),
    sp,
    ...(number === '-1' ? {} : { call: syscallName(syscalls, wordSize, Number(number)) }),
  };
}

/** Only POSIX timers: setitimer's are known to the process alone. @source proc_pid_timers(5) */
function readTimers(pid: number, unread: Unread): ReportedTimer[] {
  const timers = unread.try(() => parseTimers(procText(pid, 'timers'))) ?? [];
  return timers.map(({ id, notify, ofThread, receiver, clock }) => ({
    name: `POSIX timer ${id}`,
    notify: `${notify}/${ofThread ? 'tid' : 'pid'}.${receiver}, ${nameIn(CLOCK, BigInt(clock))}`,
  }));
}
