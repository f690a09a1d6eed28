const { stdout, stderr } = process;
const coloured = stdout.isTTY && !process.env['NO_COLOR'];
const rewrites = stderr.isTTY && process.env['TERM'] !== 'dumb';
const CLEAR = '\r\u001b[K';

/** What is being done now: one line that is written over on a terminal, plain lines elsewhere. */
export function sayStep(text: string): void {
  if (rewrites) stderr.write(`${CLEAR}${text.slice(0, Math.max(20, (stderr.columns || 80) - 3))} …`);
  else stderr.write(`${text}\n`);
}

/** The line is gone from a terminal; what is printed next begins at its start. */
export function clearStep(): void {
  if (rewrites) stderr.write(CLEAR);
}

const paint = (code: number, text: string): string => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
export const green = (text: string): string => paint(32, text);
export const red = (text: string): string => paint(31, text);
export const bold = (text: string): string => paint(1, text);
