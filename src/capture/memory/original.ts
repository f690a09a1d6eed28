import { pageFloor } from '../../base/range.ts';
import { PT_LOAD, SHF_ALLOC, SHT_PROGBITS } from '../../elf/constants.ts';
import { type ElfFile, type RandomAccess, readElf, readSection, readSymbols } from '../../elf/read.ts';
import { type OriginalProgram, symbolSection } from '../../plan/image/original-program.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import { openForReading } from '../../sys/files.ts';

/** Debug information up to this size goes along: a browser has gigabytes of it, and gdb can be given the program's file. */
const MAX_DEBUG = 16n << 20n;

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
    const bias = home.start - pageFloor(first.vaddr);
    const table = symbolSection(elf.sections);
    return {
      bias,
      phdrs: elf.phdrs,
      sections: elf.sections,
      symbols: table ? readSymbols(file, elf, table) : [],
      // The addresses in it are those of the program's own file.
      debug: bias === 0n ? readDebug(file, elf) : new Map(),
    };
  } catch {
    return undefined;
  }
}

function readDebug(file: RandomAccess, { sections }: ElfFile): ReadonlyMap<number, Uint8Array> {
  const wanted = sections.flatMap((section, index) =>
    !(section.flags & SHF_ALLOC) &&
    section.type === SHT_PROGBITS &&
    (section.name.startsWith('.debug_') || section.name === '.gnu_debugaltlink')
      ? [{ section, index }]
      : [],
  );
  if (wanted.reduce((sum, { section }) => sum + section.size, 0n) > MAX_DEBUG) return new Map();
  return new Map(wanted.map(({ section, index }) => [index, readSection(file, section, section.name)]));
}
