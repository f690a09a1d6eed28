import { readFile } from 'node:fs/promises';
import { lacksArch } from '../lab/i386.ts';
import type { ExecConditions } from '../src/predict/conditions.ts';
import type { Kernel } from '../src/predict/kernel.ts';
import { type Rules, rulesOf } from '../src/predict/rules.ts';
import {
  lowestAddress,
  parseConditions,
  parseRunningKernel,
  SETTING_FILES,
  type SettingTexts,
} from '../src/predict/settings.ts';

/** What the kernel that is asked is like, apart from what a launch says. */
export interface World {
  readonly kernel: Kernel;
  readonly rules: Rules;
  /** Of an unprivileged user. */
  readonly conditions: ExecConditions;
}

/**
 * @param read contents of a file of that kernel; rejects where there is none
 * @param ia32 whether it runs 32-bit programs, if its own are of 64 bits
 */
export async function readWorld(read: (path: string) => Promise<string>, ia32 = true): Promise<World> {
  const texts: Record<string, string> = {};
  for (const name of SETTING_FILES) texts[name] = await read(`/proc/${name}`).catch(() => '');
  const settings = texts as SettingTexts;
  const kernel = { ...parseRunningKernel(settings), ia32 };
  const conditions = { ...parseConditions(settings), personality: 0, mmapMinAddr: lowestAddress(settings) };
  return { kernel, rules: rulesOf(kernel), conditions };
}

/** The kernel that this runs on. */
export const hostWorld = (): Promise<World> =>
  readWorld((path) => readFile(path, 'latin1'), lacksArch('i386') === undefined);
