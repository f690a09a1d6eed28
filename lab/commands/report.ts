import { readFile } from 'node:fs/promises';
import { parseRun } from '../report/record.ts';
import { type ReportFiles, writeReports } from '../report/write.ts';

/** Makes files of a record that was printed earlier, or on another machine. */
export async function reportCommand(path: string, files: ReportFiles): Promise<void> {
  if (files.junit === undefined && files.html === undefined)
    throw new Error('nothing to write: give --junit FILE or --html FILE');
  await writeReports(parseRun(await readFile(path, 'utf8')), files);
}
