import { pageFloor, type Range } from '../base/range.ts';
import type { RandomAccess } from '../elf/access.ts';
import { ET_DYN } from '../elf/constants.ts';
import type { Vma } from './address-space.ts';
import { type Draws, type ExecConditions, isRandomised, PERSONALITY, zonesOf } from './conditions.ts';
import { type Errno, Exec, type LoadedFile, Refusal } from './exec.ts';
import { type OpenInterpreter, type ProgramHeaders, readHeaders } from './headers.ts';
import { loadInterpreter } from './interpreter.ts';
import type { Kernel } from './kernel.ts';
import { loadProgram } from './program.ts';
import { breakRange } from './break.ts';
import type { Rules } from './rules.ts';
import { fillStack, makeStack, type NewStack } from './stack.ts';
import { mapVdso } from './vdso.ts';

/** Everything that exec depends on but its random variables. */
export interface ExecInput {
  readonly program: RandomAccess;
  readonly openInterpreter: OpenInterpreter;
  readonly kernel: Kernel;
  readonly rules: Rules;
  readonly conditions: ExecConditions;
}

export interface Loaded {
  readonly kind: 'loaded';
  readonly headers: ProgramHeaders;
  /** Ascending. */
  readonly mappings: readonly Vma[];
  readonly stack: NewStack;
  readonly vdso: Range | undefined;
  /** Where it begins; it ends there too. */
  readonly startBrk: bigint;
  /** Where it begins without what is drawn, and how much may be drawn. */
  readonly brkBase: bigint;
  readonly brkRandom: bigint;
  /** Not after the segments, but where position-independent programs are loaded. */
  readonly brkMoved: boolean;
  /** What is added to the program's addresses. */
  readonly bias: bigint;
  readonly atPhdr: bigint;
  readonly atBase: bigint;
  readonly atEntry: bigint;
  /** The first instruction: the interpreter's, if there is one. */
  readonly entry: bigint;
}

export type Outcome =
  /** execve fails; whoever called it goes on. */
  | { readonly kind: 'error'; readonly errno: Errno; readonly why: string }
  /** The old program is gone already when this is found. */
  | { readonly kind: 'killed'; readonly signal: 'SIGSEGV'; readonly why: string }
  | Loaded;

/**
 * What execve does, given what it draws at random. The order of things is the kernel's.
 * @param order of the program headers: for the question whether it matters
 * @source fs/binfmt_elf.c load_elf_binary
 */
export function execute(input: ExecInput, draws: Draws, order: 'as-it-is' | 'reversed' = 'as-it-is'): Outcome {
  const { program, openInterpreter, kernel, rules, conditions } = input;
  let pointOfNoReturn = false;
  try {
    const read = readHeaders(program, kernel, rules, openInterpreter);
    const headers = order === 'reversed' ? { ...read, phdrs: read.phdrs.toReversed() } : read;
    pointOfNoReturn = true;
    return load(new Exec(zonesOf(headers.cls, kernel, conditions), rules, conditions, draws), headers, kernel);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const why = refusal.message;
    return pointOfNoReturn ? { kind: 'killed', signal: 'SIGSEGV', why } : { kind: 'error', errno: refusal.errno, why };
  }
}

function load(exec: Exec, headers: ProgramHeaders, kernel: Kernel): Loaded {
  const { ehdr, interpreter } = headers;
  exec.readImpliesExec = impliesExec(exec, headers);
  const files: Record<LoadedFile['role'], LoadedFile | undefined> = {
    program: { role: 'program', file: headers.file },
    interpreter: interpreter && { role: 'interpreter', file: interpreter.file },
  };
  const early = exec.rules['stack-before-segments'] ? makeStack(exec, headers) : undefined;
  const program = loadProgram(exec, headers, files);
  const stack = early ?? makeStack(exec, headers);
  // From here the program's addresses are final.

  const atBase = interpreter ? loadInterpreter(exec, interpreter, files, program.bias !== 0n) : 0n;
  const atEntry = exec.wrap(ehdr.entry + program.bias);
  const entry = interpreter ? exec.wrap(atBase + interpreter.ehdr.entry) : atEntry;
  if (exec.isBad(entry)) throw new Refusal('EINVAL', 'the entry point is beyond user space');
  const vdso = mapVdso(exec, stack);
  fillStack(exec, stack, files);

  const { base, random, moved } = breakRange(exec, kernel, {
    highestEnd: program.highestEnd,
    isStaticPie: ehdr.type === ET_DYN && !interpreter,
  });
  if ((exec.conditions.personality & PERSONALITY.MMAP_PAGE_ZERO) !== 0) exec.mapPageZero();
  return {
    kind: 'loaded',
    headers,
    mappings: exec.space.vmas,
    stack,
    vdso,
    startBrk: pageFloor(base + exec.draws.brk),
    brkBase: base,
    brkRandom: isRandomised(exec.conditions) ? random : 0n,
    brkMoved: moved,
    bias: program.bias,
    atPhdr: BigInt.asUintN(headers.cls, program.phdrAddress),
    atBase: BigInt.asUintN(headers.cls, atBase),
    atEntry: BigInt.asUintN(headers.cls, atEntry),
    entry,
  };
}

/** @source arch/x86/include/asm/elf.h elf_read_implies_exec; set_personality_64bit clears what was inherited */
function impliesExec({ rules, conditions }: Exec, { cls, stack }: ProgramHeaders): boolean {
  const inherited = cls === 32 && (conditions.personality & PERSONALITY.READ_IMPLIES_EXEC) !== 0;
  const row = cls === 32 ? 'missing-stack-header-means-exec-32' : 'missing-stack-header-means-exec-64';
  return inherited || (stack === 'unsaid' && rules[row]);
}
