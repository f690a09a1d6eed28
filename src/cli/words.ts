import { readFileSync } from 'node:fs';
import { parseStrings } from '../proc/environ.ts';

/** Followed by the words as JSON: how the library hands names to the command line that are not UTF-8, as Node cannot. */
export const AS_JSON = '--words-as-json';
const REPLACEMENT = '\ufffd';

/** What was given on the command line, with names as in base/names.ts: Node puts U+FFFD where bytes are not UTF-8. */
export function commandWords(): string[] {
  const words = process.argv.slice(2);
  if (words[0] === AS_JSON && words[1] !== undefined) return JSON.parse(words[1]) as string[];
  if (!words.some((word) => word.includes(REPLACEMENT))) return words;
  return parseStrings(readFileSync('/proc/self/cmdline')).slice(-words.length);
}
