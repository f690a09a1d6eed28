/** A string table under construction; offset 0 is the empty string. */
export class StringTable {
  private readonly offsets = new Map<string, number>([['', 0]]);
  private readonly parts: string[] = ['\0'];
  private length = 1;

  /** @returns the name's offset; the same name is kept once */
  add(name: string): number {
    const known = this.offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.length;
    this.offsets.set(name, offset);
    this.parts.push(`${name}\0`);
    this.length += Buffer.byteLength(name) + 1;
    return offset;
  }

  bytes(): Uint8Array {
    return Buffer.from(this.parts.join(''));
  }
}
