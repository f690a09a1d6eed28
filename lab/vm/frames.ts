/** What a frame asks for or tells; guest/guest.c has the other end. Answers carry the id of what they answer. */
export const KIND = {
  /** A file follows, one at a time: u32 mode, path. Its bytes are DATA, then DONE; STATUS. */
  PUT: 1,
  DATA: 2,
  DONE: 3,
  /** u64 offset, u64 length, path: a part of a file, as OUT; STATUS. */
  READ: 4,
  /** Where a symbolic link leads, as OUT; STATUS. */
  LINK: 5,
  /** Names in a folder, as OUT; STATUS. */
  LIST: 6,
  /** A folder, with those that it lies in; STATUS. */
  MAKE: 7,
  /** A file, or a folder with all that is in it; STATUS. */
  REMOVE: 8,
  /** A process: root or '', directory, file for standard input or '', count of arguments, arguments, variables; PID, OUT, ERR, EXIT. */
  START: 9,
  /** For standard input of the process of that id, and its end. No answer. */
  FEED: 10,
  SHUT: 11,
  /** pid as kill(2) takes it, signal number; of a process that has not ended. No answer. */
  SIGNAL: 12,
  /** A module of the kernel, by its path; STATUS. */
  LOAD: 13,
  HELLO: 32,
  /** u32 */
  PID: 33,
  OUT: 34,
  ERR: 35,
  /** u32, the status of wait(2). */
  EXIT: 36,
  /** u32, an errno or 0. */
  STATUS: 37,
} as const;

export interface Frame {
  readonly id: number;
  readonly kind: number;
  readonly payload: Buffer;
}

/** What comes by the serial port; the payload is elsewhere. */
export interface Header {
  readonly id: number;
  readonly kind: number;
  readonly length: number;
}

const HEADER_BYTES = 12;
/** The most that one frame carries; the guest has room for no more. */
export const CHUNK = 1 << 18;

export function encodeHeader({ id, kind, length }: Header): Buffer {
  if (length > CHUNK) throw new RangeError(`a frame carries at most ${CHUNK} bytes, not ${length}`);
  const bytes = Buffer.alloc(HEADER_BYTES);
  [id, kind, length].forEach((field, index) => bytes.writeUInt32LE(field, index * 4));
  return bytes;
}

/** Bytes come in as they come; whole headers go out. */
export class HeaderReader {
  private pending = Buffer.alloc(0);

  /** @throws RangeError when the bytes cannot be headers: the line is out of step, and stays so */
  push(bytes: Buffer): Header[] {
    const all = Buffer.concat([this.pending, bytes]);
    const whole = all.length - (all.length % HEADER_BYTES);
    this.pending = all.subarray(whole);
    const headers: Header[] = [];
    for (let at = 0; at < whole; at += HEADER_BYTES) {
      const [id, kind, length] = [0, 4, 8].map((field) => all.readUInt32LE(at + field)) as [number, number, number];
      if (length > CHUNK) throw new RangeError(`the guest sent a frame of ${length} bytes`);
      headers.push({ id, kind, length });
    }
    return headers;
  }
}

export const numberOf = (payload: Buffer): number => payload.readUInt32LE(0);

export function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function encodeOffset(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** Each with a zero byte after it, as the guest reads them. */
export const encodeWords = (words: readonly string[]): Buffer =>
  Buffer.from(words.map((word) => `${word}\0`).join(''), 'utf8');
