import { readFile, writeFile } from 'node:fs/promises';
import { formatCompatibility, putBetweenMarks } from '../report/compatibility.ts';
import { joinRuns } from '../report/join.ts';
import { parseRun } from '../report/record.ts';
import { type ReportFiles, writeReports } from '../report/write.ts';

/** Makes files of a record that was printed earlier, or on another machine. */
export async function reportCommand(
  paths: readonly string[],
  files: ReportFiles & { readonly table?: string },
): Promise<void> {
  const { junit, html, table } = files;
  if (junit === undefined && html === undefined && table === undefined)
    throw new Error('nothing to write: give --junit FILE, --html FILE or --table PAGE');
  const run = joinRuns(await Promise.all(paths.map(async (path) => parseRun(await readFile(path, 'utf8')))));
  await writeReports(run, files);
  if (table !== undefined)
    await writeFile(table, putBetweenMarks(await readFile(table, 'utf8'), formatCompatibility(run)));
}
