import { cpusIn } from '../base/cpu-list.ts';
import { hex } from '../base/range.ts';
import { ARCHES, type Arch } from '../arch/index.ts';
import { isNullSelector } from '../arch/segments.ts';
import { finalRegisters } from '../plan/threads/registers.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Difference, differ, differInFields } from './difference.ts';
import { comparePrctls } from './process.ts';
import { compareXstate } from './xstate.ts';
import { type Rseq, type Thread, threadName } from '../snapshot/thread.ts';

/** Size of the area as kernels register it that do not know a larger one. */
const FIRST_RSEQ_SIZE = 32;
const SCHED_IDLE = 5;
/** @source ioprio_set(2) */
const IOPRIO_CLASS_SHIFT = 13;
const IOPRIO_CLASS_RT = 1;

/** Each thread with the one that continues it: the first with the first, others by their stack pointers, what is left in order. */
export function pairThreads(recorded: Snapshot, found: Snapshot): (readonly [was: Thread, is: Thread | undefined])[] {
  const { sp } = ARCHES[recorded.arch];
  const [first, ...left] = found.threads;
  const take = (index: number): Thread | undefined => (index < 0 ? undefined : left.splice(index, 1)[0]);
  const pairs = recorded.threads.map((was, i) => {
    const same = left.findIndex(({ registers }) => registers[sp] === was.registers[sp]);
    return [was, i === 0 ? first : take(same)] as const;
  });
  return pairs.map(([was, is]) => [was, is ?? left.shift()] as const);
}

/** How its thread begins what is said of a thread, unless it is the first. */
export const nameOfThread = (recorded: Snapshot, thread: Thread): string =>
  thread.tid === recorded.threads[0]?.tid ? '' : `thread ${thread.tid} (${threadName(thread)}) `;

/** Registers and what else belongs to each thread. */
export function compareThreads(recorded: Snapshot, found: Snapshot): Difference[] {
  const [before, after] = [recorded.threads.length, found.threads.length];
  return [
    ...differ('threads', '', String(before), String(after)),
    ...pairThreads(recorded, found).flatMap(([was, is]) => (is ? compareThread(recorded, was, is) : [])),
  ];
}

function compareThread(recorded: Snapshot, was: Thread, is: Thread): Difference[] {
  const whose = nameOfThread(recorded, was);
  return [
    ...compareRegisters(ARCHES[recorded.arch], recorded, was, is),
    ...compareXstate(was.xstate, is.xstate),
    ...differ('signal mask', '', hex(was.sigmask), hex(is.sigmask)),
    ...differInFields('alternate signal stack', '', was.altstack, is.altstack, { sp: hex, flags: hex, size: hex }),
    ...compareTls(was, is),
    ...differInFields('robust futex list', '', was.robustList, is.robustList, { head: hex, length: hex }),
    ...compareRseq(was.rseq, is.rseq),
    ...differ('address of the thread id', '', hex(was.clearChildTid), hex(is.clearChildTid)),
    ...differ('name', '', printName(was), printName(is)),
    ...compareScheduling(was, is),
    ...comparePrctls(was.prctls, is.prctls),
  ].map((difference) => ({ ...difference, what: `${whose}${difference.what}` }));
}

/** The caller may have chosen to run it nicer than it was, or may not be allowed to do otherwise. */
function compareScheduling(was: Thread, is: Thread): Difference[] {
  return [
    ...(is.nice >= was.nice ? [] : differ('nice value', '', String(was.nice), String(is.nice))),
    ...(is.schedPolicy === SCHED_IDLE && was.rtPriority === 0
      ? []
      : differ('scheduling policy', '', String(was.schedPolicy), String(is.schedPolicy))),
    ...differ('real-time priority', '', String(was.rtPriority), String(is.rtPriority)),
    ...compareIoPriority(was, is),
    ...compareAffinity(was, is),
  ];
}

/** The real-time class wants privileges; without one of its own it has its caller's. */
function compareIoPriority({ ioPriority: was }: Thread, { ioPriority: is }: Thread): Difference[] {
  if (was === undefined || was >> IOPRIO_CLASS_SHIFT === IOPRIO_CLASS_RT) return [];
  return differ('I/O priority', '', hex(was), is === undefined ? ABSENT : hex(is));
}

/** Of the processors it may run on only some may be there, or allowed: then on those. */
function compareAffinity({ affinity: was }: Thread, { affinity: is }: Thread): Difference[] {
  if (was === undefined || is === undefined) return [];
  const wanted = new Set(cpusIn(was));
  const found = cpusIn(is);
  const isBetween = found.every((cpu) => wanted.has(cpu)) || !found.some((cpu) => wanted.has(cpu));
  return isBetween ? [] : differ('processors', '', was, is);
}

/** Those that rt_sigreturn loads of a 32-bit program. */
const SEGMENTS = new Set(['fs', 'gs']);
const isNull = (selector: bigint | undefined): boolean => selector !== undefined && isNullSelector(selector);

/** An interrupted system call begins anew, as the image does it. */
function compareRegisters(arch: Arch, recorded: Snapshot, was: Thread, is: Thread): Difference[] {
  const expected = finalRegisters(arch, recorded, was);
  const text = (value: bigint | undefined): string =>
    value === undefined ? ABSENT : hex(BigInt.asUintN(arch.wordSize * 8, value));
  return arch.registers.flatMap((name) => {
    const [before, after] = [expected[name], is.registers[name]];
    if (SEGMENTS.has(name) && isNull(before) && isNull(after)) return [];
    return differ('register', name, text(before), text(after));
  });
}

/** Bytes that are no text differ from their replacement. */
const printName = (thread: Thread): string => {
  const text = threadName(thread);
  return Buffer.from(text).equals(thread.name) ? text : Buffer.from(thread.name).toString('hex');
};

function compareTls(was: Thread, is: Thread): Difference[] {
  const entries = [...new Set([...was.tls, ...is.tls].map(({ entry }) => entry))];
  const text = ({ tls }: Thread, entry: number): string => {
    const found = tls.find((each) => each.entry === entry);
    return found ? `base ${hex(found.base)} limit ${hex(found.limit)} flags ${hex(found.flags)}` : ABSENT;
  };
  return entries.flatMap((entry) => differ('TLS descriptor', String(entry), text(was, entry), text(is, entry)));
}

function compareRseq(was: Rseq | undefined, is: Rseq | undefined): Difference[] {
  const text = (rseq: Rseq | undefined, size: number | undefined): string =>
    rseq ? `${hex(rseq.address)}, ${size} bytes, signature ${hex(rseq.signature)}` : ABSENT;
  const size = is?.size === FIRST_RSEQ_SIZE ? FIRST_RSEQ_SIZE : was?.size;
  return differ('restartable sequence area', '', text(was, size), text(is, is?.size));
}
