/** What lies where in the file: the restorer's own parts first, so that a cut file can still say so. */
export const RANK = { sums: 0, code: 1, program: 2, data: 3, tail: 4, frame: 5, memory: 6, seal: 7 } as const;

/** Bytes of a segment, at an offset in it: memory of the process, what was in a file of its own, or the builder's own. Everything else is a hole. */
export type Content =
  | {
      readonly at: bigint;
      readonly kind: 'memory';
      readonly address: bigint;
      readonly size: bigint;
      /** Others may write it while it is read: a file that is mapped shared. */
      readonly mayChange?: true;
    }
  | {
      readonly at: bigint;
      readonly kind: 'file';
      /** Number of the nameless file. */
      readonly file: number;
      readonly start: bigint;
      readonly size: bigint;
    }
  | { readonly at: bigint; readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** One PT_LOAD. Its file size is its memory size. */
export interface Segment {
  readonly vaddr: bigint;
  readonly size: bigint;
  /**
   * For the section that tools show it by. None for memory of files: gdb takes the first section at an address, which
   * must be that of the library's own file, or of the vdso.
   */
  readonly name?: string;
  /** PROT_* bits. */
  readonly prot: number;
  /** Where it lies in the file, among the others: the restorer's own parts first, so that a cut file can still say so. */
  readonly rank: number;
  readonly contents: readonly Content[];
}

/** The segment with the file's headers and, from HEADERS_ROOM on, the checksums: layOutImage fills it. */
export const isSumsSegment = ({ rank }: Segment): boolean => rank === RANK.sums;
