import { deviceInMaps } from '../../proc/mountinfo.ts';
import { namelessKey } from '../../snapshot/files/nameless-files.ts';
import { visibleDeleted, visibleMaps } from '../../sys/processes.ts';

/** Of what has an inode. */
const IDENTITY = /(?<= )[0-9a-f]+:[0-9a-f]+ [1-9]\d*(?= )/g;

/** @returns how another process holds what maps shows as a device and inode, where it does: a file may be open too */
export function heldBy(pid: number): (identity: string, isFile: boolean) => 'maps' | 'has open' | undefined {
  const mapped = new Set(visibleMaps(pid).match(IDENTITY));
  let open: Set<string> | undefined;
  return (wanted, isFile) => {
    if (mapped.has(wanted)) return 'maps';
    if (!isFile) return undefined;
    open ??= new Set(visibleDeleted(pid).map(({ dev, ino }) => namelessKey({ dev: deviceInMaps(dev), inode: ino })));
    return open.has(wanted) ? 'has open' : undefined;
  };
}
