import { overlaps, PAGE, pageCeil, pageFloor, type Range, sizeOf } from '../base/range.ts';
import { type Exec, PROT_EXEC, PROT_READ, PROT_WRITE, Refusal } from './exec.ts';
import type { ProgramHeaders } from './headers.ts';
import type { Files } from './segments.ts';

/** Room below the strings that the new stack gets at once. @source fs/exec.c setup_arg_pages */
const EXPANSION = 131072n;
/** Pairs that the auxiliary vector has at most, so far. @source fs/binfmt_elf.c create_elf_tables */
const AUXV_PAIRS = 26n;
/** Longest string that execve passes on. @source include/uapi/linux/binfmts.h MAX_ARG_STRLEN */
const MAX_STRING = 131072n;

export interface NewStack extends Range {
  /** Where the strings begin: mm->arg_start. */
  readonly strings: bigint;
}

/** Before any segment. @source fs/exec.c __bprm_mm_init, setup_arg_pages, expand_stack */
export function makeStack(exec: Exec, { stack }: ProgramHeaders): NewStack {
  const { argBytes, stackLimit } = exec.conditions;
  const word = exec.zones.word === 1n << 32n ? 4n : 8n;
  const end = exec.zones.stackTop - exec.draws.stack;
  const strings = end - word - argBytes;
  const used = pageCeil(word + argBytes);
  const limit = stackLimit === undefined ? undefined : pageFloor(stackLimit);
  const size = limit !== undefined && limit < used + EXPANSION ? limit : used + EXPANSION;
  const start = size > used ? end - size : end - used;
  const executable = stack === 'executable' || (stack === 'unsaid' && exec.readImpliesExec);
  const { addressSpaceLimit } = exec.conditions;
  if (addressSpaceLimit !== undefined && end - start > pageFloor(addressSpaceLimit))
    throw new Refusal('EFAULT', 'RLIMIT_AS does not allow the stack');
  exec.mapSpecial('stack', { start, end }, PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0));
  return { start, end, strings };
}

/** What the kernel writes below the strings: vectors and the auxiliary vector. Its start is a bound. */
function tablesOf(exec: Exec, { strings }: NewStack): Range {
  const word = exec.zones.cls === 64 ? 8n : 4n;
  const words = 2n * AUXV_PAIRS + BigInt(exec.conditions.argCount) + 3n;
  return { start: (strings - 64n - words * word) & ~15n, end: strings };
}

/**
 * After the segments: arguments and auxiliary vector are written, wherever the stack was, and the strings read again. What
 * a segment put there instead is taken for them.
 * @source fs/binfmt_elf.c create_elf_tables
 */
export function fillStack(exec: Exec, stack: NewStack, files: Files): void {
  const tables = tablesOf(exec, stack);
  const touched = { start: pageFloor(tables.start), end: stack.end };
  const foreign = exec.space.vmas.filter((vma) => overlaps(vma, touched) && vma.backing.kind !== 'stack');
  const isWhole = foreign.length === 0 && sizeOf(touched) > 0n && exec.space.at(stack.end - 1n) !== undefined;
  if (isWhole) return;
  for (let page = touched.start; page < tables.end; page += PAGE)
    if (!exec.canWrite(page, files))
      throw new Refusal('EFAULT', 'a segment lies where the arguments are to be written');
  if (!stringsReadable(exec, stack, files))
    throw new Refusal('EINVAL', 'a segment lies where the strings of the arguments were');
}

/** Each string must end within what can be read. */
function stringsReadable(exec: Exec, stack: NewStack, files: Files): boolean {
  let at = stack.strings;
  for (let i = 0; i < exec.conditions.argCount; i++) {
    const end = endOfString(exec, at, files);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

function endOfString(exec: Exec, from: bigint, files: Files): bigint | undefined {
  for (let at = from; at < from + MAX_STRING; at = pageFloor(at) + PAGE) {
    const vma = exec.space.at(at);
    if (!vma || vma.prot === 0 || !exec.isBacked(vma, at, files)) return undefined;
    const bytes = contentsOf(exec, at, files);
    const nul = bytes.indexOf(0);
    if (nul >= 0) return at + BigInt(nul) + 1n;
  }
  return undefined;
}

/** From `at` to the end of its page. Zeros stand for memory without a file, and for the stack: its strings end. */
function contentsOf(exec: Exec, at: bigint, files: Files): Uint8Array {
  const vma = exec.space.at(at);
  const length = Number(pageFloor(at) + PAGE - at);
  const bytes = new Uint8Array(length);
  if (vma?.backing.kind === 'file')
    bytes.set(files[vma.backing.of]?.file.read(vma.offset + (at - vma.start), length) ?? []);
  return bytes;
}
