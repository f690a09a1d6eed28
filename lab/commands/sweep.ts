import { sweep, type SweepOptions } from '../sweep/sweep.ts';

export async function sweepCommand(options: SweepOptions): Promise<void> {
  const swept = (await sweep(options)).filter(({ count }) => count > 0);
  const words = swept.map(({ what, count }) => `${count} ${what}`).join(', ');
  process.stdout.write(swept.length === 0 ? 'nothing was left behind\n' : `removed: ${words}\n`);
}
