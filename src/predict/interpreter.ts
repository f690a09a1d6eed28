import { ET_DYN, ET_EXEC } from '../elf/constants.ts';
import { type Exec, type LoadedFile, Refusal } from './exec.ts';
import type { RawHeaders } from './headers.ts';
import { PendingZeros } from './pending-zeros.ts';
import { checkSize, type Files, loadSegment, loadsOf, mapSegment, spanOf } from './segments.ts';
import { pageFloor } from '../base/range.ts';

/**
 * Maps the interpreter.
 * @param biased whether the program itself was moved: an ET_DYN interpreter is then placed freely, else tried at its own address
 * @returns AT_BASE: what is added to its addresses
 * @source fs/binfmt_elf.c load_elf_interp
 */
export function loadInterpreter(exec: Exec, headers: RawHeaders, files: Files, biased: boolean): bigint {
  const { type } = headers.ehdr;
  if (type !== ET_EXEC && type !== ET_DYN) throw new Refusal('EINVAL', `the interpreter's e_type is ${type}`);
  const file: LoadedFile = { role: 'interpreter', file: headers.file };
  const loads = loadsOf(headers);
  let span = spanOf(loads, headers.cls, exec);
  if (span === 0n) throw new Refusal('EINVAL', 'the interpreter has no PT_LOAD');
  const zeros = new PendingZeros(exec, 'interpreter');
  const perSegment = exec.rules['interpreter-zeros-per-segment'];
  const movable = type === ET_DYN;
  let bias = 0n;
  for (const [i, segment] of loads.entries()) {
    const { vaddr } = segment;
    const first = i === 0;
    if (first && movable && biased) bias = exec.wrap(-vaddr);
    const address = exec.wrap(bias + vaddr);
    const how = movable && first ? 'anywhere' : 'replace';
    const at = perSegment
      ? loadSegment(exec, files, file, segment, address, how, span)
      : mapSegment(exec, file, segment, address, how, span);
    span = 0n;
    if (exec.isBad(at)) return badAddress(exec, at, segment.index);
    if (first && movable) bias = exec.wrap(at - pageFloor(vaddr));
    checkSize(exec, segment, exec.wrap(bias + vaddr));
    zeros.add(segment, exec.wrap(bias + vaddr));
  }
  if (!perSegment) zeros.finishInterpreter(files);
  return bias;
}

/** Errors are the last 4095 addresses: any other bad one is taken for where the interpreter is. @source include/linux/err.h IS_ERR_VALUE */
function badAddress(exec: Exec, address: bigint, header: number): bigint {
  if (address > exec.zones.word - 4096n)
    throw new Refusal('EINVAL', `the interpreter's header ${header} is beyond user space`);
  return address;
}
