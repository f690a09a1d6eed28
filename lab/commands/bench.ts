import { GROUPS } from '../bench/groups.ts';
import type { Row } from '../bench/figures.ts';
import { defaultPlace, describeMachine, sizesThatFit } from '../bench/machine.ts';
import { formatTable, jsonOf } from '../bench/table.ts';
import { Track } from '../bench/track.ts';
import { clearStep } from '../demo/steps.ts';
import { Workbench } from '../demo/workbench.ts';

export interface BenchOptions {
  readonly only: readonly string[];
  readonly runs: number;
  readonly sizes: readonly number[];
  readonly dir?: string;
  readonly json?: true;
}

export const GROUP_NAMES = Object.keys(GROUPS);

/** Measures, prints, and judges no one: figures of one machine at one moment are no test. */
export async function benchCommand({ only, runs, sizes, dir, json }: BenchOptions): Promise<void> {
  const place = dir ?? (await defaultPlace());
  await using bench = await Workbench.open('bench', place);
  try {
    const machine = await describeMachine(place);
    const fitting = await sizesThatFit(sizes, place);
    const left = sizes.filter((size) => !fitting.includes(size));
    if (left.length > 0) process.stderr.write(`no room here for ${left.join(', ')} MiB\n`);
    if (!json) process.stdout.write(`${machine}\n`);
    const track = new Track(bench, runs);
    const rows: Row[] = [];
    for (const [name, group] of Object.entries(GROUPS))
      if (only.length === 0 || only.includes(name)) rows.push(...(await group(track, fitting)));
    clearStep();
    const title = `${runs} runs each, in turn: medians, and minima in parentheses`;
    if (json) process.stdout.write(`${JSON.stringify({ machine, runs, rows: jsonOf(rows) }, null, 2)}\n`);
    else process.stdout.write(`${title}\n\n${formatTable(rows)}`);
  } catch (error) {
    clearStep();
    // What an interrupt broke off is no failure.
    if (!bench.isInterrupted) throw error;
  }
}
