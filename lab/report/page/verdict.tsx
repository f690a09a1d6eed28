import type { CellRecord } from '../record.ts';

export const Verdict = ({ outcome }: Pick<CellRecord['verdict'], 'outcome'>) => (
  <span class={`verdict ${outcome}`}>{outcome}</span>
);
