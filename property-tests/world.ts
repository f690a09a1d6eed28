import { readFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { DEFAULT_CONDITIONS, type ExecConditions } from '../src/predict/conditions.ts';
import { type Kernel, parseKernel } from '../src/predict/kernel.ts';
import { type Rules, rulesOf } from '../src/predict/rules.ts';

/** What the kernel that is asked is like, apart from what a launch says. */
export interface World {
  readonly kernel: Kernel;
  readonly rules: Rules;
  /** Of an unprivileged user. */
  readonly conditions: ExecConditions;
}

/** The kernel that this runs on. */
export function hostWorld(): World {
  const kernel = parseKernel(release());
  const limit = /^Max stack size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  const swap = /^SwapTotal:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? '0';
  const conditions: ExecConditions = {
    ...DEFAULT_CONDITIONS,
    randomize: Math.min(2, setting('kernel/randomize_va_space')) as 0 | 1 | 2,
    mmapMinAddr: BigInt(setting('vm/mmap_min_addr')),
    stackLimit: limit === undefined || limit === 'unlimited' ? undefined : BigInt(limit),
    memory: setting('vm/overcommit_memory') === 0 ? BigInt(totalmem()) + (BigInt(swap) << 10n) : undefined,
    randomBits: { 32: setting('vm/mmap_rnd_compat_bits'), 64: setting('vm/mmap_rnd_bits') },
    la57: /^flags.*\bla57\b/m.test(readFileSync('/proc/cpuinfo', 'latin1')),
  };
  return { kernel, rules: rulesOf(kernel), conditions };
}

const setting = (name: string): number => Number(readFileSync(`/proc/sys/${name}`, 'latin1'));
