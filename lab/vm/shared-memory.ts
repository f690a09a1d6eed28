import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIRECTORY } from '../directory.ts';
import { formatOwner, SELF } from '../owner.ts';

/** All of it: a power of two, because it is a PCI device's memory. */
export const SHARED_BYTES = 1 << 25;
/** A payload takes whole slots of a ring: so the headers on their way are few enough for the kernel's buffer of a serial port. */
const SLOT = 4096;
const RING = SHARED_BYTES / 2 - SLOT;
/** Where things are; guest/line.c, struct shared. */
const AT = { takenByGuest: 0, takenByHost: 4, toGuest: SLOT, toHost: SLOT + RING } as const;

/**
 * Memory of a guest's PCI device, which is a file here. Payloads travel by it: a serial port takes 25 KB/s, and no kernel is without
 * one; this needs no driver either. The file has no name: it is gone with its last user.
 */
export class SharedMemory implements Disposable {
  readonly fd: number;
  private sent = 0;
  private taken = 0;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), `${DIRECTORY}${formatOwner(SELF)}-`));
    this.fd = openSync(join(folder, 'shared'), 'wx+', 0o600);
    rmSync(folder, { recursive: true });
    ftruncateSync(this.fd, SHARED_BYTES);
  }

  /** Puts a payload into the ring that leads to the guest. @returns false when there is no room yet */
  write(payload: Buffer): boolean {
    const size = slots(payload.length);
    const onTheWay = (this.sent - this.count(AT.takenByGuest)) >>> 0;
    if (onTheWay + size > RING) return false;
    for (const { from, to, place } of pieces(this.positionOut, payload.length))
      writeSync(this.fd, payload, from, to - from, AT.toGuest + place);
    this.positionOut = (this.positionOut + size) % RING;
    this.sent = (this.sent + size) >>> 0;
    return true;
  }

  /** The next payload from the guest, whose header says how long it is. */
  read(length: number): Buffer {
    const payload = Buffer.allocUnsafe(length);
    for (const { from, to, place } of pieces(this.positionIn, length))
      readSync(this.fd, payload, from, to - from, AT.toHost + place);
    this.positionIn = (this.positionIn + slots(length)) % RING;
    this.taken = (this.taken + slots(length)) >>> 0;
    const count = Buffer.alloc(4);
    count.writeUInt32LE(this.taken);
    writeSync(this.fd, count, 0, 4, AT.takenByHost);
    return payload;
  }

  private positionOut = 0;
  private positionIn = 0;

  private count(at: number): number {
    const bytes = Buffer.alloc(4);
    readSync(this.fd, bytes, 0, 4, at);
    return bytes.readUInt32LE();
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

const slots = (length: number): number => Math.ceil(length / SLOT) * SLOT;

/** What lies at a position of a ring: in one piece, or round its end in two. */
function pieces(position: number, length: number): { from: number; to: number; place: number }[] {
  const first = Math.min(length, RING - position);
  return [{ from: 0, to: first, place: position }, ...(first < length ? [{ from: first, to: length, place: 0 }] : [])];
}
