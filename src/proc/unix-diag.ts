import { ElfreezeError } from '../base/errors.ts';

/** A UNIX socket as its network namespace knows it. */
export interface UnixDiagnosis {
  /** Kernel's numbers: 1 established, 7 not connected, 10 listening. */
  readonly state: number;
  /** Inode and device of the file that it is bound to. */
  readonly file: { readonly inode: bigint; readonly dev: number } | undefined;
  /** Inode of the socket it is connected to; 0n when that is closed, undefined when it never was connected. */
  readonly peer: bigint | undefined;
  /** Of a listening socket, the connections that wait; otherwise bytes. */
  readonly queued: number;
  /** Of a listening socket, the most that may wait. */
  readonly backlog: number;
  /** 1: nothing more is received, 2: nothing more can be sent. */
  readonly shutdown: number;
}

/** SOCK_DIAG_BY_FAMILY; NLM_F_REQUEST alone: exactly one socket. @source sock_diag(7), include/uapi/linux/unix_diag.h */
const REQUEST = { size: 40, type: 20, flags: 1, family: 1 } as const;
const SHOW = { vfs: 2, peer: 4, queue: 0x10 } as const;
const ATTRIBUTE = { vfs: 1, peer: 2, queue: 4, shutdown: 6 } as const;
/** Bytes that are read of each. */
const SIZES = new Map<number, number>([
  [ATTRIBUTE.vfs, 8],
  [ATTRIBUTE.peer, 4],
  [ATTRIBUTE.queue, 8],
  [ATTRIBUTE.shutdown, 1],
]);
const NLMSG_ERROR = 2;
const HEADER = 16 + 16;

export function encodeUnixDiag(inode: bigint): Uint8Array {
  const request = Buffer.alloc(REQUEST.size);
  request.writeUInt32LE(REQUEST.size, 0);
  request.writeUInt16LE(REQUEST.type, 4);
  request.writeUInt16LE(REQUEST.flags, 6);
  request.writeUInt8(REQUEST.family, 16);
  request.writeUInt32LE(0xffff_ffff, 20); // in whatever state
  request.writeUInt32LE(Number(inode), 24);
  request.writeUInt32LE(SHOW.vfs | SHOW.peer | SHOW.queue, 28);
  request.fill(0xff, 32); // no cookie
  return request;
}

/** @returns undefined when there is no such socket @throws PROC_UNPARSABLE */
export function parseUnixDiag(answer: Uint8Array): UnixDiagnosis | undefined {
  const bytes = Buffer.from(answer);
  const cut = (): never => {
    throw new ElfreezeError('PROC_UNPARSABLE', `sock_diag answers ${bytes.length} bytes, cut short`);
  };
  if (bytes.length < 16 || bytes.readUInt32LE(0) > bytes.length) cut();
  if (bytes.readUInt16LE(4) === NLMSG_ERROR) return undefined;
  if (bytes.length < HEADER) cut();
  const found = new Map<number, Buffer>();
  for (let at = HEADER; at + 4 <= bytes.length;) {
    const [length, type] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (length < 4 + (SIZES.get(type) ?? 0) || at + length > bytes.length) cut();
    found.set(type, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  const [file, peer, queue] = [found.get(ATTRIBUTE.vfs), found.get(ATTRIBUTE.peer), found.get(ATTRIBUTE.queue)];
  return {
    state: bytes.readUInt8(18),
    file: file && { inode: BigInt(file.readUInt32LE(0)), dev: file.readUInt32LE(4) },
    peer: peer && BigInt(peer.readUInt32LE(0)),
    queued: queue?.readUInt32LE(0) ?? 0,
    backlog: queue?.readUInt32LE(4) ?? 0,
    shutdown: found.get(ATTRIBUTE.shutdown)?.readUInt8(0) ?? 0,
  };
}
