import { readFileSync } from 'node:fs';
import { SETTING_FILES, type SettingTexts } from '../predict/settings.ts';

/** What this process's execve goes by. */
export const readSettings = (): SettingTexts =>
  Object.fromEntries(SETTING_FILES.map((name) => [name, textOf(`/proc/${name}`)])) as SettingTexts;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // older kernels and containers lack some: defaults stand for them
  }
}
