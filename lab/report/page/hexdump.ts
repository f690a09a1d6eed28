/** Bytes on a line. */
export const ROW = 16;
/** Lines shown of one page. */
const MOST = 24;

export const bytesOf = (hexadecimal: string): Uint8Array =>
  Uint8Array.from(hexadecimal.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Offsets of the lines with a difference and one around each, and how many lines with a difference are left out. */
export function rowsToShow(differing: readonly number[], length: number): { rows: number[]; left: number } {
  const lines = [...new Set(differing.map((at) => at - (at % ROW)))];
  const around = new Set(lines.flatMap((line) => [line - ROW, line, line + ROW]));
  const rows = [...around].filter((line) => line >= 0 && line < length).sort((a, b) => a - b);
  const shown = rows.slice(0, MOST);
  return { rows: shown, left: lines.filter((line) => !shown.includes(line)).length };
}
