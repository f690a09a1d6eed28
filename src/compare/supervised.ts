import { parseStatus } from '../proc/status.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { procText } from '../sys/procfs.ts';

const pidsOf = (pid: number): readonly number[] => parseStatus(procText(pid, 'status')).nsPid;

/** With ELFREEZE_PID=keep what was started only stands for the process: its child, with the recorded pid in a namespace of its own. */
export function supervisedBy(pid: number, { threads }: Snapshot): number {
  const outside = pidsOf(pid).length;
  const children = procText(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  const isProcess = (child: number): boolean => {
    const pids = pidsOf(child);
    return pids.length > outside && pids.at(-1) === threads[0]?.ownTid;
  };
  return children.find(isProcess) ?? pid;
}
