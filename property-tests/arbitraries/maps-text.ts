import fc from 'fast-check';

export interface MapsText {
  readonly text: string;
  readonly lines: readonly {
    readonly start: bigint;
    readonly end: bigint;
    readonly offset: bigint;
    readonly path: string;
  }[];
}

/** Names as the kernel prints them: any bytes, but a newline in octal. */
const path = fc.oneof(
  fc.constantFrom('', '[heap]', '[stack]', '[vdso]', '[anon:a name]', '/memfd:x (deleted)', '/a file with spaces'),
  fc
    .string({ unit: fc.constantFrom('a', 'Z', '0', ' ', '.', '-', '(', ')', '\\'), minLength: 1, maxLength: 30 })
    .map((name) => `/${name}x`),
);

const line = fc.record({
  gap: fc.bigInt({ min: 0n, max: 1n << 20n }),
  pages: fc.bigInt({ min: 1n, max: 1n << 16n }),
  permissions: fc.tuple(
    fc.constantFrom('r', '-'),
    fc.constantFrom('w', '-'),
    fc.constantFrom('x', '-'),
    fc.constantFrom('p', 's'),
  ),
  offset: fc.bigInt({ min: 0n, max: 1n << 40n }),
  device: fc.tuple(fc.nat({ max: 0xfff }), fc.nat({ max: 0xfffff })),
  inode: fc.nat(),
  path,
});

/** /proc/PID/maps, as show_map_vma prints it, and what it says. @source fs/proc/task_mmu.c show_vma_header_prefix */
export const mapsText: fc.Arbitrary<MapsText> = fc.array(line, { maxLength: 40 }).map((all) => {
  let at = 0x1000n;
  const parts = all.map(({ gap, pages, permissions, offset: page, device: [major, minor], inode, path: name }) => {
    const start = at + gap * 4096n;
    const end = (at = start + pages * 4096n);
    const offset = page * 4096n;
    const address = (value: bigint): string => value.toString(16).padStart(8, '0');
    const head = `${address(start)}-${address(end)} ${permissions.join('')} ${address(offset)} ${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')} ${inode} `;
    return { text: name === '' ? head : `${head.padEnd(73)}${name}`, fields: { start, end, offset, path: name } };
  });
  return { text: parts.map(({ text }) => `${text}\n`).join(''), lines: parts.map(({ fields }) => fields) };
});
