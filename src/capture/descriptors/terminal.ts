import type { Stat } from '../../proc/stat.ts';
import type { Terminal } from '../../snapshot/files/terminal.ts';
import { terminalSettings } from '../../sys/terminals.ts';
import { isControllingTerminal } from './devices.ts';
import type { DescriptorState } from './state.ts';

/** A terminal is set by whoever is in its foreground: only then are its settings the process's own. */
export function readTerminal(
  pid: number,
  { ttyNr, tpgid, pgrp }: Stat,
  descriptors: readonly DescriptorState[],
): Terminal | undefined {
  if (ttyNr === 0 || tpgid !== pgrp) return undefined;
  const found = descriptors.find(({ stat }) => stat.isCharacterDevice() && isControllingTerminal(stat.rdev, ttyNr));
  const settings = found && terminalSettings(pid, found.fd);
  return found && settings && { fd: found.fd, settings };
}
