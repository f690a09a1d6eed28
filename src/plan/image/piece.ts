/** A stretch of the file: memory of the process, what is in one of its nameless files, or given bytes. What lies between is a hole. */
export type Piece = { readonly offset: bigint } & (
  | { readonly kind: 'memory'; readonly address: bigint; readonly size: bigint; readonly mayChange?: true }
  | { readonly kind: 'file'; readonly file: number; readonly start: bigint; readonly size: bigint }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'sums';
      /** What is written here when all else is. @param sumAt the checksum of the SUM_UNIT of memory or files that begins at an offset of the file */
      readonly encode: (sumAt: (offset: bigint) => number) => Uint8Array;
    }
);
