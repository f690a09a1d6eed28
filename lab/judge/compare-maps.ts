import { formatRange, intersect, overlaps, type Range, subtract } from '../../src/base/range.ts';
import type { MapsLine } from './look.ts';
import { isPrivateAnonymous, isVdso } from './memory.ts';
import type { Difference } from './verdict.ts';

/** Advice and properties that a program can see or rely on. @source proc_pid_smaps(5), VmFlags */
const VM_FLAGS = ['dd', 'dc', 'wf', 'hg', 'nh', 'sr', 'rr', 'lo', 'mg', 'gd'];

const isVvar = (line: MapsLine): boolean => line.path.startsWith('[vvar');
/** The new kernel's own, wherever it put them. */
const isNewKernels = (line: MapsLine): boolean => isVdso(line) || isVvar(line) || line.path === '[vsyscall]';

/** Ranges, protection, sharing and kind. @param declared ranges that the image says will differ */
export function compareMaps(
  before: readonly MapsLine[],
  after: readonly MapsLine[],
  declared: readonly Range[],
): Difference[] {
  const differences: Difference[] = [];
  const own = before.filter((each) => !isVvar(each));
  // What is declared of the old [vvar] is that it is gone: nothing may be left behind there.
  const leftBehind = declared.flatMap((range) => subtract(range, before.filter(isVvar)));
  for (const line of own) {
    for (const other of after) {
      const part = intersect(line, other);
      if (part) differences.push(...compareLine(part, line, other, before, after));
    }
    for (const hole of subtract(line, after)) {
      differences.push(missing(hole, describe(line, hole), 'nothing'));
    }
  }
  for (const line of after.filter((each) => !isNewKernels(each))) {
    for (const extra of subtract(line, [...own, ...leftBehind])) {
      differences.push(missing(extra, 'nothing', describe(line, extra)));
    }
  }
  return differences;
}

const missing = (place: Range, before: string, after: string): Difference => ({
  kind: 'mapping',
  at: formatRange(place),
  before,
  after,
  place,
});

function compareLine(
  part: Range,
  was: MapsLine,
  is: MapsLine,
  before: readonly MapsLine[],
  after: readonly MapsLine[],
): Difference[] {
  const differences: Difference[] = [];
  const tell = (kind: string, one: string, two: string) => {
    if (one !== two) differences.push({ kind, at: formatRange(part), before: one, after: two, place: part });
  };
  // The fourth letter, sharing, is part of the kind.
  tell('protection', was.permissions.slice(0, 3), is.permissions.slice(0, 3));
  // The saved pages of an old vdso are ordinary memory now.
  if (!isVdso(was)) tell('mapping', describe(was, part), expectedKind(part, was, is, before, after));
  const flags = (line: MapsLine) => VM_FLAGS.filter((flag) => line.vmFlags.includes(flag)).join(' ');
  if (!isVdso(was)) tell('flags', flags(was), flags(is));
  return differences;
}

/** What `is` is, said as `describe(was)` where that is acceptable. */
function expectedKind(
  part: Range,
  was: MapsLine,
  is: MapsLine,
  before: readonly MapsLine[],
  after: readonly MapsLine[],
): string {
  const same = describe(was, part);
  // A private mapping of a file comes back as one of the image, or as memory.
  if (isPrivateFile(was) && (isPrivateFile(is) || (isPrivateAnonymous(is) && is.path === ''))) return same;
  // The same file, by another of its names.
  if (DELETED.test(was.path) && was.inode === is.inode && was.permissions.endsWith('s'))
    return describe({ ...is, path: was.path }, part);
  // Neighbours with equal properties become one line, which has one name: of two that were named apart the other's is accepted.
  const merged = before.filter((line) => overlaps(line, is)).length > 1;
  const split = after.filter((line) => overlaps(line, was)).length > 1;
  if (
    isPrivateAnonymous(was) &&
    isPrivateAnonymous(is) &&
    merged &&
    before.some((line) => overlaps(line, is) && line.path === is.path)
  )
    return same;
  if (
    isPrivateAnonymous(was) &&
    isPrivateAnonymous(is) &&
    split &&
    after.some((line) => overlaps(line, was) && line.path === was.path)
  )
    return same;
  return describe(is, part);
}

const isPrivateFile = (line: MapsLine): boolean => line.inode !== 0n && line.permissions.endsWith('p');

/** Made anew, under no name or another. A memfd keeps its own. */
const DELETED = /^(?!\/memfd:).* \(deleted\)$/s;

function describe(line: MapsLine, part: Range): string {
  if (isPrivateAnonymous(line)) return `anonymous ${line.path}`.trimEnd();
  const offset = line.offset + (part.start - line.start);
  const path = DELETED.test(line.path) ? 'deleted file' : line.path;
  return `${line.permissions.endsWith('s') ? 'shared' : 'private'} ${path}+${offset.toString(16)}`;
}
