import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { describe, it } from 'vitest';
import { type ElfLayout, encodeLayout } from './arbitraries/elf-layout.ts';
import { validLayout } from './arbitraries/segments.ts';
import { check } from './check.ts';
import { readelf } from './oracles/readelf.ts';

const flagsOf = (flags: number): string => `${flags & 4 ? 'R' : ''}${flags & 2 ? 'W' : ''}${flags & 1 ? 'E' : ''}`;

const saidOf = ({ headers }: ElfLayout): string[] =>
  headers.map(({ offset, vaddr, filesz, memsz, flags, align }) =>
    [offset, vaddr, filesz, memsz, flagsOf(flags), align].join(' '),
  );

describe.each(['readelf', 'eu-readelf'] as const)('%s', (program) => {
  it('sees the headers that a layout was written with', async ({ task }) => {
    await using folder = await dir({ prefix: 'elfreeze-readelf-', unsafeCleanup: true }).then(({ path, cleanup }) => ({
      path,
      [Symbol.asyncDispose]: cleanup,
    }));
    await check(
      validLayout.filter(({ fillers }) => fillers === 0),
      {
        title: `${program} ${task.name}`,
        runs: 40,
        problems: async (layout) => {
          const { size, pieces } = encodeLayout(layout);
          const bytes = Buffer.alloc(size);
          for (const piece of pieces) bytes.set(piece.bytes, piece.offset);
          const path = join(folder.path, 'layout');
          await writeFile(path, bytes);
          const seen = (await readelf(program, path)).map((header) => Object.values(header).join(' '));
          const said = saidOf(layout);
          return seen.join('\n') === said.join('\n') ? [] : ['written:', ...said, 'read:', ...seen];
        },
        show: (layout) => [`ELF${layout.cls}, ${layout.headers.length} headers`],
      },
    );
  });
});
