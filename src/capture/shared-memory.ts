import { ElfreezeError } from '../base/errors.ts';
import { formatRange } from '../base/range.ts';
import type { Mapping } from '../snapshot/snapshot.ts';
import { otherProcesses, visibleMaps } from '../sys/processes.ts';

/** Shared anonymous memory is made anew in the image, so no other process may hold it. @throws UNSUPPORTED */
export function refuseSharedElsewhere(mappings: readonly Mapping[], own: readonly number[]): void {
  const shared = mappings.filter(({ kind }) => kind === 'shared-anon');
  if (shared.length === 0) return;
  for (const pid of otherProcesses(own)) {
    const maps = visibleMaps(pid);
    const found = shared.find(({ dev, inode }) => maps.includes(` ${dev} ${inode} `));
    if (found)
      throw new ElfreezeError(
        'UNSUPPORTED',
        `mapping ${formatRange(found)} → shared memory that process ${pid} maps too`,
      );
  }
}
