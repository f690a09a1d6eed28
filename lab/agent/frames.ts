import { deserialize, serialize } from 'node:v8';

const LENGTH_BYTES = 4;

/** A value as bytes: their number, then what node:v8 makes of it. Bigints and Buffers stay what they are. */
export function encodeFrame(value: unknown): Buffer {
  const body = serialize(value);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

/** Values out of a stream of bytes, wherever it is cut. */
export class FrameReader {
  private parts: Buffer[] = [];
  private held = 0;
  private wanted = LENGTH_BYTES;
  private inBody = false;

  /** @returns the values that `chunk` completes */
  push(chunk: Buffer): unknown[] {
    this.parts.push(chunk);
    this.held += chunk.length;
    const values: unknown[] = [];
    while (this.held >= this.wanted) {
      const bytes = this.take(this.wanted);
      if (this.inBody) values.push(deserialize(bytes));
      this.wanted = this.inBody ? LENGTH_BYTES : bytes.readUInt32LE();
      this.inBody = !this.inBody;
    }
    return values;
  }

  private take(length: number): Buffer {
    const all = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [all.subarray(length)];
    this.held -= length;
    return all.subarray(0, length);
  }
}
