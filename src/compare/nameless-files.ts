import { joinRanges } from '../base/range.ts';
import { type NamelessFile, namelessIndex } from '../snapshot/files/nameless-files.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type Difference, differInFields } from './difference.ts';
import { compareMemory } from './memory.ts';
import type { MappingKind, MemorySource } from '../snapshot/memory.ts';

interface Side {
  readonly snapshot: Snapshot;
  /** What is in each of its nameless files. */
  readonly files: readonly MemorySource[];
}

/** Every file without a name: the same descriptors and mappings lead to it, and it is as it was. */
export async function compareNameless(recorded: Side, found: Side): Promise<Difference[]> {
  const uses = found.snapshot.nameless.map((_, index) => usesOf(found.snapshot, index));
  const differences = recorded.snapshot.nameless.map(async (was, index) => {
    const where = usesOf(recorded.snapshot, index);
    const number = uses.indexOf(where);
    const [is, own, other] = [found.snapshot.nameless[number], recorded.files[index], found.files[number]];
    if (!is || !own || !other) return [{ what: 'file', where, recorded: 'one file', found: uses.join('; ') }];
    const attributes = compareAttributes(where, was, is);
    if (attributes.length > 0) return attributes;
    const bytes = await compareMemory(own, other, joinRanges([...was.extents, ...is.extents]), []);
    return bytes.differences.map((each) => ({ ...each, what: 'file contents', where: `${where}: ${each.where}` }));
  });
  return (await Promise.all(differences)).flat();
}

const OF_NAMELESS: readonly MappingKind[] = ['shared-nameless', 'private-nameless'];

/** By what tells one such file from another in both processes: who leads to it. */
function usesOf({ nameless, descriptors, mappings }: Snapshot, index: number): string {
  const fds = descriptors.flatMap((each) =>
    each.kind === 'nameless' && namelessIndex(nameless, each) === index ? [`fd ${each.fd}`] : [],
  );
  const mapped = mappings.flatMap((each) =>
    OF_NAMELESS.includes(each.kind) && namelessIndex(nameless, each) === index ? [each.start] : [],
  );
  return [...fds, ...mapped.map((start) => `mapping at 0x${start.toString(16)}`)].join(', ');
}

/** Of a memfd name and seals too: a file that was deleted may be one now. */
function compareAttributes(where: string, was: NamelessFile, is: NamelessFile): Difference[] {
  const isMemfd = was.kind === 'memfd';
  return differInFields('file', where, was, is, {
    size: String,
    attributes: (value) => {
      if (!value) return 'unknown';
      return `mode 0${value.mode.toString(8)}, modified at ${value.modifiedNs}${isMemfd ? `, seals ${value.seals}` : ''}`;
    },
    ...(isMemfd ? { name: String } : {}),
  });
}
