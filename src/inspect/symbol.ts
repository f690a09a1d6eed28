import { contains, hex, type Range } from '../base/range.ts';
import { SHN_UNDEF, STT_FUNC, STT_NOTYPE, STT_OBJECT } from '../elf/constants.ts';
import type { LoadedElf } from '../elf/loaded.ts';
import type { ElfSymbol } from '../elf/read.ts';
import type { MappedElf } from './mapped-elf.ts';

interface NamedLine extends Range {
  readonly path: string;
}

const NAMED_TYPES: readonly number[] = [STT_FUNC, STT_OBJECT, STT_NOTYPE];

/** Names addresses by symbol and file, else by file alone, else by the line of maps they are in. */
export function addressNames(
  lines: readonly NamedLine[],
  loaded: readonly LoadedElf[],
  files: ReadonlyMap<string, MappedElf>,
): (address: bigint) => string {
  return (address) => {
    const line = lines.find((each) => contains(each, address));
    if (!line) return 'nowhere';
    const home = loaded
      .filter(({ path, bias }) => path === line.path && bias <= address)
      .sort((a, b) => (a.bias < b.bias ? 1 : -1))[0];
    if (!home) return `${line.path || 'anonymous memory'}+${hex(address - line.start)}`;
    const inFile = address - home.bias;
    const symbol = symbolAt(files.get(home.path)?.symbols() ?? [], inFile);
    if (!symbol) return `${line.path}+${hex(inFile)}`;
    const distance = inFile - symbol.value;
    return `${symbol.name}${distance === 0n ? '' : `+${hex(distance)}`} (${line.path})`;
  };
}

/** The symbol that an address lies in. */
function symbolAt(symbols: readonly ElfSymbol[], address: bigint): ElfSymbol | undefined {
  let best: ElfSymbol | undefined;
  for (const symbol of symbols) {
    const { value, size, name, type, shndx } = symbol;
    if (name === '' || shndx === SHN_UNDEF || !NAMED_TYPES.includes(type)) continue;
    if (address < value || address >= value + (size === 0n ? 1n : size)) continue;
    if (!best || value > best.value) best = symbol;
  }
  return best;
}
