import type { CellRecord, VerdictRecord } from '../record.ts';

export const Verdict = ({ outcome }: Pick<CellRecord['verdict'], 'outcome'>) => (
  <span class={`verdict ${outcome}`}>{outcome}</span>
);

/** What is known of a failure of the lab: the cause, and the end of a guest's console. */
export const told = ({ cause, console }: Extract<VerdictRecord, { outcome: 'infra' }>): string =>
  [cause, console].filter((text) => text !== '').join('\n\n');
