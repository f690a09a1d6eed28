import { join, relative } from 'node:path';
import { writeNewTarget } from '../new-target.ts';
import { ROOT } from '../root.ts';

export async function newTargetCommand(name: string, { fact, group }: { fact: string; group: string }): Promise<void> {
  const path = await writeNewTarget(join(ROOT, 'lab/targets'), { name, fact, group });
  const run = `bin/elfreeze-lab run ${name}`;
  const next = [
    ['npm run build', 'the lab has the new row'],
    [`${run} --undisturbed`, 'does it hold without elfreeze?'],
    [run, 'frozen, killed, continued, judged'],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  const steps = next.map(([command, why]) => `  ${command.padEnd(width)}  # ${why}\n`).join('');
  process.stdout.write(
    `wrote ${relative(ROOT, path)} and its row in lab/targets/index.ts; when the C file is filled in:\n${steps}`,
  );
}
