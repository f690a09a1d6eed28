import { ElfreezeError } from '../base/errors.ts';
import { formatRange } from '../base/range.ts';
import { splitDev } from '../plan/file-identity.ts';
import { mapsDevice } from '../proc/mountinfo.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { otherProcesses, visibleDeleted, visibleMaps } from '../sys/processes.ts';

/** What an image makes anew, by the device and inode that maps shows. */
interface Own {
  readonly identity: string;
  readonly name: string;
  readonly isFile: boolean;
}

const identity = ({ dev, inode }: { readonly dev: string; readonly inode: bigint }): string => `${dev} ${inode}`;

/** Shared memory and files without a name are made anew in the image, so no other process may hold them. @throws UNSUPPORTED */
export function refuseSharedElsewhere(
  { mappings, descriptors }: Pick<Snapshot, 'mappings' | 'descriptors'>,
  own: readonly number[],
): void {
  const held: Own[] = [
    ...descriptors.flatMap((each) =>
      each.kind === 'nameless'
        ? [
            {
              identity: identity(each),
              name: `fd ${each.fd} → ${each.file === 'memfd' ? 'memfd' : 'deleted file'} ${each.name}`,
              isFile: true,
            },
          ]
        : [],
    ),
    ...mappings
      .filter(({ kind }) => kind === 'shared-anon' || kind === 'shared-nameless')
      .map((mapping) => {
        const isFile = mapping.kind === 'shared-nameless';
        return { identity: identity(mapping), name: `mapping ${formatRange(mapping)} → shared memory`, isFile };
      }),
  ];
  if (held.length === 0) return;
  const files = held.filter(({ isFile }) => isFile);
  for (const pid of otherProcesses(own)) {
    const maps = visibleMaps(pid);
    const mapped = held.find((each) => maps.includes(` ${each.identity} `));
    if (mapped) throw new ElfreezeError('UNSUPPORTED', `${mapped.name} that process ${pid} maps too`);
    const open = files.length === 0 ? [] : visibleDeleted(pid).map(({ dev, ino }) => statIdentity(dev, ino));
    const shared = files.find((each) => open.includes(each.identity));
    if (shared) throw new ElfreezeError('UNSUPPORTED', `${shared.name} that process ${pid} has open too`);
  }
}

function statIdentity(dev: bigint, inode: bigint): string {
  const { major, minor } = splitDev(dev);
  return identity({ dev: mapsDevice(major, minor), inode });
}
