import { type Range, sizeOf } from '../../base/range.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import type { Program } from '../program/program.ts';

/** @source shmget(2), shmat(2), shmctl(2) */
const IPC_PRIVATE = 0n;
const OWNER_ONLY = 0o600n;
const IPC_RMID = 0n;
const SHM = { RDONLY: 0o10000n, REMAP: 0o40000n, NORESERVE: 0o10000n } as const;

/** One attachment of a segment: all that is mapped of it from `start` on. */
interface Attachment extends Range {
  readonly mappings: readonly Mapping[];
}

/** A System V shared memory segment; mappings show its id as their inode. */
export interface SysvSegment {
  readonly id: bigint;
  readonly attachments: readonly Attachment[];
}

export function findSegments(mappings: readonly Mapping[]): SysvSegment[] {
  const segments = new Map<bigint, Map<bigint, Mapping[]>>();
  for (const mapping of mappings.filter(({ kind }) => kind === 'sysv')) {
    const segment = segments.get(mapping.inode) ?? new Map<bigint, Mapping[]>();
    const base = mapping.start - mapping.offset;
    segments.set(mapping.inode, segment.set(base, [...(segment.get(base) ?? []), mapping]));
  }
  return [...segments].map(([id, attachments]) => ({
    id,
    attachments: [...attachments].map(([start, own]) => ({ start, end: own.at(-1)?.end ?? start, mappings: own })),
  }));
}

/**
 * Makes each segment, attaches it where it was, and marks it for removal, as it was: the last shmdt(2) ends it.
 * @param fill puts a mapping's bytes back
 */
export function attachSegments(program: Program, mappings: readonly Mapping[], fill: (mapping: Mapping) => void): void {
  for (const { attachments } of findSegments(mappings)) {
    const [first] = attachments;
    if (!first) continue;
    const id = program.slot();
    // The kernel does not report whether it reserved swap space for the old one.
    const sentence = 'make System V shared memory';
    program.call('shmget', [IPC_PRIVATE, sizeOf(first), SHM.NORESERVE | OWNER_ONLY], sentence, { keep: id });
    const attach = ({ start }: Range, flags: bigint): void =>
      program.call(
        'shmat',
        [id, start, flags | SHM.REMAP],
        `attach System V shared memory at 0x${start.toString(16)}`,
        {
          expect: { kind: 'exactly', value: start },
        },
      );
    attach(first, 0n);
    for (const mapping of first.mappings) fill(mapping);
    for (const attachment of attachments) {
      const readOnly = attachment.mappings.every(({ vmFlags }) => !vmFlags.includes('mw'));
      if (readOnly || attachment !== first) attach(attachment, readOnly ? SHM.RDONLY : 0n);
    }
    program.call('shmctl', [id, IPC_RMID, 0n], 'mark System V shared memory for removal');
    program.releaseSlot();
  }
}
