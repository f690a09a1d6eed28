import type { Snapshot } from '../snapshot/snapshot.ts';
import { compareDescriptors } from './descriptors.ts';
import { type Declared, type Difference, differ } from './difference.ts';
import { compareMappings } from './mappings.ts';
import { compareSettings } from './process.ts';
import { compareSignals } from './signals.ts';
import { compareThreads } from './thread.ts';

/**
 * Everything but the bytes of memory in which a process, stopped before its first own instruction, is not what was
 * recorded. What must differ is left out: process ids, the running kernel, and what the image declares.
 */
export function compareSnapshots(recorded: Snapshot, found: Snapshot, declared: Declared): Difference[] {
  if (recorded.arch !== found.arch) return differ('architecture', '', recorded.arch, found.arch);
  return [
    ...compareThreads(recorded, found),
    ...compareMappings(recorded, found, declared),
    ...compareSettings(recorded, found, declared),
    ...compareSignals(recorded, found),
    ...compareDescriptors(recorded, found),
  ];
}
