import { CELLS } from '../cell.ts';
import { TARGETS } from '../targets/index.ts';

export function targetsCommand({ json }: { json?: true }): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ targets: TARGETS, cells: CELLS.map(({ name }) => name) }, null, 2)}\n`);
    return;
  }
  const width = Math.max(...TARGETS.map(({ name }) => name.length));
  for (const { name, fact, arches, linkages } of TARGETS) {
    process.stdout.write(`${name.padEnd(width)}  ${fact}  (${arches.join(', ')}; ${linkages.join(', ')})\n`);
  }
  process.stdout.write(`\n${TARGETS.length} targets, ${CELLS.length} cells\n`);
}
