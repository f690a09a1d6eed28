import { ElfreezeError } from '../../base/errors.ts';
import { formatRange, pageCeil, sizeOf } from '../../base/range.ts';
import { findSegments } from '../../plan/memory/sysv-memory.ts';
import { DELETED, type MapsLine } from '../../proc/maps.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import type { Asked } from '../borrow/ask.ts';

const IPC_STAT = 2n;
const SHM_DEST = 0o1000;

/** What shmctl(2) tells of a segment. */
export interface SegmentStat {
  readonly id: bigint;
  /** Undefined where it does not tell. */
  readonly size: bigint | undefined;
  /** Whether the last detachment ends it. */
  readonly isRemoved: boolean;
  /** How many mappings there are, of all processes. */
  readonly attached: number;
}

/** Whether column 6 of maps is that of System V shared memory. @source ipc/shm.c newseg */
export const isSysvPath = (path: string): boolean => path.startsWith('/SYSV') && path.endsWith(DELETED);

/** Asked by the process itself, in whichever IPC namespace it is. struct shmid64_ds. @source include/uapi/asm-generic/shmbuf.h, ipcbuf.h */
export function askSegments(asked: Asked, lines: readonly MapsLine[]): SegmentStat[] {
  const ids = new Set(lines.flatMap(({ path, inode }) => (isSysvPath(path) ? [inode] : [])));
  const wide = asked.arch.wordSize === 8;
  return asked.ask(
    [...ids].map((id) => ({
      call: 'shmctl',
      args: (room) => [id, IPC_STAT, room],
      answer: (result, room) => ({
        id,
        size: result < 0n ? undefined : wide ? room.readBigUInt64LE(48) : BigInt(room.readUInt32LE(36)),
        isRemoved: (room.readUInt16LE(20) & SHM_DEST) !== 0,
        attached: room.readUInt32LE(wide ? 88 : 72),
      }),
    })),
  );
}

/** Only what nobody else has, or could come to have, can be made anew under another id. @throws UNSUPPORTED */
export function refuseSegments(mappings: readonly Mapping[], stats: readonly SegmentStat[]): void {
  for (const { id, attachments } of findSegments(mappings)) {
    const stat = stats.find((each) => each.id === id);
    const own = attachments.flatMap(({ mappings: parts }) => parts);
    const refuse = (why: string): never => {
      const [first] = own;
      const where = first ? `${formatRange(first)} ${first.path}` : '';
      throw new ElfreezeError('UNSUPPORTED', `mapping ${where} → System V shared memory ${why}`);
    };
    const size = stat?.size;
    if (!stat || size === undefined) return refuse('that the process may not look at');
    if (!stat.isRemoved) refuse('that is not marked for removal (IPC_RMID), so that others may attach it');
    if (stat.attached !== own.length) refuse('that others have attached too');
    const isWhole = ({ mappings: parts }: (typeof attachments)[number]): boolean =>
      parts.reduce((sum, part) => sum + sizeOf(part), 0n) === pageCeil(size);
    if (!attachments.every(isWhole)) refuse('of which only a part is still attached');
  }
}
