import { compareProcess, type Comparison } from '../compare/compare.ts';
import type { Difference } from '../compare/difference.ts';
import { toJson } from '../snapshot/json.ts';

/** Lines that are printed; --json prints all. */
const MAX_LINES = 60;
const DIFFERS = 1;

/** Exit status 0: the same, 1: it differs. */
export async function compareCommand(file: string, pid: number, { json }: { readonly json?: boolean }): Promise<void> {
  const comparison = await compareProcess(file, pid);
  console.log(json ? toJson(comparison) : describe(comparison).join('\n'));
  if (!comparison.same) process.exitCode = DIFFERS;
}

function describe({ same, differences, counts }: Comparison): string[] {
  const { mappings, memory, registers, descriptors, unlisted } = counts;
  const all = `${mappings} mappings, ${memory >> 10n} KiB of memory, ${registers} registers, ${descriptors} descriptors`;
  if (same) return [`same: ${all}`];
  const shown = differences.slice(0, MAX_LINES);
  const more = differences.length - shown.length + unlisted;
  return [
    `differs in ${differences.length + unlisted} of: ${all}`,
    ...shown.map(line),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

const line = ({ what, where, recorded, found }: Difference): string =>
  `  ${what}${where === '' ? '' : ` ${where}`}: recorded ${recorded}, found ${found}`;
