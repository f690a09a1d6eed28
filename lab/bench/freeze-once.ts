import { ELFREEZE } from '../root.ts';
import type { Running } from '../running.ts';
import type { Run, Track } from './track.ts';

/** Freezes a process that goes on. */
export async function freezeOnce(
  track: Track,
  hog: Running,
  image: string,
  ...options: string[]
): Promise<Run & { readonly image: string }> {
  const args = [ELFREEZE, 'freeze', String(hog.pid), '-o', image, '--json', ...options];
  return { image, ...(await track.run(process.execPath, ...args)) };
}
