import type { Mapping } from '../../snapshot/memory.ts';
import type { Program } from '../program/program.ts';

const RW = 3n;
const MAP_SHARED_ANONYMOUS_FIXED = 0x1n | 0x20n | 0x10n;
const MAP_NORESERVE = 0x4000n;
const NO_FD = -1n;

/** Shared anonymous memory of which a process maps parts, or the same part more than once. */
interface SharedObject {
  readonly size: bigint;
  readonly mappings: readonly Mapping[];
}

/** One mapping that begins at offset 0 needs no object of its own: it is made in place. */
export function findSharedObjects(mappings: readonly Mapping[]): SharedObject[] {
  const groups = new Map<string, Mapping[]>();
  for (const mapping of mappings.filter(({ kind }) => kind === 'shared-anon')) {
    const name = `${mapping.dev} ${mapping.inode}`;
    groups.set(name, [...(groups.get(name) ?? []), mapping]);
  }
  const objects = [...groups.values()].filter((group) => group.length > 1 || group[0]?.offset !== 0n);
  return objects.map((group) => ({
    size: group.reduce(
      (size, { offset, start, end }) => (offset + end - start > size ? offset + end - start : size),
      0n,
    ),
    mappings: group,
  }));
}

/** Makes an object whole at a free address. @returns where each mapping's part of it is */
export function makeSharedObject(
  program: Program,
  { size, mappings }: SharedObject,
  address: bigint,
): [Mapping, bigint][] {
  const reserves = mappings.some(({ vmFlags }) => vmFlags.includes('nr')) ? MAP_NORESERVE : 0n;
  const args = [address, size, RW, MAP_SHARED_ANONYMOUS_FIXED | reserves, NO_FD, 0n];
  program.call('mmap', args, `make shared memory of ${size} bytes`);
  return mappings.map((mapping) => [mapping, address + mapping.offset]);
}
