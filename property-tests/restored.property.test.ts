import { afterAll, beforeAll, describe, it } from 'vitest';
import { runnable } from './arbitraries/runnable.ts';
import { check } from './check.ts';
import { type Oracle, openOracle } from './oracle.ts';
import { differencesOf, imageOf, showSnapshot } from './restored.ts';

let open: Oracle | undefined;
let oracle: Oracle;
beforeAll(async () => {
  open = oracle = await openOracle();
});
// There is none if it could not be opened.
afterAll(async () => open?.[Symbol.asyncDispose]());

const MODES = [
  { arch: 'x86-64', lazy: false },
  { arch: 'x86-64', lazy: true },
  { arch: 'i386', lazy: false },
  { arch: 'i386', lazy: true },
] as const;

describe.each(MODES)('the image of any $arch process, lazy: $lazy', ({ arch, lazy }) => {
  it('stops before its first instruction as exactly that process', async ({ task, skip }) => {
    skip(oracle.world.kernel.arch === 'i386', 'a 32-bit kernel has no room for these processes');
    const cases = await check(runnable(arch), {
      title: `${task.suite?.name} ${task.name}`,
      runs: 100,
      problems: async (source) => {
        const image = imageOf(source, lazy);
        return differencesOf(source, image, await oracle.kernel.observe(image.launch));
      },
      show: showSnapshot,
    });
    console.log(`${cases} made-up processes on ${oracle.name}`);
  });
});
