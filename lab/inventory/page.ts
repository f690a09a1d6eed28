import { AREAS } from './areas.ts';
import type { Area, Group, Verdict } from './row.ts';

const HEAD = `# Inventory

What a process can have on Linux 5.10 to 7.3, and what becomes of it: everything that a system call can set and another can observe. A test holds
this page, the lists of constants in the kernel's headers and the rows in \`lab/inventory\` together: what a later kernel adds has no
row, and the test says so. (\`npx vitest run --project unit lab/inventory -u\` writes the page anew.)

- **carried**: an image has it again. Named are the [targets](../lab/targets) that prove it, or a [test](../lab/robustness).
- **refused**: \`freeze\` says so, and the process continues. Named are what the tests hold ([holds.c](../lab/robustness/holds.c)), or targets that
  are refused. *Untried*: few machines have it.
- **declared**: it is the caller's, or lost, in the words of [limits.md](limits.md).
- **no state**: nothing is left of it once it has been asked for or done.
`;

const code = (name: string): string => `\`${name}\``;
/** What has a name of the kernel's, and what is said in words. */
const shown = (names: readonly string[]): string =>
  names.some((name) => name.includes(' ')) ? names.join('; ') : names.map(code).join(' ');
const PROOF: { readonly [Is in Verdict['is']]: (verdict: Extract<Verdict, { is: Is }>) => string } = {
  carried: ({ by }) => by.map(code).join(' '),
  refused: ({ by }) => by.map(code).join(' '),
  'refused, untried': ({ words }) => words,
  declared: ({ words }) => words,
  'no state': ({ why }) => why,
};

function line({ verdict, names, since }: Group): string {
  const proof = (PROOF[verdict.is] as (verdict: Verdict) => string)(verdict);
  return `- **${verdict.is}** (${proof})${since === undefined ? '' : ', newer'}: ${shown(names)}`;
}

const section = ({ title, lists, groups }: Area): string => {
  const headers = [...new Set(lists.map(({ header }) => header))].map(code).join(', ');
  return [`## ${title}`, ...(headers === '' ? [] : [`From ${headers}.`]), groups.map(line).join('\n')].join('\n\n');
};

/** docs/inventory.md */
export const inventoryPage = (): string => `${[HEAD, ...AREAS.map(section)].join('\n')}\n`;
