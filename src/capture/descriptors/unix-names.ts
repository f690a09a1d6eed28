import { splitDev } from '../../base/device.ts';
import { deviceInMaps, parseMountDevices } from '../../proc/mountinfo.ts';
import type { UnixDiagnosis } from '../../proc/unix-diag.ts';
import { unixPathOf } from '../../snapshot/files/socket-address.ts';
import type { UnixSocket } from '../../snapshot/files/descriptors.ts';
import { withDescriptor } from '../../sys/borrowed.ts';
import { type FileStat, statOf } from '../../sys/files.ts';
import { procText } from '../../sys/procfs.ts';
import { boundFile } from '../../sys/sockets.ts';
import type { DescriptorContext } from './context.ts';
import { refuse } from './refuse.ts';

/**
 * The file that a socket is bound to: its path leads to it, or it has been removed and nothing is there. An image binds to the path, and
 * may not take it from another.
 * @throws UNSUPPORTED when the path leads elsewhere, or it cannot be told where the file is
 */
export function describeFileOf(
  fd: number,
  local: Uint8Array,
  known: UnixDiagnosis,
  { pid }: DescriptorContext,
): Pick<UnixSocket, 'mode' | 'unlinked'> {
  const path = unixPathOf(local);
  if (path === undefined) return { mode: 0, unlinked: false };
  const at = `/proc/${pid}/${path.startsWith('/') ? 'root' : 'cwd/'}${path}`;
  const [found, own] = [statOf(at), withDescriptor(pid, fd, boundFile)];
  const isOwn = (stat: FileStat): boolean =>
    own ? stat.dev === own.stat.dev && stat.ino === own.stat.ino : isReported(stat, known.file, pid);
  if (found && isOwn(found)) return { mode: permissionsOf(found), unlinked: false };
  if (found) refuse(fd, `UNIX socket ${path}, a path that another file has by now`);
  if (!own)
    refuse(fd, `UNIX socket ${path}, a path that its file has no longer; whether it has another takes CAP_NET_ADMIN`);
  if (own.stat.nlink > 0n) refuse(fd, `UNIX socket ${path}, whose file is ${own.path} by now`);
  if (!statOf(at.slice(0, at.lastIndexOf('/') + 1))?.isDirectory())
    refuse(fd, `UNIX socket ${path}, a path whose directory is gone`);
  return { mode: permissionsOf(own.stat), unlinked: true };
}

const permissionsOf = ({ mode }: FileStat): number => Number(mode & 0o7777n);

/** The kernel reports the device of the file system; some, as btrfs, give their files another one. */
function isReported({ dev, ino }: FileStat, file: UnixDiagnosis['file'], pid: number): boolean {
  if (!file || BigInt.asUintN(32, ino) !== file.inode) return false;
  const { major, minor } = splitDev(dev);
  const isReportedDevice = BigInt(file.dev) === ((major << 20n) | minor);
  return isReportedDevice || !parseMountDevices(procText(pid, 'mountinfo')).has(deviceInMaps(dev));
}
