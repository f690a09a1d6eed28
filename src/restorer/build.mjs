// Compiles restorer.c for both architectures into restorer.generated.ts. Run as `node src/restorer/build.mjs`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FLAGS = [
  '-Os',
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffreestanding',
  '-fno-builtin',
  '-nostdlib',
  '-static',
  '-fpie',
  '-fvisibility=hidden',
  '-mgeneral-regs-only',
  '-fno-stack-protector',
  '-fcf-protection=none',
  '-fno-asynchronous-unwind-tables',
  '-fno-tree-loop-distribute-patterns',
  '-fno-ident',
  '-Wl,--build-id=none',
  '-Wl,-z,noexecstack',
  '-Wl,--no-warn-rwx-segments',
];
const ARCHITECTURES = { 'x86-64': ['-m64'], i386: ['-m32', '-march=i686'] };

const here = dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'elfreeze-restorer-'));

function link(name, machine, base) {
  const elf = join(scratch, `${name}-${base}.elf`);
  const flat = join(scratch, `${name}-${base}.bin`);
  const script = join(here, 'restorer.ld');
  const source = join(here, 'restorer.c');
  execFileSync('gcc', [...machine, ...FLAGS, `-Wl,-Ttext=${base}`, `-Wl,-T,${script}`, '-o', elf, source], {
    stdio: 'inherit',
  });
  execFileSync('objcopy', ['-O', 'binary', elf, flat]);
  return { elf, bytes: readFileSync(flat) };
}

function symbols(elf) {
  const lines = execFileSync('nm', [elf], { encoding: 'utf8' }).trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(line.lastIndexOf(' ') + 1), parseInt(line, 16)]));
}

function build(name, machine) {
  const { elf, bytes } = link(name, machine, '0x0');
  // A relocation that the linker resolved to an absolute address shows as a byte that depends on the base.
  if (!bytes.equals(link(name, machine, '0x12345000').bytes)) throw new Error(`${name}: depends on its address`);
  const at = symbols(elf);
  if (at.program !== Math.ceil(bytes.length / 4096) * 4096) throw new Error(`${name}: the program is not next`);
  return {
    code: bytes.toString('base64'),
    size: bytes.length,
    entry: at.entry,
    tail: { start: at.tail_start, end: at.tail_end },
  };
}

try {
  const blobs = Object.entries(ARCHITECTURES).map(([name, machine]) => [name, build(name, machine)]);
  const rows = blobs.map(
    ([name, { code, entry, tail }]) =>
      `  ${name.includes('-') ? `'${name}'` : name}: {\n    entry: ${entry},\n    tail: { start: ${tail.start}, end: ${tail.end} },\n    code: '${code}',\n  },\n`,
  );
  writeFileSync(
    join(here, 'restorer.generated.ts'),
    `// Made by build.mjs from restorer.c; do not edit.\n\n` +
      `/** The restorer's machine code: base64, and offsets into it. The restore program is expected in the first page after it. */\n` +
      `export interface RestorerBlob {\n  readonly code: string;\n  readonly entry: number;\n` +
      `  /** What the builder copies to \`ProgramPlace.tail\`. */\n  readonly tail: { readonly start: number; readonly end: number };\n}\n\n` +
      `export const RESTORER: Record<'x86-64' | 'i386', RestorerBlob> = {\n${rows.join('')}};\n`,
  );
  for (const [name, { size, tail }] of blobs) console.log(`${name}: ${size} bytes, tail ${tail.end - tail.start}`);
} finally {
  rmSync(scratch, { recursive: true });
}
