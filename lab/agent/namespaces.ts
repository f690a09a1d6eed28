import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why nobody can make a pid namespace here, with a user namespace or without; undefined when somebody can. */
export async function lacksPidNamespaces(): Promise<string | undefined> {
  const make = (...options: string[]) => run('unshare', [...options, '--pid', '--fork', 'true']);
  try {
    await make().catch(() => make('--user', '--map-current-user'));
    return undefined;
  } catch {
    return 'pid namespaces: unshare(1) may not make one here';
  }
}
