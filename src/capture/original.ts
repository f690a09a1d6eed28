import { pageFloor } from '../base/range.ts';
import { PT_LOAD } from '../elf/constants.ts';
import { readElf, readSymbols } from '../elf/read.ts';
import { type OriginalProgram, symbolSection } from '../plan/sections.ts';
import type { Mapping } from '../snapshot/snapshot.ts';
import { openForReading } from '../sys/files.ts';

/**
 * Sections and symbols of the program that a process runs, for tools to find in the image.
 * @returns undefined when its file cannot be read as an ELF file: symbols are a courtesy to tools
 */
export function readOriginalProgram(
  pid: number,
  exe: string,
  mappings: readonly Mapping[],
): OriginalProgram | undefined {
  try {
    using file = openForReading(`/proc/${pid}/exe`);
    const elf = readElf(file);
    const first = elf.phdrs.find(({ type }) => type === PT_LOAD);
    const home = mappings.find(({ path, offset }) => path === exe && first && offset === pageFloor(first.offset));
    if (!first || !home) return undefined;
    const table = symbolSection(elf.sections);
    return {
      bias: home.start - pageFloor(first.vaddr),
      sections: elf.sections,
      symbols: table ? readSymbols(file, elf, table) : [],
    };
  } catch {
    return undefined;
  }
}
