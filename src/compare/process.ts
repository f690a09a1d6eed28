import { hex } from '../base/range.ts';
import type { ResourceLimit, Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Declared, type Difference, differ, differInFields } from './difference.ts';
import type { PrctlSetting } from '../snapshot/prctl.ts';

const octal = (value: number): string => `0${value.toString(8)}`;

/** What belongs to the process as a whole: layout, settings, limits. */
export function compareSettings(recorded: Snapshot, found: Snapshot, { brk }: Declared): Difference[] {
  return [
    ...(brk === 'prctl' ? compareLayout(recorded, found) : compareBreak(recorded, found)),
    ...differInFields<Snapshot>('process', '', recorded, found, {
      cwd: String,
      umask: octal,
      personality: hex,
    }),
    ...(recorded.cwdFile ? differ('process', 'cwd', fileWords(recorded), fileWords(found)) : []),
    ...compareLimits(recorded.limits, found.limits),
    ...comparePrctls(recorded.prctls, found.prctls),
    ...differ('membarrier', '', recorded.membarriers.join(' '), found.membarriers.join(' ')),
  ];
}

const fileWords = ({ cwdFile }: Snapshot): string =>
  cwdFile ? `device ${hex(cwdFile.dev)} inode ${cwdFile.inode}` : ABSENT;

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

export function comparePrctls(was: readonly PrctlSetting[], is: readonly PrctlSetting[]): Difference[] {
  return was.flatMap(({ name, value }) => {
    const same = is.find((each) => each.name === name);
    return differ('prctl', name, String(value), same ? String(same.value) : ABSENT);
  });
}
