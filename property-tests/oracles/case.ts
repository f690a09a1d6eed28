/** Bytes of a sparse file. */
export interface FilePieces {
  readonly size: number;
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** One execve for launcher.c. */
export interface LaunchCase {
  readonly personality: number;
  /** 0: the launcher's own. */
  readonly uid: number;
  /** Looked at before its first instruction, or where it stops itself. */
  readonly until: 'entry' | 'stop';
  /** In bytes; undefined: as the launcher has it. */
  readonly stackLimit?: bigint;
  readonly addressSpaceLimit?: bigint;
  readonly dataLimit?: bigint;
  /** The program, then its interpreter if it has one. */
  readonly files: readonly FilePieces[];
}

/** What a program names as interpreter to get the second file. */
export const INTERPRETER_PATH = '/proc/self/fd/200';

/** What execve counts of the launcher's only argument and of the name it gives the file: `/proc/self/fd/199`, `p`. */
export const LAUNCHER_ARGS = { argBytes: 20n, argCount: 1 } as const;

const UNCHANGED = 0xffff_ffff_ffff_ffffn;

/** As launcher.c reads it. */
export function encodeCase(id: number, { personality, uid, until, files, ...limits }: LaunchCase): Buffer {
  const head = Buffer.alloc(44);
  [id, personality, uid, until === 'entry' ? 0 : 1].forEach((word, i) => head.writeUInt32LE(word >>> 0, 4 * i));
  [limits.stackLimit, limits.addressSpaceLimit, limits.dataLimit].forEach((limit, i) =>
    head.writeBigUInt64LE(limit ?? UNCHANGED, 16 + 8 * i),
  );
  head.writeUInt32LE(files.length, 40);
  const parts: Uint8Array[] = [head];
  for (const { size, pieces } of files) {
    const file = Buffer.alloc(12);
    file.writeBigUInt64LE(BigInt(size), 0);
    file.writeUInt32LE(pieces.length, 8);
    parts.push(file);
    for (const { offset, bytes } of pieces) {
      const piece = Buffer.alloc(12);
      piece.writeBigUInt64LE(BigInt(offset), 0);
      piece.writeUInt32LE(bytes.length, 8);
      parts.push(piece, bytes);
    }
  }
  return Buffer.concat(parts);
}
