import { ElfreezeError } from '../base/errors.ts';
import { cpusIn } from '../base/cpu-list.ts';
import type { Arch } from '../arch/arch.ts';
import { requiredFeatures } from '../arch/cpu-features.ts';
import { SHT_DYNSYM, STT_FUNC } from '../elf/constants.ts';
import { bufferAccess, readElf, readSymbols } from '../elf/read.ts';
import { parseStrings } from '../proc/environ.ts';
import type { MapsLine } from '../proc/maps.ts';
import { parseSmaps, type SmapsEntry } from '../proc/smaps.ts';
import { parseStat } from '../proc/stat.ts';
import { parseStatus } from '../proc/status.ts';
import { type Snapshot, SNAPSHOT_SCHEMA } from '../snapshot/snapshot.ts';
import { cpuinfo, kernelRelease, onlineCpus } from '../sys/files.ts';
import { procBytes, procLink, type ProcessMemory, procText } from '../sys/procfs.ts';
import type { DescriptorOptions } from './descriptors/context.ts';
import { describeDescriptors } from './descriptors/describe.ts';
import { holdsNameless } from './descriptors/nameless.ts';
import { partitionOf } from './descriptors/partition.ts';
import type { Errand } from './borrow/errand.ts';
import type { Inherited, Own } from './interrogate.ts';
import type { Stopped } from './borrow/loan.ts';
import { findLockOwners } from './threads/lock-owners.ts';
import { settleNames } from './memory/mapped-names.ts';
import { describeMappings, followNameless, writtenIn } from './memory/mappings.ts';
import { describeNameless } from './memory/nameless-files.ts';
import { assignPending } from './threads/pending.ts';
import type { Resident } from './memory/resident.ts';
import { abortAddress } from './threads/rseq.ts';
import { refuseSharedElsewhere } from './memory/shared-memory.ts';
import { mayBeCopied, sharesWithCopy, type Survey } from './survey.ts';
import { refuseSegments } from './memory/sysv-memory.ts';
import type { ThreadState } from './threads/thread.ts';
import { findTidWords } from './threads/tid-words.ts';
import { describeWorkingDirectory } from './process/working-directory.ts';
import type { Thread } from '../snapshot/thread.ts';
import type { VdsoFunction } from '../snapshot/memory.ts';

export interface Parts {
  readonly pid: number;
  /** The process, or its copy: whose /proc files are read. */
  readonly source: number;
  readonly survey: Survey;
  /** maps when the process stopped. */
  readonly lines: readonly MapsLine[];
  readonly own: Own;
  readonly answers: Inherited;
  readonly threads: readonly Thread[];
  readonly memory: ProcessMemory;
  readonly resident: Resident;
  readonly errand: Errand | undefined;
  readonly options: DescriptorOptions;
}

/** Everything that was learnt, put together. @throws UNSUPPORTED TARGET_CHANGED */
export function assemble({
  pid,
  source,
  survey,
  lines,
  own,
  answers,
  memory,
  resident,
  errand,
  options,
  ...rest
}: Parts): Snapshot {
  const stat = parseStat(procText(source, 'stat'));
  const status = parseStatus(procText(source, 'status'));
  const entries = settledEntries(survey, source !== pid, source, lines, own, options, errand);
  const described = describeMappings(entries, source, memory, resident);
  const context = {
    pid: source,
    own: [pid, source, process.pid],
    ttyNr: Number(stat.ttyNr),
    stdio: options.stdio,
    tcp: options.tcp ?? 'refuse',
    fds: options.fds ?? {},
    outside: options.outside ?? 'refuse',
  };
  const descriptors = describeDescriptors(own.descriptors, context, (states) => partitionOf(source, states));
  const nameless = describeNameless(source, { mappings: described, descriptors }, memory, resident);
  const mappings = followNameless(described, nameless, source);
  refuseSegments(mappings, own.segments);
  refuseSharedElsewhere(mappings, [pid, source, process.pid]);
  const owners = findLockOwners(survey.arch.name, rest.threads, mappings, memory, errand, (mapping) =>
    writtenIn(mapping, source),
  );
  const owning = rest.threads.map((thread, i) => ({ ...thread, tidWords: union(thread.tidWords, owners[i] ?? []) }));
  const { pending, threads } = assignPending(own.pending, owning);
  const environment = parseStrings(memory.readNow(stat.envStart, Number(stat.envEnd - stat.envStart)));
  return {
    schema: SNAPSHOT_SCHEMA,
    arch: survey.arch.name,
    kernelRelease: kernelRelease(),
    cpu: { required: requiredFeatures(cpuinfo(), environment) },
    pid,
    comm: stat.comm,
    stopped: own.stopped,
    exe: procLink(source, 'exe'),
    ...describeWorkingDirectory(source),
    umask: status.umask ?? 0o22,
    personality: Number.parseInt(procText(source, 'personality'), 16),
    oomScoreAdj: Number(procText(source, 'oom_score_adj')),
    limits: answers.limits,
    prctls: [...own.prctls, ...answers.prctls],
    membarriers: answers.membarriers,
    layout: {
      startCode: stat.startcode,
      endCode: stat.endcode,
      startData: stat.startData,
      endData: stat.endData,
      startBrk: stat.startBrk,
      brk: answers.brk,
      startStack: stat.startstack,
      argStart: stat.argStart,
      argEnd: stat.argEnd,
      envStart: stat.envStart,
      envEnd: stat.envEnd,
      auxv: Uint8Array.from(procBytes(source, 'auxv')),
    },
    mappings,
    vdsoFunctions: readVdsoFunctions(entries, memory),
    actions: answers.actions,
    pending: pending,
    itimers: own.itimers,
    posixTimers: own.posixTimers,
    threads,
    descriptors,
    pipes: own.pipes,
    sockets: own.sockets,
    nameless,
    ...(own.terminal ? { terminal: own.terminal } : {}),
  };
}

const union = (...lists: readonly (readonly bigint[])[]): bigint[] => [...new Set(lists.flat())];

/** One thread, as it stopped. @param memory where its C library and its rseq area are */
export function describeThread(
  { cpusAllowedList, ...state }: ThreadState,
  stopped: Stopped,
  memory: ProcessMemory,
  arch: Arch,
): Thread {
  const { registers, xstate, sigmask, lostSyscall } = stopped;
  const { rseq } = state;
  const abort = rseq && abortAddress(memory, rseq, registers[arch.ip] ?? 0n);
  return {
    ...state,
    ...(isRestricted(cpusAllowedList) ? { affinity: cpusAllowedList } : {}),
    registers,
    xstate,
    sigmask,
    ...(lostSyscall === undefined ? {} : { lostSyscall }),
    ...(rseq && abort !== undefined ? { rseq: { ...rseq, abort } } : {}),
    tidWords: findTidWords(memory, arch, state, stopped),
  };
}

function isRestricted(allowed: string): boolean {
  const cpus = new Set(cpusIn(allowed));
  return cpusIn(onlineCpus()).some((cpu) => !cpus.has(cpu));
}

/**
 * The mappings as they were when the process stopped. Looking at it may have grown its stack by some pages of zeros,
 * which are left out. @throws TARGET_CHANGED when a copy was made that lacks something, or has it together with the process
 */
function settledEntries(
  { isInit, mayRunOn }: Survey,
  isCopy: boolean,
  source: number,
  lines: readonly MapsLine[],
  own: Own,
  options: DescriptorOptions,
  errand: Errand | undefined,
): SmapsEntry[] {
  const all = settleNames(source, [...parseSmaps(procText(source, 'smaps')).values()]);
  const entries = all
    .filter(({ start }) => start !== errand?.range.start)
    .map((entry) => ({ ...entry, vmFlags: [...(own.locked.get(entry.start) ?? entry.vmFlags)] }));
  const holdsFiles = holdsNameless(own.descriptors, options);
  const ends = new Set(entries.map(({ end }) => end));
  const isWhole = lines.every(({ end }) => ends.has(end));
  const isAsSurveyed =
    isWhole && mayBeCopied({ isInit, entries }) && !(mayRunOn && sharesWithCopy(entries, holdsFiles));
  if (isCopy && !isAsSurveyed)
    throw new ElfreezeError('TARGET_CHANGED', 'the process changed its memory while it was being looked at');
  const stack = lines.find(({ path }) => path === '[stack]');
  return entries.map((entry) =>
    entry.path === '[stack]' && stack && entry.start < stack.start ? { ...entry, start: stack.start } : entry,
  );
}

function readVdsoFunctions(entries: readonly SmapsEntry[], memory: ProcessMemory): VdsoFunction[] {
  const vdso = entries.find(({ path }) => path === '[vdso]');
  if (!vdso) return [];
  const file = bufferAccess(memory.readNow(vdso.start, Number(vdso.end - vdso.start)));
  const elf = readElf(file);
  const dynsym = elf.sections.find(({ type }) => type === SHT_DYNSYM);
  const symbols = dynsym ? readSymbols(file, elf, dynsym) : [];
  return symbols
    .filter(({ name, type }) => name.startsWith('__') && type === STT_FUNC)
    .map(({ name, value, size }) => ({ name, address: vdso.start + value, size }));
}
