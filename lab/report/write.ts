import { writeFile } from 'node:fs/promises';
import { formatJunit } from './junit.ts';
import type { RunRecord } from './record.ts';

/** Files that a run is written to, if wanted. */
export interface ReportFiles {
  readonly junit?: string;
}

export async function writeReports(run: RunRecord, files: ReportFiles): Promise<void> {
  if (files.junit !== undefined) await writeFile(files.junit, formatJunit(run));
}
