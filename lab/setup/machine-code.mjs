// Compiles the freestanding C of src to the machine code in *.generated.ts. Run as `node lab/setup/machine-code.mjs`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

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
const SCRIPT = join(ROOT, 'src/restorer/restorer.ld');

/** One row per program: its source and output, and the text of the output. */
const PROGRAMS = [
  {
    source: 'src/restorer/restorer.c',
    output: 'src/restorer/restorer.generated.ts',
    // The other registers are the program's already.
    flags: ['-mgeneral-regs-only'],
    check({ bytes, at }) {
      if (at.program !== Math.ceil(bytes.length / 4096) * 4096) throw new Error('the restore program is not next');
    },
    head:
      `/** The restorer's machine code: base64, and offsets into it. The restore program is expected in the first page after it. */\n` +
      `export interface RestorerBlob {\n  readonly code: string;\n  readonly entry: number;\n` +
      `  /** What the builder copies to \`ProgramPlace.tail\`. */\n  readonly tail: { readonly start: number; readonly end: number };\n}\n\n` +
      `export const RESTORER: Record<'x86-64' | 'i386', RestorerBlob>`,
    row: ({ bytes, at }) =>
      `{\n    entry: ${at.entry},\n    tail: { start: ${at.tail_start}, end: ${at.tail_end} },\n    code: '${bytes.toString('base64')}',\n  }`,
  },
  {
    source: 'src/errand/errand.c',
    output: 'src/errand/errand.generated.ts',
    // Every processor has it that runs x86-64, where alone is frozen.
    flags: ['-msse2'],
    check({ at }) {
      if (at.entry !== 0) throw new Error('it does not begin with its entry');
    },
    head: `/** The errand's machine code, base64; it begins with its entry. */\nexport const ERRAND: Record<'x86-64' | 'i386', string>`,
    row: ({ bytes }) => `'${bytes.toString('base64')}'`,
  },
  {
    source: 'src/reaper/reaper.c',
    output: 'src/reaper/reaper.generated.ts',
    flags: ['-mgeneral-regs-only'],
    // It runs in elfreeze itself.
    architectures: ['x86-64'],
    check({ at }) {
      if (at.entry !== 0) throw new Error('it does not begin with its entry');
    },
    head: `/** The reaper's machine code, base64; it begins with its entry. */\nexport const REAPER: Record<'x86-64', string>`,
    row: ({ bytes }) => `'${bytes.toString('base64')}'`,
  },
];

if (process.argv[1] === import.meta.filename) {
  for (const { output, text } of compileAll()) writeFileSync(join(ROOT, output), text);
}

/** @returns each output's path and what it must hold. @throws when the compiler complains */
export function compileAll() {
  const scratch = mkdtempSync(join(tmpdir(), 'elfreeze-code-'));
  try {
    return PROGRAMS.map((program) => ({ output: program.output, text: compile(program, scratch) }));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function compile(program, scratch) {
  const wanted = program.architectures ?? Object.keys(ARCHITECTURES);
  const rows = wanted.map((name) => {
    const machine = ARCHITECTURES[name];
    const code = link(program, machine, '0x0', scratch);
    // A relocation that the linker resolved to an absolute address shows as a byte that depends on the base.
    const elsewhere = link(program, machine, '0x12345000', scratch);
    if (!code.bytes.equals(elsewhere.bytes)) throw new Error(`${program.source}, ${name}: depends on its address`);
    program.check(code);
    return `  ${name.includes('-') ? `'${name}'` : name}: ${program.row(code)},\n`;
  });
  const source = program.source.slice(program.source.lastIndexOf('/') + 1);
  return `// Made from ${source} by npm run generate; do not edit.\n\n${program.head} = {\n${rows.join('')}};\n`;
}

function link({ source, flags }, machine, base, scratch) {
  const [elf, flat] = [join(scratch, 'code.elf'), join(scratch, 'code.bin')];
  const options = [...machine, ...FLAGS, ...flags, `-Wl,-Ttext=${base}`, `-Wl,-T,${SCRIPT}`];
  execFileSync('gcc', [...options, '-o', elf, join(ROOT, source)], { stdio: ['ignore', 'ignore', 'pipe'] });
  execFileSync('objcopy', ['-O', 'binary', elf, flat]);
  return { bytes: readFileSync(flat), at: symbols(elf) };
}

function symbols(elf) {
  const lines = execFileSync('nm', [elf], { encoding: 'utf8' }).trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(line.lastIndexOf(' ') + 1), parseInt(line, 16)]));
}
