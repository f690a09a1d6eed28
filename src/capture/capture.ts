import { ElfreezeError } from '../base/errors.ts';
import type { Arch } from '../arch/arch.ts';
import { requiredFeatures } from '../arch/cpu-features.ts';
import { ARCHES } from '../arch/index.ts';
import { SHT_DYNSYM, STT_FUNC } from '../elf/constants.ts';
import { bufferAccess, readElf, readSymbols } from '../elf/read.ts';
import { parseStrings } from '../proc/environ.ts';
import { type MapsLine, parseMaps } from '../proc/maps.ts';
import { parseSmaps, type SmapsEntry } from '../proc/smaps.ts';
import { parseStat, type Stat } from '../proc/stat.ts';
import { parseStatus } from '../proc/status.ts';
import {
  type MemorySource,
  type PrctlSetting,
  type Rseq,
  type Snapshot,
  SNAPSHOT_SCHEMA,
  type Thread,
  type VdsoFunction,
} from '../snapshot/snapshot.ts';
import { flagRows } from '../snapshot/vm-flags.ts';
import { cpuinfo, kernelRelease } from '../sys/files.ts';
import type { WriteOut } from '../sys/image-file.ts';
import { procBytes, procHead, ProcessMemory, procLink, procText } from '../sys/procfs.ts';
import { NT, Tracee } from '../sys/ptrace.ts';
import {
  type Asked,
  askActions,
  askAltstack,
  askBreak,
  askLimits,
  askPrctls,
  askRobustList,
  askTidAddress,
  askTimers,
  hasLdt,
  parseTls,
} from './ask.ts';
import { describeDescriptors } from './descriptors/describe.ts';
import { isCarried } from './descriptors/overrides.ts';
import { readPipes } from './descriptors/pipes.ts';
import { readQueues } from './descriptors/unix-sockets.ts';
import { type DescriptorState, readDescriptorState } from './descriptors/state.ts';
import { Errand } from './errand.ts';
import { checkGadgets, findGadgets } from './gadgets.ts';
import { Loan, readStopped, type Stopped } from './loan.ts';
import { classify, describeMappings } from './mappings.ts';
import { preflight, refuseChildren } from './preflight.ts';
import { findTidWords } from './tid-words.ts';
import { abortAddress, parseRseq } from './rseq.ts';
import { refuseSharedElsewhere } from './shared-memory.ts';
import { isInVdso, leaveVdso } from './vdso.ts';

export interface CaptureOptions {
  readonly stdio: 'caller' | 'reopen';
  /** What becomes of TCP connections; by default they are refused. */
  readonly tcp?: 'refuse' | 'close';
  /** What becomes of single descriptors, instead of being carried: overrides.ts. */
  readonly fds?: Readonly<Record<number, string>>;
  /** End the process once its image is complete; until then it stands still. */
  readonly kill: boolean;
  /** Also take a process that job control has stopped, and leave it stopped. */
  readonly allowStopped?: boolean;
}

export interface Capture {
  readonly snapshot: Snapshot;
  /** The process, or its copy: whose files in /proc stay until `use` ends. */
  readonly source: number;
  /** Readable until `use` ends. */
  readonly memory: MemorySource;
  /** Where the copy can write its memory itself. */
  readonly writeOut: WriteOut | undefined;
  /** How long the process stood still, in milliseconds; undefined while it still does. */
  readonly stoodStillMs: number | undefined;
}

/**
 * Stops a process, learns all about it, and gives it back untouched. `use` gets what was learnt and the memory to read:
 * that of a copy-on-write copy, while the process itself runs on. Where a copy would not do, or the process is to be
 * ended anyway, it is the process's own, and it stands still until `use` is done.
 * @throws NO_SUCH_PROCESS NOT_PERMITTED UNSUPPORTED TARGET_* NO_GADGET NO_DEAD_MEMORY RESTART_LOST
 */
export async function withCapture<T>(
  pid: number,
  options: CaptureOptions,
  use: (capture: Capture) => Promise<T>,
): Promise<T> {
  const { stat } = preflight(pid, options.allowStopped ?? false);
  const survey = surveyProcess(pid, stat, options);
  using memory = new ProcessMemory(pid, true);
  const gadgets = findGadgets(survey.arch, memory, survey.entries);

  const started = performance.now();
  const target = Tracee.seize(pid);
  let stopped = stopOutsideVdso(target, survey, memory, options);
  // From here the process stands still. If elfreeze dies, it runs on as if nothing had been.

  checkGadgets(memory, gadgets);
  const lines = parseMaps(procText(pid, 'maps'));
  const loan = Loan.take(target, survey.arch, stopped, memory, gadgets, lines);
  const { own, copy, inherited } = borrow(loan, () => {
    const answers = interrogate(loan, pid, options);
    const fork = canBeCopied(survey, answers, options, stopped) ? tryFork(loan) : undefined;
    return { own: answers, copy: fork, inherited: fork ? undefined : askInherited(loan) };
  });
  if (copy && !options.kill) target.detach();
  const stoodStillMs = copy && !options.kill ? performance.now() - started : undefined;
  // From here everything is asked of the copy, if there is one, and of nothing that runs.

  const source = copy ?? target;
  try {
    using copied = new ProcessMemory(source.pid, true);
    const errand = copy && Errand.prepare(loan.forCopy(copy, copied), copied);
    const answers = inherited ?? askCopy(loan.forCopy(source, copied), errand);
    if (copy) stopped = leaveVdso(copy, survey.arch, stopped, copied, survey.entries);
    const snapshot = assemble({
      pid,
      source: source.pid,
      survey,
      lines,
      own,
      answers,
      stopped,
      memory: copied,
      errand,
      options,
    });
    const writeOut: WriteOut | undefined = errand && ((...args) => errand.writeOut(...args));
    const result = await use({ snapshot, source: source.pid, memory: copied, writeOut, stoodStillMs });
    if (options.kill) endProcess(target, survey);
    return result;
  } finally {
    copy?.kill();
    if (!target.isGone && !target.diesWithTracer && (options.kill || !copy)) target.detach();
  }
}

/** The first process of a pid namespace takes no SIGKILL from inside it, but dies with a tracer that says so. */
function endProcess(target: Tracee, { isInit }: Survey): void {
  if (isInit) target.dieWithTracer();
  else target.kill();
}

/** Whatever happens, what was borrowed is given back. */
function borrow<T>(loan: Loan, use: () => T): T {
  try {
    return use();
  } finally {
    if (!loan.tracee.isGone) loan.giveBack();
  }
}

/** A process that may not fork, for its limits or for want of memory, is read while it stands still. */
function tryFork(loan: Loan): Tracee | undefined {
  try {
    return loan.fork();
  } catch (error) {
    if (error instanceof ElfreezeError && error.code === 'SYSCALL_FAILED') return undefined;
    throw error;
  }
}

/** What can be learnt while the process runs. */
interface Survey {
  readonly arch: Arch;
  readonly entries: readonly SmapsEntry[];
  readonly isInit: boolean;
}

/** What cannot be carried is refused here already, before the process is touched. @throws UNSUPPORTED */
function surveyProcess(pid: number, stat: Stat, options: CaptureOptions): Survey {
  const elfClass = procHead(pid, 'exe', 5)[4];
  const entries = [...parseSmaps(procText(pid, 'smaps')).values()];
  for (const entry of entries) classify(entry);
  surveyDescriptors(pid, stat, options);
  // prettier-ignore
  return { arch: elfClass === 1 ? ARCHES.i386 : ARCHES['x86-64'], entries, isInit: parseStatus(procText(pid, 'status')).nsPid.at(-1) === 1 };
}

/**
 * It runs, so what is found may be gone the next moment: only what cannot be carried counts. What can be is looked at
 * again when it stands still, with code that has run once by then and so is quicker.
 */
function surveyDescriptors(pid: number, stat: Stat, { stdio, tcp = 'refuse', fds = {} }: CaptureOptions): void {
  try {
    parseMaps(procText(pid, 'maps'));
    const ttyNr = Number(stat.ttyNr);
    describeDescriptors(readDescriptorState(pid), { pid, own: [pid, process.pid], ttyNr, stdio, tcp, fds });
  } catch (error) {
    if (error instanceof ElfreezeError && error.code === 'UNSUPPORTED') throw error;
  }
}

/**
 * Saved code of the vdso only fits this kernel's data pages, so no image may begin inside it. A copy can be stepped out
 * of it later; a process that cannot be copied is let run until it is caught elsewhere.
 */
function stopOutsideVdso(target: Tracee, survey: Survey, memory: ProcessMemory, options: CaptureOptions): Stopped {
  for (let tries = 0; ; tries++) {
    target.interrupt();
    const stopped = readStopped(target, survey.arch, memory);
    if (!isInVdso(survey.arch, stopped, survey.entries) || mayBeCopied(survey)) return stopped;
    if (tries === 1000 || options.allowStopped)
      throw new ElfreezeError('TARGET_BUSY', `process ${target.pid} never leaves the vdso`);
    target.resume();
  }
}

/** Answers that only the process itself has: a forked copy starts with other ones. */
interface Own {
  readonly altstack: Thread['altstack'];
  readonly itimers: Snapshot['itimers'];
  readonly prctls: readonly PrctlSetting[];
  readonly pending: Snapshot['pending'];
  readonly descriptors: readonly DescriptorState[];
  readonly pipes: Snapshot['pipes'];
  readonly sockets: Snapshot['sockets'];
  readonly stat: ReturnType<typeof parseStat>;
  /** VmFlags of locked mappings, by start: a copy's are not locked. @source kernel/fork.c dup_mmap */
  readonly locked: ReadonlyMap<bigint, readonly string[]>;
  readonly thread: Pick<Thread, 'pending' | 'rseq' | 'robustList' | 'clearChildTid' | 'tls'>;
}

function interrogate(loan: Loan, pid: number, options: CaptureOptions): Own {
  const { tracee, arch } = loan;
  const queue = (shared: boolean): Snapshot['pending'] =>
    tracee.pendingSignals(shared).map((bytes) => ({ signo: new DataView(bytes.buffer).getInt32(0, true), bytes }));
  const stat = parseStat(procText(pid, 'stat'));
  if (stat.numThreads > 1)
    throw new ElfreezeError('TARGET_THREADS', `process ${pid} has ${stat.numThreads} threads by now`);
  refuseChildren(pid);
  if (hasLdt(loan)) throw new ElfreezeError('UNSUPPORTED', `process ${pid} → segments of its own (modify_ldt)`);
  const rseq = parseRseq(tracee.rseqConfiguration());
  const descriptors = readDescriptorState(pid);
  const carried = descriptors.filter(({ fd }) => isCarried(fd, options));
  return {
    itimers: askTimers(loan), // first: they run on until the process stops using its CPU time
    altstack: askAltstack(loan),
    prctls: askPrctls(loan, (row) => !row.inherited),
    pending: queue(true),
    descriptors,
    pipes: readPipes(pid, carried),
    sockets: readQueues(pid, carried),
    stat,
    locked: lockedMappings(pid),
    thread: {
      pending: queue(false),
      ...(rseq ? { rseq } : {}),
      robustList: askRobustList(loan),
      clearChildTid: askTidAddress(loan),
      tls: arch.name === 'i386' ? parseTls(tracee.regset(NT.I386_TLS, 48)) : [],
    },
  };
}

function lockedMappings(pid: number): Own['locked'] {
  if (parseStatus(procText(pid, 'status')).vmLck === 0) return new Map();
  const entries = [...parseSmaps(procText(pid, 'smaps')).values()];
  return new Map(entries.filter(({ vmFlags }) => vmFlags.includes('lo')).map(({ start, vmFlags }) => [start, vmFlags]));
}

/** Memory that fork leaves out must be read from the process itself. */
const mayBeCopied = (survey: Survey): boolean =>
  !survey.isInit &&
  !survey.entries.some(
    (entry) => classify(entry) === 'shared-anon' || flagRows(entry.vmFlags).some((row) => 'inPlace' in row),
  );

/**
 * The copy's parent is whoever reaps orphans. That must not be the process itself, which would see a SIGCHLD and a
 * child it never had.
 */
function canBeCopied(survey: Survey, own: Own, options: CaptureOptions, stopped: Stopped): boolean {
  const reaper = own.prctls.some(({ name, value }) => name === 'PR_SET_CHILD_SUBREAPER' && value !== 0n);
  const wanted = !options.kill || isInVdso(survey.arch, stopped, survey.entries);
  return wanted && !options.allowStopped && !reaper && mayBeCopied(survey);
}

/** Answers that a copy has as well. */
interface Inherited {
  readonly brk: bigint;
  readonly actions: Snapshot['actions'];
  readonly limits: Snapshot['limits'];
  readonly prctls: readonly PrctlSetting[];
}

function askInherited(asked: Asked): Inherited {
  return {
    brk: askBreak(asked),
    actions: askActions(asked),
    limits: askLimits(asked),
    prctls: askPrctls(asked, (row) => row.inherited),
  };
}

function askCopy(loan: Loan, errand: Errand | undefined): Inherited {
  const answers = askInherited(errand ?? loan);
  loan.restoreMemory();
  return answers;
}

interface Parts {
  readonly pid: number;
  /** The process, or its copy: whose /proc files are read. */
  readonly source: number;
  readonly survey: Survey;
  /** maps when the process stopped. */
  readonly lines: readonly MapsLine[];
  readonly own: Own;
  readonly answers: Inherited;
  readonly stopped: Stopped;
  readonly memory: ProcessMemory;
  readonly errand: Errand | undefined;
  readonly options: CaptureOptions;
}

function assemble({ pid, source, survey, lines, own, answers, stopped, memory, errand, options }: Parts): Snapshot {
  const stat = parseStat(procText(source, 'stat'));
  const status = parseStatus(procText(source, 'status'));
  const entries = settledEntries(survey, source, lines, own.locked, errand);
  const mappings = describeMappings(entries, source, memory);
  refuseSharedElsewhere(mappings, [pid, source]);
  const environment = parseStrings(memory.readNow(stat.envStart, Number(stat.envEnd - stat.envStart)));
  return {
    schema: SNAPSHOT_SCHEMA,
    arch: survey.arch.name,
    kernelRelease: kernelRelease(),
    cpu: { required: requiredFeatures(cpuinfo(), environment) },
    pid,
    comm: stat.comm,
    exe: procLink(source, 'exe'),
    cwd: procLink(source, 'cwd'),
    umask: status.umask ?? 0o22,
    personality: Number.parseInt(procText(source, 'personality'), 16),
    nice: Number(own.stat.nice),
    schedPolicy: Number(own.stat.policy),
    limits: answers.limits,
    prctls: [...own.prctls, ...answers.prctls],
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
    pending: own.pending,
    itimers: own.itimers,
    threads: [
      {
        tid: pid,
        registers: stopped.registers,
        xstate: stopped.xstate,
        sigmask: stopped.sigmask,
        altstack: own.altstack,
        ...(stopped.lostSyscall === undefined ? {} : { lostSyscall: stopped.lostSyscall }),
        ...own.thread,
        tidWords: findTidWords(memory, survey.arch, pid, own.thread, stopped),
        ...(own.thread.rseq ? { rseq: withAbort(own.thread.rseq, memory, stopped, survey.arch) } : {}),
      },
    ],
    descriptors: describeDescriptors(own.descriptors, {
      pid: source,
      own: [pid, source, process.pid],
      ttyNr: Number(own.stat.ttyNr),
      stdio: options.stdio,
      tcp: options.tcp ?? 'refuse',
      fds: options.fds ?? {},
    }),
    pipes: own.pipes,
    sockets: own.sockets,
  };
}

function withAbort(rseq: Rseq, memory: ProcessMemory, { registers }: Stopped, arch: Arch): Rseq {
  const abort = abortAddress(memory, rseq, registers[arch.ip] ?? 0n);
  return abort === undefined ? rseq : { ...rseq, abort };
}

/**
 * The mappings as they were when the process stopped. Looking at it may have grown its stack by a page or two of
 * zeros, which are left out. @throws TARGET_CHANGED when a copy lacks memory that the survey did not know to be left out
 */
function settledEntries(
  survey: Survey,
  source: number,
  lines: readonly MapsLine[],
  locked: Own['locked'],
  errand: Errand | undefined,
): SmapsEntry[] {
  const all = [...parseSmaps(procText(source, 'smaps')).values()];
  const entries = all
    .filter(({ start }) => start !== errand?.range.start)
    .map((entry) => ({ ...entry, vmFlags: [...(locked.get(entry.start) ?? entry.vmFlags)] }));
  if (!mayBeCopied({ ...survey, entries }) && mayBeCopied(survey)) {
    throw new ElfreezeError('TARGET_CHANGED', 'the process changed its memory while it was being looked at');
  }
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
