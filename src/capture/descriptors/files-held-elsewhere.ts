import { namelessKey } from '../../snapshot/files/nameless-files.ts';
import { otherProcesses } from '../../sys/processes.ts';
import { heldBy } from '../memory/held-by.ts';
import type { Refused } from './refuse.ts';
import type { Numbered } from './together.ts';

/** Files without a name are made anew in the image, so no other process may hold them. */
export function filesHeldElsewhere(descriptors: readonly Numbered[], own: readonly number[]): Refused[] {
  const files = descriptors.flatMap((each) => (each.kind === 'nameless' ? [each] : []));
  if (files.length === 0) return [];
  return otherProcesses(own).flatMap((pid) => {
    const held = heldBy(pid);
    return files.flatMap((file) => {
      const how = held(namelessKey(file), true);
      const name = `${file.file === 'memfd' ? 'memfd' : 'deleted file'} ${file.name}`;
      return how === undefined
        ? []
        : [{ fd: file.fd, what: `${name} that process ${pid} ${how} too`, isOutside: true }];
    });
  });
}
