import { openEngine } from '../container/engine.ts';
import { ensureImages } from '../container/images.ts';
import { inStages } from '../progress.ts';

/** Makes all images ready, and says which they are. */
export async function imagesCommand(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  await inStages([
    {
      title: 'Images made ready',
      work: async ({ say }) => {
        await using engine = await openEngine();
        const making = { docker: engine.docker, interrupted: interruption.signal, say };
        const ids = await ensureImages(['x86-64', 'i386', 'scratch'], making);
        for (const [name, id] of ids) process.stdout.write(`${name.padEnd(8)}  ${id}\n`);
      },
    },
  ]);
}
