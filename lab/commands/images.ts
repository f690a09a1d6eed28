import { openEngine } from '../container/engine.ts';
import { ensureImages } from '../container/images.ts';
import { inStages, type Stage } from '../progress.ts';
import { INTERRUPTED, interruption } from './interruption.ts';

/** Makes all images ready, and says which they are. */
export async function imagesCommand(): Promise<void> {
  const interrupted = interruption();
  const stage = {
    title: 'Images made ready',
    work: async ({ say }: Stage) => {
      await using engine = await openEngine();
      const ids = await ensureImages(['x86-64', 'i386', 'scratch'], { docker: engine.docker, interrupted, say });
      for (const [name, id] of ids) process.stdout.write(`${name.padEnd(8)}  ${id}\n`);
    },
  };
  await inStages([stage]).catch((error: unknown) => {
    // What an interrupt broke off is no failure.
    if (!interrupted.aborted) throw error;
    process.exitCode = INTERRUPTED;
  });
}
