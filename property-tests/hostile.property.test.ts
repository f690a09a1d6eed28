import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ElfreezeError } from '../src/base/errors.ts';
import { parseMaps } from '../src/proc/maps.ts';
import { hostileBytes } from './arbitraries/hostile-bytes.ts';
import { launch } from './arbitraries/launch.ts';
import { mapsText } from './arbitraries/maps-text.ts';
import { asserted, check } from './check.ts';
import { CLAIMS, costOf } from './claims.ts';
import { caseOf } from './loader.ts';
import { attempt, FILE_PARSERS, PROC_PARSERS } from './parsers.ts';

const MOST_BYTES = 64 << 20;

/** Base64: what comes out of `base64 -d` shows it again. */
const show = (bytes: Buffer): string[] => [`${bytes.length} bytes, in base64: ${bytes.toString('base64')}`];

describe('whatever its bytes, it ends in a value or an error code:', () => {
  it.each(Object.entries({ ...PROC_PARSERS, ...FILE_PARSERS }))('%s', async (name, { samples, parse }) => {
    for (const sample of samples) expect(attempt(() => parse(sample))).not.toBeInstanceOf(ElfreezeError);
    await check(hostileBytes(samples), {
      title: `it ends in a value or an error code: ${name}`,
      runs: 300,
      problems: asserted((bytes) => void attempt(() => parse(bytes))),
      show,
    });
  });

  it('a random ELF file', async ({ task }) => {
    await check(launch, {
      title: task.name,
      runs: 100,
      problems: asserted((value) => {
        const [program] = caseOf(value).files;
        const bytes = Buffer.alloc(program!.size);
        for (const piece of program!.pieces) bytes.set(piece.bytes, piece.offset);
        for (const { parse } of Object.values(FILE_PARSERS)) attempt(() => parse(bytes));
      }),
      show: (value) => show(Buffer.from(JSON.stringify(value, (_, each: unknown) => String(each)))),
    });
  });

  it('is asked of every file of src/proc that parses', () => {
    const folder = fileURLToPath(new URL('../src/proc/', import.meta.url));
    const files = readdirSync(folder).filter((name) => /^[a-z-]+\.ts$/.test(name));
    expect(
      Object.keys(PROC_PARSERS)
        .map((name) => `${name}.ts`)
        .sort(),
    ).toEqual(files.sort());
  });
});

describe('whatever it claims, it costs less than 64 MiB:', () => {
  it.each(Object.entries(CLAIMS))('%s', (_, read) => {
    expect(costOf(read)).toBeLessThan(MOST_BYTES);
  });
});

describe('the text of maps', () => {
  it('is read back as what it was made from', async ({ task }) => {
    await check(mapsText, {
      title: `the text of maps ${task.name}`,
      runs: 300,
      problems: asserted(({ text, lines }) => {
        const read = parseMaps(text);
        expect(read.map(({ start, end, offset, path }) => ({ start, end, offset, path }))).toEqual(lines);
      }),
      show: ({ text }) => text.split('\n'),
    });
  });
});
