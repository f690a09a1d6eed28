import { writeFile } from 'node:fs/promises';
import { formatHtml } from './html.ts';
import { formatJunit } from './junit.ts';
import type { RunRecord } from './record.ts';

/** Files that a run is written to, if wanted. */
export interface ReportFiles {
  readonly junit?: string;
  readonly html?: string;
}

export async function writeReports(run: RunRecord, { junit, html }: ReportFiles): Promise<void> {
  if (junit !== undefined) await writeFile(junit, formatJunit(run));
  if (html !== undefined) await writeFile(html, formatHtml(run));
}
