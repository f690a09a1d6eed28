import { ElfreezeError } from '../../base/errors.ts';
import { formatRange } from '../../base/range.ts';
import { namelessKey } from '../../snapshot/files/nameless-files.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import { otherProcesses } from '../../sys/processes.ts';
import { heldBy } from './held-by.ts';

/** Shared memory is made anew in the image, so no other process may have it. @throws UNSUPPORTED */
export function refuseSharedElsewhere(mappings: readonly Mapping[], own: readonly number[]): void {
  const shared = mappings.filter(({ kind }) => kind === 'shared-anon' || kind === 'shared-nameless');
  if (shared.length === 0) return;
  for (const pid of otherProcesses(own)) {
    const held = heldBy(pid);
    for (const mapping of shared) {
      const how = held(namelessKey(mapping), mapping.kind === 'shared-nameless');
      const what = `mapping ${formatRange(mapping)} → shared memory that process ${pid} ${how} too`;
      if (how !== undefined) throw new ElfreezeError('UNSUPPORTED', what);
    }
  }
}
