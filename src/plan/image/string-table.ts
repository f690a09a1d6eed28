import { cString } from '../../base/names.ts';

/** A string table under construction; offset 0 is the empty string. */
export class StringTable {
  private readonly offsets = new Map<string, number>([['', 0]]);
  private readonly parts: Uint8Array[] = [Uint8Array.of(0)];
  private length = 1;

  /** @returns the name's offset; the same name is kept once */
  add(name: string): number {
    const known = this.offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.length;
    this.offsets.set(name, offset);
    const bytes = cString(name);
    this.parts.push(bytes);
    this.length += bytes.length;
    return offset;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.parts);
  }
}
