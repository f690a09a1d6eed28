import { formatRange, hex, joinRanges } from '../base/range.ts';
import { CARRY, mayStayView } from '../plan/memory/carry.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { flagRows } from '../snapshot/vm-flags.ts';
import { ABSENT, type Declared, type Difference, differ } from './difference.ts';
import { overlay, subtractAll } from './ranges.ts';
import { type Mapping, PROT_EXEC, PROT_READ, PROT_WRITE } from '../snapshot/memory.ts';

/** How a mapping looks once the process is continued. */
type Form =
  | 'anonymous memory'
  | 'view of a file'
  | 'view past the end of a file'
  | 'shared memory'
  | 'shared mapping'
  | 'shared nameless file'
  | 'private view of a nameless file'
  | 'System V shared memory'
  | 'vdso of the kernel';

const FORMS = {
  anonymous: 'anonymous memory',
  view: 'view of a file',
  tail: 'view past the end of a file',
  shared: 'shared memory',
  reopen: 'shared mapping',
  nameless: 'shared nameless file',
  written: 'private view of a nameless file',
  sysv: 'System V shared memory',
} as const;

/** What was recorded becomes … */
const formAfter = ({ kind }: Mapping): Form => {
  const carry = CARRY[kind];
  return carry === 'nobody' ? 'vdso of the kernel' : FORMS[carry];
};

/** … and what is found is. */
const FORM_OF: Readonly<Record<Mapping['kind'], Form>> = {
  anon: 'anonymous memory',
  stack: 'anonymous memory',
  file: 'view of a file',
  'file-tail': 'view past the end of a file',
  'shared-anon': 'shared memory',
  'shared-file': 'shared mapping',
  'shared-file-ro': 'shared mapping',
  'shared-nameless': 'shared nameless file',
  'private-nameless': 'private view of a nameless file',
  sysv: 'System V shared memory',
  vdso: 'vdso of the kernel',
  vvar: 'vdso of the kernel',
  vsyscall: 'vdso of the kernel',
};

/**
 * Compares what is mapped, stretch by stretch: lines of maps that merge or split make no difference, nor do labels.
 * What the image declares is left out: the restorer's remains, and that the data pages of the old kernel's vdso are gone.
 */
export function compareMappings(recorded: Snapshot, found: Snapshot, { remains, lazy }: Declared): Difference[] {
  const kernels = recorded.mappings.filter(({ kind }) => CARRY[kind] === 'nobody');
  const holes = [...kernels, remains].sort((a, b) => (a.start < b.start ? -1 : 1));
  const theirs = subtractAll(recorded.mappings, holes);
  const ours = found.mappings
    .filter(({ kind }) => kind !== 'vsyscall')
    .flatMap((each) => subtractAll([each], CARRY[each.kind] === 'nobody' ? holes : [remains]));
  const image = ours.find(({ kind }) => kind === 'file');
  const differences = new Joined();
  for (const { start, end, recorded: was, found: is } of overlay(theirs, ours)) {
    const lazyView = lazy && was !== undefined && is?.kind === 'file' && wasAnonymous(was);
    const form = was && is && (lazyView || isMappedAgain(was, is)) ? FORM_OF[is.kind] : was && formAfter(was);
    const before = was && form ? describe(was, form, start) : ABSENT;
    differences.add('mapping', start, end, before, is ? describe(is, FORM_OF[is.kind], start) : ABSENT);
    if (!was || !is) continue;
    differences.add('mapping flags', start, end, restoredFlags(was, lazyView), restoredFlags(is, lazyView));
    if (is.kind !== 'file' || (is.dev === image?.dev && is.inode === image.inode)) continue;
    differences.add('mapping', start, end, 'the image', is.path);
  }
  return [...differences.list(), ...compareGuards(theirs, ours)];
}

function compareGuards(theirs: readonly Mapping[], ours: readonly Mapping[]): Difference[] {
  const text = (mappings: readonly Mapping[]): string =>
    joinRanges(mappings.flatMap(({ guards }) => guards))
      .map(formatRange)
      .join(', ') || ABSENT;
  return differ('guard regions', '', text(theirs), text(ours));
}

/** Lazy memory stays a view of the image. */
const wasAnonymous = (mapping: Mapping): boolean => CARRY[mapping.kind] === 'anonymous' && mayStayView(mapping);

/** A read-only shared file is mapped again where it still exists. */
const isMappedAgain = (was: Mapping, is: Mapping): boolean =>
  was.kind === 'shared-file-ro' && is.kind === 'shared-file-ro';

const permissions = (prot: number): string =>
  `${prot & PROT_READ ? 'r' : '-'}${prot & PROT_WRITE ? 'w' : '-'}${prot & PROT_EXEC ? 'x' : '-'}`;

/** Only a file that is mapped again must be the same one, at the same place of it; of one without a name, compareNameless tells which it is. */
function describe(mapping: Mapping, form: Form, start: bigint): string {
  const at = hex(mapping.offset + (start - mapping.start));
  const which =
    form === 'shared mapping' ? ` of ${mapping.path} at ${at}` : form.endsWith('nameless file') ? ` at ${at}` : '';
  return `${permissions(mapping.prot)} ${form}${which}`;
}

/** The VmFlags that an image puts back. Those of mmap(2) cannot be given to what the loader has mapped. */
function restoredFlags({ vmFlags }: Mapping, isLoaded: boolean): string {
  const rows = flagRows(vmFlags).filter((row) => !('refuse' in row) && !(isLoaded && 'mmap' in row));
  return rows.map(({ means }) => means).join(', ') || ABSENT;
}

/** Collects differences; stretches that follow each other and differ in the same way become one. */
class Joined {
  private readonly runs = new Map<
    string,
    { start: bigint; end: bigint; what: string; recorded: string; found: string }[]
  >();

  add(what: string, start: bigint, end: bigint, recorded: string, found: string): void {
    if (recorded === found) return;
    const runs = this.runs.get(what) ?? [];
    this.runs.set(what, runs);
    const last = runs.at(-1);
    if (last && last.end === start && last.recorded === recorded && last.found === found) last.end = end;
    else runs.push({ start, end, what, recorded, found });
  }

  list(): Difference[] {
    return [...this.runs.values()]
      .flat()
      .map(({ start, end, ...rest }) => ({ where: formatRange({ start, end }), ...rest }));
  }
}
