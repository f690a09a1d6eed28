import type { Range } from '../../base/range.ts';

/** A regular file that no path leads to and no other process has. An image makes it anew, with all that is in it. */
export interface NamelessFile {
  readonly kind: 'memfd' | 'deleted';
  /** What a memfd was called; the path that a deleted file had. */
  readonly name: string;
  /** As /proc/PID/maps has it: `fd:00`. Device and inode tell one file from another. */
  readonly dev: string;
  readonly inode: bigint;
  /** Bytes; whole pages of a file that is only mapped. */
  readonly size: bigint;
  /** What of it is no hole, by offset, ascending. */
  readonly extents: readonly Range[];
  /** Unknown of a file that is only mapped, as it is to the process itself. */
  readonly attributes?: {
    /** Permission bits. */
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    /** Nanoseconds since 1970; two's complement. */
    readonly accessedNs: bigint;
    readonly modifiedNs: bigint;
    /** F_SEAL_*; 0 for a deleted file. */
    readonly seals: number;
  };
}

type Identity = Pick<NamelessFile, 'dev' | 'inode'>;

export const namelessKey = ({ dev, inode }: Identity): string => `${dev} ${inode}`;

/** Of a list that may grow: where the first file of each key is, among as many as were looked at. */
interface Index {
  readonly first: Map<string, number>;
  length: number;
}
const INDEXES = new WeakMap<readonly NamelessFile[], Index>();

/** Which of the files a descriptor or mapping leads to; -1 for none. There may be thousands. */
export function namelessIndex(files: readonly NamelessFile[], wanted: Identity): number {
  const index = INDEXES.get(files) ?? { first: new Map<string, number>(), length: 0 };
  INDEXES.set(files, index);
  for (; index.length < files.length; index.length++) {
    const key = namelessKey(files[index.length]!);
    if (!index.first.has(key)) index.first.set(key, index.length);
  }
  return index.first.get(namelessKey(wanted)) ?? -1;
}
