import { formatDifference, type Verdict } from './verdict.ts';
import type { VerdictRecord } from '../report/record.ts';

/** Why a verdict is not `same`, the most important first. */
export function reasons(verdict: Verdict | VerdictRecord): string[] {
  switch (verdict.outcome) {
    case 'same':
      return [];
    case 'differs':
      return verdict.differences.map(formatDifference);
    case 'unsupported':
      return [verdict.feature];
    case 'infra':
      return [verdict.cause, verdict.console].filter((text) => text !== '');
  }
}
