import { PAGE, pageFloor } from '../base/range.ts';
import { ET_DYN } from '../elf/constants.ts';
import { isRandomised } from './conditions.ts';
import { type Exec, type LoadedFile, Refusal } from './exec.ts';
import type { ProgramHeaders } from './headers.ts';
import { PendingZeros } from './pending-zeros.ts';
import { checkSize, type Files, type How, loadSegment, loadsOf, mapSegment, type Segment, spanOf } from './segments.ts';

export interface ProgramLoaded {
  /** What was added to its addresses. */
  readonly bias: bigint;
  /** bias + the highest p_vaddr + p_memsz. */
  readonly highestEnd: bigint;
  /** AT_PHDR. */
  readonly phdrAddress: bigint;
}

/** Maps the PT_LOADs, in table order. @source fs/binfmt_elf.c load_elf_binary "Now we do a little grungy work" */
export function loadProgram(exec: Exec, headers: ProgramHeaders, files: Files): ProgramLoaded {
  const { cls, ehdr } = headers;
  const { rules } = exec;
  const file: LoadedFile = { role: 'program', file: headers.file };
  const loads = loadsOf(headers);
  const zeros = new PendingZeros(exec, 'program');
  let [bias, highestEnd, phdrs] = [0n, 0n, 0n];
  loads.forEach((segment, i) => {
    const { vaddr, memsz } = segment;
    if (!rules['zeros-per-segment']) zeros.flush(bias);
    const place = i === 0 && ehdr.type === ET_DYN ? placeFirst(exec, headers, loads, files) : undefined;
    if (place) bias = place.bias;
    const how = place?.how ?? howToMap(exec, ehdr.type, i === 0);
    const wholeSpan = rules['span-mapped-first-exec'] && ehdr.type !== ET_DYN && i === 0;
    const span = place?.span ?? (wholeSpan ? spanOf(loads, cls, exec) : 0n);
    const at = rules['zeros-per-segment']
      ? loadSegment(exec, files, file, segment, exec.wrap(bias + vaddr), how, span)
      : mapSegment(exec, file, segment, exec.wrap(bias + vaddr), how, span);
    if (exec.isBad(at)) throw new Refusal('EINVAL', `header ${segment.index} is beyond user space`);
    if (place) bias = exec.wrap(bias + at - pageFloor(exec.wrap(bias + vaddr)));
    phdrs = phdrAddress(exec, headers, segment, i === 0) ?? phdrs;
    checkSize(exec, segment, vaddr);
    zeros.add(segment, vaddr);
    const end = vaddr + memsz;
    if (end > highestEnd || !rules['break-is-highest-end']) highestEnd = end;
  });
  if (!rules['zeros-per-segment']) zeros.finish(bias, files);
  return { bias, highestEnd: exec.wrap(highestEnd + bias), phdrAddress: exec.wrap(phdrs + bias) };
}

/** Flags of a segment that has its address. */
function howToMap({ rules }: Exec, type: number, first: boolean): How {
  if (rules['no-segment-over-anything']) return 'keep';
  if (first && type !== ET_DYN && rules['first-segment-not-over-stack']) return 'keep';
  return rules['later-segment-replaces'] ? 'replace' : 'keep';
}

interface Place {
  readonly bias: bigint;
  readonly how: How;
  readonly span: bigint;
}

/** Where an ET_DYN goes: near ELF_ET_DYN_BASE with an interpreter, else into the mmap area. */
function placeFirst(exec: Exec, headers: ProgramHeaders, loads: readonly Segment[], files: Files): Place {
  const first = loads[0]!;
  const span = spanOf(loads, headers.cls, exec);
  if (span === 0n) throw new Refusal('EINVAL', 'the segments have no extent');
  const alignment = largestAlignment(loads);
  const align = (address: bigint): bigint => (alignment === 0n ? address : exec.wrap(address & -alignment));
  const keep: How = exec.rules['first-segment-not-over-stack'] ? 'keep' : 'replace';
  let [base, how]: [bigint, How] = [0n, 'anywhere'];
  if (headers.interpreter) {
    base = exec.zones.pieBase + (isRandomised(exec.conditions) ? exec.draws.pie : 0n);
    if (exec.rules['pie-aligned']) base = align(base);
    how = keep;
  } else if (alignment > PAGE && exec.rules['static-pie-aligned']) {
    // The kernel maps it once to learn where there is room, and unmaps it again.
    const file: LoadedFile = { role: 'program', file: headers.file };
    const found = loadSegment(exec, files, file, first, 0n, 'anywhere', span);
    if (exec.isBad(found)) throw new Refusal('EINVAL', 'no room for the program');
    exec.space.unmap({ start: found, end: found + ((span + PAGE - 1n) & -PAGE) });
    base = align(found);
    how = 'keep';
  }
  return { bias: exec.wrap(pageFloor(exec.wrap(base - first.vaddr))), how, span };
}

/** @source fs/binfmt_elf.c maximum_alignment */
function largestAlignment(loads: readonly Segment[]): bigint {
  const powers = loads.map(({ align }) => align).filter((align) => align > 0n && (align & (align - 1n)) === 0n);
  const largest = powers.reduce((most, align) => (align > most ? align : most), 0n);
  return (largest + PAGE - 1n) & -PAGE;
}

/** AT_PHDR less the bias, if this segment tells. */
function phdrAddress(
  { rules }: Exec,
  { cls, ehdr }: ProgramHeaders,
  segment: Segment,
  first: boolean,
): bigint | undefined {
  const { offset, filesz, vaddr } = segment;
  const narrow = (value: bigint): bigint => BigInt.asUintN(cls, value);
  if (!rules['headers-found-by-segment']) return first ? vaddr - offset + ehdr.phoff : undefined;
  if (offset > ehdr.phoff || ehdr.phoff >= narrow(offset + filesz)) return undefined;
  return narrow(ehdr.phoff - offset + vaddr);
}
