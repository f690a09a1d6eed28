import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { pageFloor } from '../base/range.ts';
import { PT_LOAD } from '../elf/constants.ts';
import { type RandomAccess, readElf, readSymbols } from '../elf/read.ts';
import { type OriginalProgram, symbolSection } from '../plan/sections.ts';
import type { Mapping } from '../snapshot/snapshot.ts';

/**
 * Sections and symbols of the program that a process runs, for tools to find in the image.
 * @returns undefined when its file is no ELF file any more
 */
export function readOriginalProgram(pid: number, exe: string, mappings: readonly Mapping[]): OriginalProgram | undefined {
  const fd = openSync(`/proc/${pid}/exe`, 'r');
  try {
    const file = fileAccess(fd);
    const elf = readElf(file);
    const first = elf.phdrs.find(({ type }) => type === PT_LOAD);
    const home = mappings.find((mapping) => mapping.path === exe && first && mapping.offset === pageFloor(first.offset));
    if (!first || !home) return undefined;
    const table = symbolSection(elf.sections);
    return { bias: home.start - pageFloor(first.vaddr), sections: elf.sections, symbols: table ? readSymbols(file, elf, table) : [] };
  } catch {
    return undefined; // symbols are a courtesy to tools: a program whose file cannot be read is frozen without
  } finally {
    closeSync(fd);
  }
}

/** Random access to an open file. */
export function fileAccess(fd: number): RandomAccess {
  return {
    size: fstatSync(fd, { bigint: true }).size,
    read: (offset, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    },
  };
}
