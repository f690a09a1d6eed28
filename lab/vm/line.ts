import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeHeader, type Frame, HeaderReader } from './frames.ts';
import type { SharedMemory } from './shared-memory.ts';

const POLL_MS = 1;

/** Frames to and from a guest: the headers by its second serial port, the payloads by shared memory. */
export class Line {
  private readonly serial: Duplex;
  private readonly memory: SharedMemory;
  private last: Promise<void> = Promise.resolve();
  private closed = false;

  /** @param lost is told when the line is out of step */
  constructor(serial: Duplex, memory: SharedMemory, onFrame: (frame: Frame) => void, lost: (error: Error) => void) {
    this.serial = serial;
    this.memory = memory;
    const headers = new HeaderReader();
    serial.on('data', (bytes: Buffer) => {
      try {
        for (const { id, kind, length } of headers.push(bytes)) onFrame({ id, kind, payload: memory.read(length) });
      } catch (error) {
        lost(error as Error);
      }
    });
    // Its end is the machine's end, which is told elsewhere.
    serial.on('error', () => undefined).on('close', () => (this.closed = true));
  }

  /** Resolves once it is on its way. Frames arrive in the order of the calls. */
  send(frame: Frame): Promise<void> {
    this.last = this.last.then(() => this.write(frame));
    return this.last;
  }

  private async write({ id, kind, payload }: Frame): Promise<void> {
    const header = encodeHeader({ id, kind, length: payload.length });
    while (!this.closed && !this.memory.write(payload)) await delay(POLL_MS);
    if (!this.closed) this.serial.write(header);
  }
}
