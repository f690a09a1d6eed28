export type { Range } from '../../src/base/range.ts';
export type { Mapping, MappingKind } from '../../src/snapshot/memory.ts';
export type { Snapshot } from '../../src/snapshot/snapshot.ts';
export { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../src/snapshot/memory.ts';
