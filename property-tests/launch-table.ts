import { nameOf, PT } from '../src/elf/constants.ts';
import { hex } from '../src/base/range.ts';
import { countOf, type ElfLayout } from './arbitraries/elf-layout.ts';
import type { Launch } from './arbitraries/launch.ts';

const COLUMNS = ['', 'type', 'flags', 'offset', 'vaddr', 'filesz', 'memsz', 'align'] as const;

/** A launch as a small table: what is not as usual, then the headers. */
export function showLaunch({ layout, broken, ...how }: Launch): string[] {
  const limits = Object.entries(how).filter(([, value]) => value !== undefined && value !== 0);
  return [
    `${broken === '' ? 'nothing broken on purpose' : `broken: ${broken}`}; ${limits.map(([name, value]) => `${name} ${hex(value!)}`).join(', ')}`,
    ...showLayout('program', layout),
    ...(layout.interpreter ? showLayout('interpreter', layout.interpreter) : []),
  ];
}

function showLayout(name: string, layout: ElfLayout): string[] {
  const { cls, type, machine, magic, entry, phoff, phentsize, fileSize, headers, interpreterPath } = layout;
  const numbers = { magic, type, machine, entry, phoff, phentsize, phnum: countOf(layout), fileSize };
  const fields = Object.entries(numbers).map(([field, value]) => `${field} ${hex(value)}`);
  const rows = headers.map((header, i) => [
    String(i),
    nameOf(PT, header.type),
    `${header.flags & 4 ? 'r' : '-'}${header.flags & 2 ? 'w' : '-'}${header.flags & 1 ? 'x' : '-'}`,
    ...(['offset', 'vaddr', 'filesz', 'memsz', 'align'] as const).map((field) => hex(header[field])),
  ]);
  const widths = COLUMNS.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()}`;
  const path = interpreterPath === undefined ? '' : `, interpreter ${JSON.stringify(interpreterPath)}`;
  return [`${name}: ELF${cls}, ${fields.join(', ')}${path}`, line(COLUMNS), ...rows.map(line)];
}
