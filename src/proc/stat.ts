import { ElfreezeError } from '../base/errors.ts';

/**
 * Fields 3 to 52. A leading `#` marks a count, flag or identity (number); the others are addresses, bytes and masks
 * (bigint), which need all 64 bits. Names are the manual's, in camelCase.
 * @source proc_pid_stat(5)
 */
const FIELDS = [
  '#ppid', '#pgrp', '#session', '#ttyNr', '#tpgid', '#flags', '#minflt', '#cminflt', '#majflt', '#cmajflt',
  '#utime', '#stime', '#cutime', '#cstime', '#priority', '#nice', '#numThreads', '#itrealvalue', '#starttime',
  'vsize', '#rss', 'rsslim', 'startcode', 'endcode', 'startstack', 'kstkesp', 'kstkeip',
  'signal', 'blocked', 'sigignore', 'sigcatch', 'wchan', '#nswap', '#cnswap', '#exitSignal', '#processor',
  '#rtPriority', '#policy', '#delayacctBlkioTicks', '#guestTime', '#cguestTime',
  'startData', 'endData', 'startBrk', 'argStart', 'argEnd', 'envStart', 'envEnd', '#exitCode',
] as const; // prettier-ignore

type Field = (typeof FIELDS)[number];
type Numeric = {
  readonly [F in Field as F extends `#${infer Name}` ? Name : F]: F extends `#${string}` ? number : bigint;
};

/** /proc/PID/stat. Times are clock ticks, rss is pages, vsize and rsslim are bytes. Addresses are 0 or 1 to who may not know them. */
export type Stat = Numeric & {
  readonly pid: number;
  /** May hold spaces, parentheses and newlines. */
  readonly comm: string;
  /** One letter: R S D Z T t X I. */
  readonly state: string;
};

/**
 * All 52 fields; those that a later kernel may add are left out.
 * @throws PROC_UNPARSABLE quoting the line
 * @source proc_pid_stat(5)
 */
export function parseStat(text: string): Stat {
  // The command name ends at the last parenthesis: no later field has one.
  const match = /^(\d+) \((.*)\) (\S) ((?:-?\d+ )*-?\d+) ?\n?$/s.exec(text);
  const values = match?.[4]!.split(' ') ?? [];
  if (!match || values.length < FIELDS.length)
    throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/stat says "${text.trimEnd()}"`);
  const numeric = FIELDS.map((field, i) =>
    field.startsWith('#') ? [field.slice(1), Number(values[i])] : [field, BigInt(values[i]!)],
  );
  return { pid: Number(match[1]), comm: match[2]!, state: match[3]!, ...(Object.fromEntries(numeric) as Numeric) };
}
