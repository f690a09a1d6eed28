import { join, relative } from 'node:path';
import { writeNewTarget } from '../new-target.ts';
import { ROOT } from '../root.ts';

export async function newTargetCommand(name: string, { fact, group }: { fact: string; group: string }): Promise<void> {
  const path = await writeNewTarget(join(ROOT, 'lab/targets'), { name, fact, group });
  process.stdout
    .write(`wrote ${relative(ROOT, path)}, and its row in lab/targets/index.ts: arches and linkages are all unless the row says other
next:
  npm run build                                 # the lab has the new row
  bin/elfreeze-lab run ${name} --undisturbed     # without elfreeze: does it hold at all?
  bin/elfreeze-lab run ${name}                   # frozen, killed, continued, judged
`);
}
