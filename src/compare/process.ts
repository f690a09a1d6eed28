import { hex } from '../base/range.ts';
import type { ResourceLimit, Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Declared, type Difference, differ, differInFields } from './difference.ts';

const octal = (value: number): string => `0${value.toString(8)}`;
const text = (value: string | number): string => String(value);
const SCHED_IDLE = 5;

/** What belongs to the process as a whole: layout, settings, limits. */
export function compareSettings(recorded: Snapshot, found: Snapshot, { brk }: Declared): Difference[] {
  return [
    ...(brk === 'prctl' ? compareLayout(recorded, found) : compareBreak(recorded, found)),
    ...differInFields<Snapshot>('process', '', recorded, found, {
      comm: text,
      cwd: text,
      umask: octal,
      personality: hex,
    }),
    ...compareScheduling(recorded, found),
    ...compareLimits(recorded.limits, found.limits),
    ...comparePrctls(recorded, found),
  ];
}

/** All that a kernel without PR_SET_MM_MAP lets an image put back. */
const compareBreak = ({ layout: was }: Snapshot, { layout: is }: Snapshot): Difference[] =>
  differ('layout', 'brk', hex(was.brk), hex(is.brk));

function compareLayout({ layout: was }: Snapshot, { layout: is }: Snapshot): Difference[] {
  const print = {
    startCode: hex, endCode: hex, startData: hex, endData: hex, startBrk: hex, brk: hex,
    startStack: hex, argStart: hex, argEnd: hex, envStart: hex, envEnd: hex, auxv: trimmed,
  }; // prettier-ignore
  return differInFields('layout', '', was, is, print);
}

/** The vector ends with zeros, of which kernels keep room for more or fewer. */
const trimmed = (auxv: Uint8Array): string =>
  Buffer.from(auxv)
    .toString('hex')
    .replace(/(00)+$/, '');

/** The caller may have chosen to run it nicer than it was, or may not be allowed to do otherwise. */
function compareScheduling(was: Snapshot, is: Snapshot): Difference[] {
  return [
    ...(is.nice >= was.nice ? [] : differ('process', 'nice', String(was.nice), String(is.nice))),
    ...(is.schedPolicy === SCHED_IDLE
      ? []
      : differ('process', 'scheduling policy', String(was.schedPolicy), String(is.schedPolicy))),
  ];
}

/** Soft limits must be the same; a hard one that the caller did not have cannot be given. */
function compareLimits(recorded: readonly ResourceLimit[], found: readonly ResourceLimit[]): Difference[] {
  return recorded.flatMap((was) => {
    const is = found.find(({ resource }) => resource === was.resource);
    const where = String(was.resource);
    if (!is) return differ('resource limit', where, String(was.soft), ABSENT);
    const hard =
      is.hard <= was.hard ? [] : differ('resource limit', `${where} hard`, String(was.hard), String(is.hard));
    return [...differ('resource limit', `${where} soft`, String(was.soft), String(is.soft)), ...hard];
  });
}

function comparePrctls(recorded: Snapshot, found: Snapshot): Difference[] {
  return recorded.prctls.flatMap(({ name, value }) => {
    const is = found.prctls.find((each) => each.name === name);
    return differ('prctl', name, String(value), is ? String(is.value) : ABSENT);
  });
}
