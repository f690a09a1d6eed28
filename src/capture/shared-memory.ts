import { ElfreezeError } from '../base/errors.ts';
import { formatRange } from '../base/range.ts';
import { splitDev } from '../plan/files/file-identity.ts';
import { mapsDevice } from '../proc/mountinfo.ts';
import type { Mapping } from '../snapshot/snapshot.ts';
import { otherProcesses, visibleDeleted, visibleMaps } from '../sys/processes.ts';
import type { Refused } from './descriptors/refuse.ts';
import type { Numbered } from './descriptors/together.ts';

const identity = ({ dev, inode }: { readonly dev: string; readonly inode: bigint }): string => `${dev} ${inode}`;

/** Files without a name are made anew in the image, so no other process may hold them. */
export function filesHeldElsewhere(descriptors: readonly Numbered[], own: readonly number[]): Refused[] {
  const files = descriptors.flatMap((each) => (each.kind === 'nameless' ? [each] : []));
  if (files.length === 0) return [];
  return otherProcesses(own).flatMap((pid) => {
    const held = heldBy(pid);
    return files.flatMap((file) => {
      const how = held(identity(file), true);
      const name = `${file.file === 'memfd' ? 'memfd' : 'deleted file'} ${file.name}`;
      return how === undefined
        ? []
        : [{ fd: file.fd, what: `${name} that process ${pid} ${how} too`, isOutside: true }];
    });
  });
}

/** So is shared memory. @throws UNSUPPORTED */
export function refuseSharedElsewhere(mappings: readonly Mapping[], own: readonly number[]): void {
  const shared = mappings.filter(({ kind }) => kind === 'shared-anon' || kind === 'shared-nameless');
  if (shared.length === 0) return;
  for (const pid of otherProcesses(own)) {
    const held = heldBy(pid);
    for (const mapping of shared) {
      const how = held(identity(mapping), mapping.kind === 'shared-nameless');
      const what = `mapping ${formatRange(mapping)} → shared memory that process ${pid} ${how} too`;
      if (how !== undefined) throw new ElfreezeError('UNSUPPORTED', what);
    }
  }
}

/** Of what has an inode. */
const IDENTITY = /(?<= )[0-9a-f]+:[0-9a-f]+ [1-9]\d*(?= )/g;

/** @returns how another process holds what maps shows as a device and inode, where it does: a file may be open too */
function heldBy(pid: number): (identity: string, isFile: boolean) => 'maps' | 'has open' | undefined {
  const mapped = new Set(visibleMaps(pid).match(IDENTITY));
  let open: Set<string> | undefined;
  return (wanted, isFile) => {
    if (mapped.has(wanted)) return 'maps';
    if (!isFile) return undefined;
    open ??= new Set(visibleDeleted(pid).map(({ dev, ino }) => statIdentity(dev, ino)));
    return open.has(wanted) ? 'has open' : undefined;
  };
}

function statIdentity(dev: bigint, inode: bigint): string {
  const { major, minor } = splitDev(dev);
  return identity({ dev: mapsDevice(major, minor), inode });
}
