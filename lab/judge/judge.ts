import type { Range } from '../../src/base/range.ts';
import { compareBytes } from './compare-memory.ts';
import { compareMaps } from './compare-maps.ts';
import { compareRegisters, stackPointer } from './compare-registers.ts';
import { checkDeclared, type Declared } from './declared.ts';
import type { Arch, DescriptorLook, Look, Peek, ThreadPeek } from './look.ts';
import type { Difference } from './verdict.ts';

/** How the process was when it was looked at before. */
export interface Manner {
  /** In a loop of a few instructions. */
  readonly spins: boolean;
  /** Working: only what work does not change can be compared. */
  readonly moves: boolean;
  /** Run again in another place, whose rights and limits are its own. */
  readonly elsewhere?: boolean;
  /** The look as it was taken, where `before` is only what another kernel shows of it: it knows all that an image may declare. */
  readonly taken?: Look;
}

/** All differences between a process before it was frozen and its image at the first own instruction. */
export function judge(before: Look, after: Look, declared: readonly Declared[], manner: Manner): Difference[] {
  const facts = compareFacts(before.facts, after.facts, manner);
  if (manner.moves) return facts;
  const { differences, excused } = checkDeclared(manner.taken ?? before, after, declared);
  return [
    ...differences,
    ...compareMaps(before.maps, after.maps, declared),
    ...compareBytes(before, after, [...excused, ...restOfTime(before)]),
    ...facts,
    ...compareDescriptors(before.descriptors, after.descriptors),
    ...(before.peek && after.peek ? comparePeeks(before.peek, after.peek, manner.spins) : []),
  ];
}

/**
 * System calls that write down how much of their time is left whenever anything interrupts them, a mere stop too:
 * the place of that argument. After a first interruption (restart_syscall) any of them may have been it.
 * @source nanosleep(2), clock_nanosleep(2), ppoll(2), pselect(2); fs/select.c poll_select_finish
 */
const WRITES_REST = {
  'x86-64': { 35: [1], 230: [3], 271: [2], 270: [4], 23: [4], 219: [1, 3] },
  i386: { 162: [1], 267: [3], 407: [3], 309: [2], 414: [2], 308: [4], 413: [4], 142: [4], 0: [1, 3] },
} as const satisfies Record<Arch, Record<number, readonly number[]>>;
const TIMESPEC_BYTES = 16n;

function restOfTime({ arch, calls }: Look): Range[] {
  const rows: Record<number, readonly number[]> = WRITES_REST[arch];
  return calls.flatMap((call) =>
    (rows[Number(call[0] ?? -1n)] ?? []).map((argument) => {
      const start = call[argument + 1] ?? 0n;
      return { start, end: start + TIMESPEC_BYTES };
    }),
  );
}

/** Facts that a working process itself changes from moment to moment. */
const CHANGED_BY_WORK = new Set(['SigPnd', 'ShdPnd', 'VmLck', 'VmPin', 'timers', 'SigCgt', 'SigIgn', 'Threads']);

/** What a process has of whoever starts it, and an image of whoever runs it. */
const OF_PLACE = new Set(['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'timerslack_ns']);

function compareFacts(before: Look['facts'], after: Look['facts'], { moves, elsewhere }: Manner): Difference[] {
  return Object.entries(before).flatMap(([name, was]) => {
    const is = after[name] ?? 'missing';
    return was === is || (moves && CHANGED_BY_WORK.has(name)) || (elsewhere && OF_PLACE.has(name))
      ? []
      : [{ kind: 'process', at: name, ...firstDifference(was, is) }];
  });
}

/** Long texts from a little before the first difference on. */
function firstDifference(was: string, is: string): { before: string; after: string } {
  let at = 0;
  while (at < was.length && was[at] === is[at]) at++;
  const from = was.length < 80 && is.length < 80 ? 0 : Math.max(0, at - (at % 2) - 16);
  const excerpt = (text: string) => `${from > 0 ? '…' : ''}${text.slice(from, from + 80)}`;
  return { before: excerpt(was), after: excerpt(is) };
}

/** Standard input, output and error are the caller's: of those only whether they are open. */
function compareDescriptors(before: Look['descriptors'], after: Look['descriptors']): Difference[] {
  const numbers = [...new Set([...Object.keys(before), ...Object.keys(after)])].map(Number);
  /** A file that had lost the name it was opened by may be opened by another one. */
  const linkOf = (look: DescriptorLook, number: number) => {
    const was = before[number];
    return was && /^deleted \d+$/.test(was.link) && look.link.startsWith('/') && was.inode === look.inode
      ? was.link
      : look.link;
  };
  const text = (look: DescriptorLook | undefined, number: number) => {
    if (!look) return 'closed';
    const watches = look.watches ? ` ${look.watches.join(', ')}` : '';
    return number <= 2 ? 'open' : `${linkOf(look, number)} flags ${look.flags} position ${look.position}${watches}`;
  };
  return numbers.flatMap((number) => {
    const was = text(before[number], number);
    const is = text(after[number], number);
    return was === is ? [] : [{ kind: 'descriptor', at: String(number), before: was, after: is }];
  });
}

function comparePeeks(before: Peek, after: Peek, spins: boolean): Difference[] {
  const [one, two] = [before.pending.process, after.pending.process];
  return [
    ...compareRows([['pending for the process', one, two]]),
    ...compareThread(before, after, spins),
    ...compareOthers(before.others, after.others, spins),
  ];
}

/** Thread by thread in the order of their stacks, which stays. */
function compareOthers(before: readonly ThreadPeek[], after: readonly ThreadPeek[], spins: boolean): Difference[] {
  const count = (threads: readonly ThreadPeek[]) => String(threads.length);
  if (before.length !== after.length)
    return [{ kind: 'threads', at: 'others', before: count(before), after: count(after) }];
  const is = byStack(after);
  return byStack(before).flatMap((was, i) =>
    compareThread(was, is[i]!, spins).map((difference) => ({
      ...difference,
      at: `${difference.at} (thread ${i + 2})`,
    })),
  );
}

const byStack = (threads: readonly ThreadPeek[]): ThreadPeek[] =>
  [...threads].sort((a, b) => (stackPointer(a) < stackPointer(b) ? -1 : 1));

function compareThread(before: ThreadPeek, after: ThreadPeek, spins: boolean): Difference[] {
  return [
    ...compareRegisters(before, after, spins),
    ...compareRows([
      ['signal mask', before.sigmask, after.sigmask],
      ['pending for the thread', before.pending.thread, after.pending.thread],
      ['rseq', before.rseq, after.rseq],
      ['robust list', before.robustList, after.robustList],
      ['TLS descriptors', before.tls, after.tls],
      ['name of the thread', before.name, after.name],
      ['nice value', before.nice, after.nice],
      ['scheduling policy', before.policy, after.policy],
    ]),
  ];
}

const compareRows = (rows: readonly (readonly [at: string, was: unknown, is: unknown])[]): Difference[] =>
  rows.flatMap(([at, was, is]) => {
    const [one, two] = [JSON.stringify(was) ?? 'none', JSON.stringify(is) ?? 'none'];
    return one === two ? [] : [{ kind: 'kernel', at, ...firstDifference(one, two) }];
  });
