import { ElfreezeError } from '../../base/errors.ts';
import { DELETED } from '../../proc/maps.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { procLink, procStat, TOO_LONG } from '../../sys/procfs.ts';
import { linkStatIn } from '../../sys/rooted.ts';

/** An image enters it by its path. @throws UNSUPPORTED when that does not lead to it */
export function describeWorkingDirectory(pid: number): Pick<Snapshot, 'cwd' | 'cwdFile'> {
  const cwd = procLink(pid, 'cwd');
  const { dev, ino: inode } = procStat(pid, 'cwd');
  const refuse = (what: string): never => {
    throw new ElfreezeError('UNSUPPORTED', `process ${pid} → its working directory, ${what}`);
  };
  if (cwd === TOO_LONG) return refuse(cwd);
  if (!cwd.startsWith('/')) return refuse(`${cwd}, which has no path`);
  const found = linkStatIn(pid, cwd);
  if (found?.dev === dev && found.ino === inode) return cwd === '/' ? { cwd } : { cwd, cwdFile: { dev, inode } };
  if (cwd.endsWith(DELETED)) return refuse(`${cwd.slice(0, -DELETED.length)}, which has been removed`);
  return refuse(`${cwd}, which that path does not lead to`);
}
