import { ElfreezeError } from '../base/errors.ts';
import { openImage, verifyImage } from '../image/read.ts';
import { statOf } from '../sys/files.ts';
import { reportImage } from './image-report.ts';
import { openHostFile } from './mapped-file.ts';
import { reportProcess } from './read-process.ts';
import type { Report } from './shape.ts';

export type { ImageReport, ProcessReport, Report } from './shape.ts';

export interface InspectOptions {
  /** Decode the restore program too; images only. */
  readonly program?: boolean;
  /** Compare all that an image loads with its checksums; images only. */
  readonly verify?: boolean;
}

/** Disk blocks as stat(2) counts them, whatever the file system's own are. */
const BLOCK = 512n;

/**
 * What a process or an image is.
 * @param target a pid, or the path of an image
 * @throws NO_SUCH_PROCESS NO_SUCH_FILE NOT_PERMITTED IMAGE_* USAGE
 */
export function inspect(target: number | string, { program = false, verify = false }: InspectOptions = {}): Report {
  if (typeof target === 'number') {
    if (program) throw new ElfreezeError('USAGE', 'a process has no restore program: freeze it, and inspect its image');
    if (verify) throw new ElfreezeError('USAGE', 'a process has no checksums: freeze it, and inspect its image');
    return reportProcess(target);
  }
  using image = openImage(target);
  const verified = verify ? verifyImage(image) : undefined;
  const diskSize = (statOf(target)?.blocks ?? 0n) * BLOCK;
  return {
    ...reportImage({ image, diskSize, hostFile: openHostFile, program }),
    ...(verified === undefined ? {} : { verified }),
  };
}
