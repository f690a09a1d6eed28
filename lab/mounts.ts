import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Unmounts whatever is mounted below a folder. The path is the fifth field. @source proc_pid_mountinfo(5) */
export async function unmountBelow(folder: string): Promise<void> {
  const lines = (await readFile('/proc/self/mountinfo', 'latin1')).split('\n');
  const paths = lines.map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${folder}/`));
  // What was mounted last may lie in what was mounted before.
  for (const path of paths.reverse()) await promisify(execFile)('umount', [path]);
}
