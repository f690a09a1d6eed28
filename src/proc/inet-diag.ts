import { ElfreezeError } from '../base/errors.ts';

/** A UDP socket as its network namespace knows it. */
export interface InetDiagnosis {
  readonly inode: bigint;
  /** Bytes on their way out, with those that wait for the rest of their datagram (UDP_CORK, MSG_MORE). */
  readonly unsent: number;
  /** 1: nothing more is received, 2: nothing more can be sent. */
  readonly shutdown: number;
}

/** SOCK_DIAG_BY_FAMILY with NLM_F_DUMP: all sockets of a protocol. @source sock_diag(7), include/uapi/linux/inet_diag.h */
const REQUEST = { size: 72, type: 20, flags: 0x301, family: 16, protocol: 17, states: 20 } as const;
const NLMSG = { error: 2, done: 3, header: 16 } as const;
/** struct inet_diag_msg, behind the header. */
const MESSAGE = { unsent: 60, inode: 68, size: 72 } as const;
const INET_DIAG_SHUTDOWN = 8;

export function encodeInetDiag(family: number, protocol: number): Uint8Array {
  const request = Buffer.alloc(REQUEST.size);
  request.writeUInt32LE(REQUEST.size, 0);
  request.writeUInt16LE(REQUEST.type, 4);
  request.writeUInt16LE(REQUEST.flags, 6);
  request.writeUInt8(family, REQUEST.family);
  request.writeUInt8(protocol, REQUEST.protocol);
  request.writeUInt32LE(0xffff_ffff, REQUEST.states);
  return request;
}

/**
 * One answer of several that a dump consists of.
 * @returns `complete`: no other follows; `failed`: the kernel has no such table
 * @throws PROC_UNPARSABLE
 */
export function parseInetDiag(answer: Uint8Array): { sockets: InetDiagnosis[]; complete: boolean; failed: boolean } {
  const bytes = Buffer.from(answer);
  const sockets: InetDiagnosis[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = at + NLMSG.header <= bytes.length ? bytes.readUInt32LE(at) : 0;
    if (size < NLMSG.header || at + size > bytes.length) throw cut(bytes);
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG.done || type === NLMSG.error) return { sockets, complete: true, failed: type === NLMSG.error };
    sockets.push(parseMessage(bytes.subarray(at + NLMSG.header, at + size)));
    at += (size + 3) & ~3;
  }
  return { sockets, complete: false, failed: false };
}

const cut = (bytes: Buffer): ElfreezeError =>
  new ElfreezeError('PROC_UNPARSABLE', `sock_diag answers ${bytes.length} bytes, cut short`);

function parseMessage(message: Buffer): InetDiagnosis {
  if (message.length < MESSAGE.size) throw cut(message);
  let shutdown = 0;
  for (let at = MESSAGE.size; at + 4 <= message.length;) {
    const [length, type] = [message.readUInt16LE(at), message.readUInt16LE(at + 2)];
    if (length < 4 || at + length > message.length) throw cut(message);
    if (type === INET_DIAG_SHUTDOWN && length > 4) shutdown = message.readUInt8(at + 4);
    at += (length + 3) & ~3;
  }
  return {
    inode: BigInt(message.readUInt32LE(MESSAGE.inode)),
    unsent: message.readUInt32LE(MESSAGE.unsent),
    shutdown,
  };
}
