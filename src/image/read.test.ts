import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ElfreezeError } from '../base/errors.ts';
import { bufferAccess } from '../elf/read.ts';
import { sumOf } from '../base/sum.ts';
import { decodeSums, encodeSums, HEADERS_ROOM } from '../restorer/sums.ts';
import { describeImage } from '../snapshot/description.ts';
import { sampleDescription } from '../snapshot/testdata/sample.ts';
import { openImage, readImageFile, verifyImage } from './read.ts';
import { sampleByte, sampleImage } from './testdata/sample-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'elfreeze-image-'));
afterAll(() => rmSync(directory, { recursive: true }));

const image = sampleImage();

function onDisk(bytes: Uint8Array, name = 'image'): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** The code of the error that reading ends in; undefined when it is read. @throws whatever is no ElfreezeError of one line */
function codeOf(bytes: Uint8Array): string | undefined {
  try {
    readImageFile('x.elf', bufferAccess(bytes));
    return undefined;
  } catch (error) {
    if (!(error instanceof ElfreezeError)) throw error;
    if (/[\n\r]/.test(error.message))
      throw new Error(`more than one line: ${JSON.stringify(error.message)}`, { cause: error });
    return error.code;
  }
}

const REFUSED = ['IMAGE_TRUNCATED', 'IMAGE_INVALID', 'IMAGE_SCHEMA'];

describe('an image', () => {
  it('is read back: headers, description, memory', async () => {
    using opened = openImage(onDisk(image));
    expect(opened.elf.machine).toBe(62);
    const { stored, storedFiles } = opened.description;
    expect(opened.description).toEqual({ ...sampleDescription, stored, storedFiles });
    const inFile = Buffer.alloc(5000);
    await opened.files[0]?.read(0n, inFile);
    expect(inFile.every((byte, i) => byte === (i < 4096 ? sampleByte(BigInt(i)) : 0))).toBe(true);
    const bytes = Buffer.alloc(0x1800);
    await opened.memory.read(0x40_0800n, bytes);
    expect(bytes.every((byte, i) => byte === sampleByte(0x40_0800n + BigInt(i)))).toBe(true);
  });

  it('has zeros where anonymous memory was never touched', async () => {
    using opened = openImage(onDisk(image));
    const bytes = Buffer.alloc(0x2000, 0xff);
    await opened.memory.read(0x50_1000n, bytes);
    expect(bytes[0xfff]).toBe(sampleByte(0x50_1fffn));
    expect(bytes.subarray(0x1000).every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['between mappings', 0x45_0000n],
    ['below the lowest', 0n],
    ['of a file that is mapped again', 0x60_0000n],
    ['of the running kernel', 0x7ffc_1000_0000n],
    ['past the end of a mapping', 0x50_3ff9n],
  ])('refuses memory that it does not carry: %s', async (_, address) => {
    using opened = openImage(onDisk(image));
    const reading = opened.memory.read(address, Buffer.alloc(8));
    await expect(reading).rejects.toMatchObject({ code: 'READ_FAILED' });
  });

  it.each([
    ['there is no such file', '/nowhere/image', 'NO_SUCH_FILE'],
    ['a directory', directory, 'IMAGE_INVALID'],
    ['a device', '/dev/zero', 'IMAGE_INVALID'],
    ['a program', process.execPath, 'IMAGE_INVALID'],
    ['an empty file', onDisk(Buffer.alloc(0), 'empty'), 'IMAGE_INVALID'],
  ])('refuses what is none: %s', (_, path, code) => {
    expect(() => openImage(path)).toThrow(expect.objectContaining({ code }));
  });

  it('cut short at any byte is refused', () => {
    const lengths = Array.from({ length: image.length }, (_, length) => length);
    const accepted = lengths.filter((length) => !REFUSED.includes(codeOf(image.subarray(0, length)) ?? ''));
    expect(accepted).toEqual([]);
    expect(codeOf(image)).toBeUndefined();
  });

  it('cut short behind its headers is called truncated', () => {
    expect(codeOf(image.subarray(0, -1))).toBe('IMAGE_TRUNCATED');
    expect(codeOf(image.subarray(0, 4096))).toBe('IMAGE_TRUNCATED');
  });

  it('ends in a value or in an error whatever is changed in its headers and its description', () => {
    const from = image.indexOf('elfreeze\0');
    const places = fc.oneof(fc.nat(64 + 4 * 56), fc.integer({ min: from - 12, max: image.length - 1 }));
    const change = fc.record({ at: places, byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Buffer.from(image);
        for (const { at, byte } of changes) changed[at] = byte;
        const code = codeOf(changed);
        if (code !== undefined) expect(REFUSED).toContain(code);
      }),
      { numRuns: 1000 },
    );
  });

  it('whose description has another byte is damaged', () => {
    const at = image.indexOf('elfreeze\0') + 100;
    const changed = Buffer.from(image);
    changed[at] = changed[at]! ^ 1;
    expect(codeOf(changed)).toBe('IMAGE_INVALID');
  });

  it('is verified: every stretch that is not as it was written is found', () => {
    using opened = openImage(onDisk(image));
    expect(verifyImage(opened)).toBe(0x2000n + 0x5000n);
    for (const offset of [100, Number(opened.elf.phdrs.find(({ vaddr }) => vaddr === 0x40_0000n)?.offset) + 0x1234]) {
      const changed = Buffer.from(image);
      changed[offset] = changed[offset]! ^ 0x10;
      const file = bufferAccess(changed);
      expect(() => verifyImage({ ...opened, file })).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
    }
  });

  it.each([
    ['memory beyond the end of the file', { stored: [{ address: 0n, size: 1n << 40n, offset: 0n }] }, 'IMAGE_TRUNCATED'],
    ['memory twice', { stored: [{ address: 0n, size: 2n, offset: 0n }, { address: 1n, size: 2n, offset: 0n }] }, 'IMAGE_INVALID'],
    ['mappings out of order', { snapshot: { ...sampleDescription.snapshot, mappings: sampleDescription.snapshot.mappings.toReversed() } }, 'IMAGE_INVALID'],
    ['a range that ends before it starts', { remains: { start: 2n, end: 1n } }, 'IMAGE_INVALID'],
    ['another machine', { snapshot: { ...sampleDescription.snapshot, arch: 'i386' as const } }, 'IMAGE_INVALID'],
  ])('refuses a description with %s', (_, fields, code) => {
    expect(codeOf(withDescription({ ...sampleDescription, ...fields }))).toBe(code);
  }); // prettier-ignore
});

/** The image with another description in its note, at the end of the file. */
function withDescription(description: typeof sampleDescription): Buffer {
  const json = describeImage(description);
  const note = Buffer.concat([image.subarray(image.indexOf('elfreeze\0') - 12).subarray(0, 24), json]);
  note.writeUInt32LE(json.length, 4);
  const changed = Buffer.concat([image, note]);
  changed.writeBigUInt64LE(BigInt(image.length), 64 + 8); // offset and file size of the first program header
  changed.writeBigUInt64LE(BigInt(note.length), 64 + 32);
  const sums = decodeSums(image.subarray(Number(HEADERS_ROOM)));
  if (!sums) throw new Error('the image has checksums');
  changed.set(encodeSums({ ...sums, note: sumOf(note) }), Number(HEADERS_ROOM));
  return changed;
}
