import { ElfreezeError } from '../base/errors.ts';
import type { Arch } from '../arch/arch.ts';
import { ARCHES } from '../arch/index.ts';
import { parseMaps } from '../proc/maps.ts';
import { parseSmaps, type SmapsEntry } from '../proc/smaps.ts';
import { parseStat, type Stat } from '../proc/stat.ts';
import { parseStatus } from '../proc/status.ts';
import type { MappingKind } from '../snapshot/memory.ts';
import { flagRows } from '../snapshot/vm-flags.ts';
import { type Sharer, sharersOf } from '../sys/processes.ts';
import { procHead, procList, ProcessMemory, procText } from '../sys/procfs.ts';
import type { DescriptorOptions } from './descriptors/context.ts';
import { describeDescriptors } from './descriptors/describe.ts';
import { holdsNameless, isNameless } from './descriptors/nameless.ts';
import { isCarried, isStandard } from './descriptors/overrides.ts';
import { partitionOf } from './descriptors/partition.ts';
import { readDescriptorState } from './descriptors/state.ts';
import { findGadgets, type Gadgets } from './borrow/gadgets.ts';
import { settleNames } from './memory/mapped-names.ts';
import { classify } from './memory/mappings.ts';
import { isOrphanReaped } from './process/reaper.ts';

/**
 * What is so of the process as long as it is the same; and what was so while it ran, which is only where to look first, and
 * what to try first, once it stands still.
 */
export interface Survey {
  readonly arch: Arch;
  readonly isInit: boolean;
  /** Where they were: to be verified. */
  readonly gadgets: Gadgets;
  /** Whether a copy seemed to have all that it has: to be verified of the copy. */
  readonly mayBeCopied: boolean;
  /** Who had something together with it: to be asked again, as a child does that is about to execute a program. */
  readonly sharers: readonly Sharer[];
  /** Whether it seemed to have nothing that a copy would share: to be verified too. */
  readonly mayRunOn: boolean;
}

/** What cannot be carried is refused here already, before the process is touched. @throws UNSUPPORTED NO_GADGET */
export function surveyProcess(pid: number, options: DescriptorOptions): Survey {
  const arch = procHead(pid, 'exe', 5)[4] === 1 ? ARCHES.i386 : ARCHES['x86-64'];
  const entries = settleNames(pid, [...parseSmaps(procText(pid, 'smaps')).values()]);
  for (const entry of entries) classify(entry);
  const holdsFiles = surveyDescriptors(pid, parseStat(procText(pid, 'stat')), options);
  const isInit = parseStatus(procText(pid, 'status')).nsPid.at(-1) === 1;
  const sharers = sharersOf(pid, [pid, process.pid]);
  using memory = new ProcessMemory(pid);
  const gadgets = findGadgets(arch, memory, entries, pid);
  return {
    arch,
    isInit,
    gadgets,
    mayBeCopied: isOrphanReaped(pid) && mayBeCopied({ isInit, entries }),
    mayRunOn: !sharesWithCopy(entries, holdsFiles),
    sharers,
  };
}

/** Of so many descriptors, to look at each twice takes longer than to be refused while the process stands still. */
const MANY = 256;

/**
 * It runs, so what is found may be gone the next moment: only what cannot be carried counts, if it is still there at a
 * second look. What can be is looked at again when it stands still, with code that has run once by then and so is quicker.
 * @param before what cannot be carried, at the first look
 * @returns whether it seems to have files of its own
 */
function surveyDescriptors(pid: number, stat: Stat, options: DescriptorOptions, before?: string): boolean {
  const { stdio, tcp = 'refuse', fds = {}, outside = 'refuse' } = options;
  try {
    const numbers = procList(pid, 'fd').map(Number);
    if (numbers.length > MANY) return numbers.some((fd) => isCarried(fd, { stdio, fds }) && isNameless(pid, fd));
    parseMaps(procText(pid, 'maps'));
    const ttyNr = Number(stat.ttyNr);
    const states = readDescriptorState(pid);
    const context = { pid, own: [pid, process.pid], ttyNr, stdio, tcp, fds, outside };
    // Which of them are the same is no reason to refuse any, and what is the same as a standard one a reason not to.
    const standard = new Set(states.flatMap(({ fd, link }) => (isStandard(fd) ? [link] : [])));
    describeDescriptors(states, context, (of) =>
      partitionOf(
        pid,
        of.filter(({ link }) => standard.has(link)),
      ),
    );
    return holdsNameless(states, { stdio, fds });
  } catch (error) {
    if (!(error instanceof ElfreezeError) || error.code !== 'UNSUPPORTED') return false;
    if (error.message === before) throw error;
    return before === undefined && surveyDescriptors(pid, stat, options, error.message);
  }
}

const SHARED_WITH_COPY: readonly MappingKind[] = ['shared-anon', 'shared-nameless'];

/**
 * Memory that fork leaves out must be read from the process itself. So is what it has attached of System V shared memory: a copy
 * would be counted, and the kernel records who attached and detached last.
 */
export const mayBeCopied = ({
  isInit,
  entries,
}: {
  readonly isInit: boolean;
  readonly entries: readonly SmapsEntry[];
}): boolean =>
  !isInit &&
  !entries.some((entry) => classify(entry) === 'sysv' || flagRows(entry.vmFlags).some((row) => 'inPlace' in row));

/** What a copy has together with the process, which must not change it before it is read. */
export const sharesWithCopy = (entries: readonly SmapsEntry[], holdsFiles: boolean): boolean =>
  holdsFiles || entries.some((entry) => SHARED_WITH_COPY.includes(classify(entry)));
