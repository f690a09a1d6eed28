import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { ROOT } from '../root.ts';
import type { RunRecord } from './record.ts';

/** Where the build puts the run into the page. */
const PLACE = '/*RUN*/';

/** One file that draws the run by itself: lab/report/page, which the build has made into one page. */
export function formatHtml(run: RunRecord): string {
  const page = readFileSync(join(ROOT, 'dist/lab-report.html'), 'utf8');
  const [before, after, ...more] = page.split(PLACE);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('dist/lab-report.html has no place for the run: npm run build');
  // Runs are long and repeat themselves: deflated they are a twentieth.
  return before + deflateRawSync(JSON.stringify(run)).toString('base64') + after;
}
