import { ElfreezeError } from '../base/errors.ts';
import type { Arch } from '../arch/arch.ts';
import { ARCHES } from '../arch/index.ts';
import { parseMaps } from '../proc/maps.ts';
import { parseSmaps, type SmapsEntry } from '../proc/smaps.ts';
import type { Stat } from '../proc/stat.ts';
import { parseStatus } from '../proc/status.ts';
import { flagRows } from '../snapshot/vm-flags.ts';
import { procHead, procText } from '../sys/procfs.ts';
import type { DescriptorOptions } from './descriptors/context.ts';
import { describeDescriptors } from './descriptors/describe.ts';
import { readDescriptorState } from './descriptors/state.ts';
import { classify } from './mappings.ts';

/** What can be learnt while the process runs. */
export interface Survey {
  readonly arch: Arch;
  readonly entries: readonly SmapsEntry[];
  readonly isInit: boolean;
}

/** What cannot be carried is refused here already, before the process is touched. @throws UNSUPPORTED */
export function surveyProcess(pid: number, stat: Stat, options: DescriptorOptions): Survey {
  const elfClass = procHead(pid, 'exe', 5)[4];
  const entries = [...parseSmaps(procText(pid, 'smaps')).values()];
  for (const entry of entries) classify(entry);
  surveyDescriptors(pid, stat, options);
  const { nsPid } = parseStatus(procText(pid, 'status'));
  return { arch: elfClass === 1 ? ARCHES.i386 : ARCHES['x86-64'], entries, isInit: nsPid.at(-1) === 1 };
}

/**
 * It runs, so what is found may be gone the next moment: only what cannot be carried counts. What can be is looked at
 * again when it stands still, with code that has run once by then and so is quicker.
 */
function surveyDescriptors(pid: number, stat: Stat, { stdio, tcp = 'refuse', fds = {} }: DescriptorOptions): void {
  try {
    parseMaps(procText(pid, 'maps'));
    const ttyNr = Number(stat.ttyNr);
    describeDescriptors(readDescriptorState(pid), { pid, own: [pid, process.pid], ttyNr, stdio, tcp, fds });
  } catch (error) {
    if (error instanceof ElfreezeError && error.code === 'UNSUPPORTED') throw error;
  }
}

/** Memory that fork leaves out must be read from the process itself. */
export const mayBeCopied = (survey: Pick<Survey, 'isInit' | 'entries'>): boolean =>
  !survey.isInit &&
  !survey.entries.some(
    (entry) => classify(entry) === 'shared-anon' || flagRows(entry.vmFlags).some((row) => 'inPlace' in row),
  );
