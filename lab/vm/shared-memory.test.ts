import { readSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SHARED_BYTES, SharedMemory } from './shared-memory.ts';

const SLOT = 4096;
const RING = SHARED_BYTES / 2 - SLOT;
/** A whole number of slots. */
const THIRD = RING / 3;
/** Where guest/line.c has them: struct shared. */
const TO_GUEST = SLOT;
const TO_HOST = SLOT + RING;

function guestTook(memory: SharedMemory, bytes: number): void {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(bytes % 2 ** 32);
  writeSync(memory.fd, count, 0, 4, 0);
}

function bytesAt(memory: SharedMemory, at: number, length: number): string {
  const bytes = Buffer.alloc(length);
  readSync(memory.fd, bytes, 0, length, at);
  return bytes.toString('latin1');
}

describe('SharedMemory', () => {
  it('puts payloads into slots one after the other', () => {
    using memory = new SharedMemory();
    expect(memory.write(Buffer.from('one'))).toBe(true);
    expect(memory.write(Buffer.from('two'))).toBe(true);
    expect(bytesAt(memory, TO_GUEST, 3)).toBe('one');
    expect(bytesAt(memory, TO_GUEST + SLOT, 3)).toBe('two');
  });

  it('takes no more than the guest has made room for', () => {
    using memory = new SharedMemory();
    for (let n = 0; n < 3; n++) expect(memory.write(Buffer.alloc(THIRD))).toBe(true);
    expect(memory.write(Buffer.from('x'))).toBe(false);
    guestTook(memory, SLOT);
    expect(memory.write(Buffer.from('x'))).toBe(true);
    expect(memory.write(Buffer.from('y'))).toBe(false);
    expect(bytesAt(memory, TO_GUEST, 1)).toBe('x');
  });

  it('goes round the end of a ring in two pieces', () => {
    using memory = new SharedMemory();
    memory.write(Buffer.alloc(RING - SLOT));
    guestTook(memory, RING - SLOT);
    memory.write(Buffer.from(`${'a'.repeat(SLOT)}b`));
    expect(bytesAt(memory, TO_GUEST + RING - 1, 1)).toBe('a');
    expect(bytesAt(memory, TO_GUEST, 1)).toBe('b');
  });

  it('reads what the guest wrote, and says so', () => {
    using memory = new SharedMemory();
    writeSync(memory.fd, Buffer.from('hello'), 0, 5, TO_HOST);
    writeSync(memory.fd, Buffer.from('again'), 0, 5, TO_HOST + SLOT);
    expect(memory.read(5).toString()).toBe('hello');
    expect(memory.read(5).toString()).toBe('again');
    expect(bytesAt(memory, 4, 4)).toBe('\0\x20\0\0');
  });
});
