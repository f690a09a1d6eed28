import { afterAll, beforeAll, describe, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { reached } from '../src/predict/kernel.ts';
import { runnable } from './arbitraries/runnable.ts';
import { check } from './check.ts';
import { type Oracle, openOracle } from './oracle.ts';
import { differencesOf, imageOf, isLazy, MODES, showSnapshot } from './restored.ts';

let open: Oracle | undefined;
let oracle: Oracle;
beforeAll(async () => {
  open = oracle = await openOracle();
});
// There is none if it could not be opened.
afterAll(async () => open?.[Symbol.asyncDispose]());

/** MADV_GUARD_INSTALL. @source include/uapi/asm-generic/mman-common.h */
const GUARD_REGIONS = ['6.13'];

describe.each(MODES)('the image of any %s process, made %s,', (arch, how) => {
  it('stops before its first instruction as exactly that process', async ({ task, skip }) => {
    const { version, arch: kernel, ia32 } = oracle.world.kernel;
    skip(arch === 'x86-64' && kernel === 'i386', 'a 32-bit kernel runs no programs of 64 bits');
    const lack = ia32 ? undefined : lacksArch(arch);
    skip(lack !== undefined, lack);
    const where = kernel === 'i386' ? 'below-3-gib' : 'anywhere';
    const cases = await check(runnable(arch, { where, guards: reached(version, GUARD_REGIONS) }), {
      title: `${task.suite?.name} ${task.name}`,
      runs: 100,
      problems: async (source) => {
        const image = imageOf(source, isLazy(how));
        return differencesOf(source, image, kernel, await oracle.kernel.observe(image.launch));
      },
      show: showSnapshot,
    });
    console.log(`${cases} made-up processes on ${oracle.name}`);
  });
});
