import { openEngine } from '../container/engine.ts';
import { ensureImages } from '../container/images.ts';
import type { ImageName } from '../container/image-table.ts';
import { lacksArchIn } from '../places/container.ts';
import { inStages, type Stage } from '../progress.ts';
import { INTERRUPTED, interruption } from './interruption.ts';

const ARCHES = ['x86-64', 'i386'] as const;

/** Makes all images ready, and says which they are. */
export async function imagesCommand(): Promise<void> {
  const interrupted = interruption();
  const stage = {
    title: 'Images made ready',
    work: async ({ say }: Stage) => {
      await using engine = await openEngine();
      const wanted: ImageName[] = [];
      for (const arch of ARCHES) {
        const lack = lacksArchIn(engine, arch);
        if (lack === undefined) wanted.push(arch);
        else say(`${arch}: left out: ${lack}`);
      }
      const ids = await ensureImages([...wanted, 'scratch'], { docker: engine.docker, interrupted, say });
      for (const [name, id] of ids) process.stdout.write(`${name.padEnd(8)}  ${id}\n`);
    },
  };
  await inStages([stage]).catch((error: unknown) => {
    // What an interrupt broke off is no failure.
    if (!interrupted.aborted) throw error;
    process.exitCode = INTERRUPTED;
  });
}
