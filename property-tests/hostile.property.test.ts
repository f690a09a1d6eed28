import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElfreezeError } from '../src/base/errors.ts';
import { bufferAccess, type RandomAccess, readElf, readNotes, readSymbols } from '../src/elf/read.ts';
import { parseKernel } from '../src/predict/kernel.ts';
import { predict } from '../src/predict/predict.ts';
import { parseFdinfo } from '../src/proc/fdinfo.ts';
import { parseMaps } from '../src/proc/maps.ts';
import { launch } from './arbitraries/launch.ts';
import { mapsText } from './arbitraries/maps-text.ts';
import { RUNS, SEED } from './settings.ts';
import { caseOf } from './loader.ts';

const numRuns = RUNS ?? 300;

/** A file that begins like an ELF file, with bytes changed. */
const spoiled = fc
  .tuple(launch, fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { maxLength: 12 }))
  .map(([value, changes]) => {
    const [program] = caseOf(value).files;
    const bytes = Buffer.alloc(program!.size);
    for (const piece of program!.pieces) bytes.set(piece.bytes, piece.offset);
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
    return bytes;
  });

const hostile = fc.oneof(
  spoiled,
  fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
);

/** A value, or an error with a code of ours. @throws anything else */
function outcome(action: () => unknown): string {
  try {
    action();
    return 'value';
  } catch (error) {
    if (error instanceof ElfreezeError && error.code !== 'INTERNAL') return error.code;
    throw error;
  }
}

function readEverything(bytes: Buffer): void {
  const file = bufferAccess(bytes);
  const elf = readElf(file);
  readNotes(file, elf);
  for (const section of elf.sections) if (section.type === 2) readSymbols(file, elf, section);
}

const REFUSALS = new Set(['ELF_INVALID', 'ELF_FIELD_OVERFLOW']);
const MOST_BYTES = 64 << 20;

const KERNELS = ['5.10', '6.1.100', '6.12', '7.3', '6.1-i386'].map(parseKernel);

describe('whatever its bytes', () => {
  it('an ELF file is read, or refused by a code', () => {
    const all = new Set<string>();
    fc.assert(
      fc.property(hostile, (bytes) => void all.add(outcome(() => readEverything(bytes)))),
      { seed: SEED, numRuns },
    );
    expect([...all].filter((each) => !REFUSALS.has(each))).toEqual(['value']);
  });

  it('what a kernel does with an ELF file is told', () => {
    const all = new Set<string>();
    fc.assert(
      fc.property(hostile, fc.constantFrom(...KERNELS), (bytes, kernel) => {
        all.add(predict(bufferAccess(bytes), { kernel }).kind);
      }),
      { seed: SEED, numRuns },
    );
    expect([...all].sort()).toEqual(['error', 'killed', 'loaded']);
  });
});

describe('a file that claims to be larger than any disk', () => {
  const CLAIMS: readonly [string, (file: RandomAccess) => unknown][] = [
    ['is read', (file) => outcome(() => readElf(file))],
    ['is predicted', (file) => predict(file, { kernel: parseKernel('7.3') }).kind],
  ];

  it.each(CLAIMS)('%s with less than 64 MiB of it', (_, read) => {
    fc.assert(
      fc.property(spoiled, (bytes) => {
        const asked: number[] = [];
        const file = bufferAccess(bytes);
        read({
          size: 1n << 62n,
          read: (offset, length) => {
            asked.push(length);
            const there = offset < BigInt(bytes.length) ? file.read(offset, length) : new Uint8Array();
            return Buffer.concat([there, Buffer.alloc(length - there.length)]);
          },
        });
        expect(asked.reduce((sum, length) => sum + length, 0)).toBeLessThan(MOST_BYTES);
      }),
      { seed: SEED, numRuns },
    );
  });
});

describe('the text of maps', () => {
  it('is read back as what it was made from', () => {
    fc.assert(
      fc.property(mapsText, ({ text, lines }) => {
        const read = parseMaps(text);
        expect(read.map(({ start, end, offset, path }) => ({ start, end, offset, path }))).toEqual(lines);
      }),
      { seed: SEED, numRuns },
    );
  });

  it.each([
    ['maps', parseMaps],
    ['fdinfo', parseFdinfo],
  ])('is read, or refused by a code, whatever is in it: %s', (_, parse: (text: string) => unknown) => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(fc.constantFrom('0', 'f', '-', ' ', '\n', 'rw-p', 'pos:\t', 'flags:\t', '[heap]', '/x', ':'), {
          maxLength: 60,
        })
        .map((all) => all.join('')),
      mapsText.map(({ text }) => text.slice(1)),
    );
    fc.assert(
      fc.property(pieces, (text) => void outcome(() => parse(text))),
      { seed: SEED, numRuns },
    );
  });
});
