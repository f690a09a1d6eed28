import { sweep, type SweepOptions } from '../sweep/sweep.ts';

export async function sweepCommand(options: SweepOptions): Promise<void> {
  const { removed, elsewhere } = await sweep(options);
  const swept = removed.filter(({ count }) => count > 0);
  const words = swept.map(({ what, count }) => `${count} ${what}`).join(', ');
  process.stdout.write(swept.length === 0 ? 'nothing was left behind\n' : `removed: ${words}\n`);
  if (elsewhere > 0)
    process.stdout.write(
      `left alone: what labs of other machines, containers or earlier boots made (${elsewhere}); --all removes it too\n`,
    );
}
