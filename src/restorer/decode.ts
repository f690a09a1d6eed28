import { ElfreezeError } from '../base/errors.ts';
import { hex } from '../base/range.ts';
import { stringTable } from '../elf/access.ts';
import { type Expect, OP, type OpName, PROGRAM_HEADER_SIZE, PROGRAM_MAGIC, type Step, STEP_SIZE } from './steps.ts';

/** A restore program as it lies in an image. */
export interface DecodedProgram {
  readonly steps: readonly Step[];
  /** Address of slot 0. */
  readonly slots: bigint;
}

/** Nothing real comes near: 65,530 mappings, the default vm.max_map_count, take a third of it. */
const MAX_STEPS = 1 << 20;
const OPS = new Map<number, OpName>(Object.entries(OP).map(([name, number]) => [number, name as OpName]));

/**
 * The steps that encodeProgram wrote. Arguments come back unsigned, expected results signed.
 * @param bytes from the header on; there may be more behind the program. Not trusted.
 * @throws IMAGE_INVALID when they are no restore program, are cut short or contradict themselves
 */
export function decodeProgram(bytes: Uint8Array): DecodedProgram {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PROGRAM_HEADER_SIZE || view.getBigUint64(0, true) !== PROGRAM_MAGIC)
    throw invalid('has no header');
  const count = view.getBigUint64(8, true);
  const steps = view.getBigUint64(16, true);
  const room = BigInt(Math.floor((bytes.length - PROGRAM_HEADER_SIZE) / STEP_SIZE));
  if (count > room || count > MAX_STEPS) throw invalid(`has ${count} steps, which do not fit`);
  if (steps < PROGRAM_HEADER_SIZE) throw invalid(`has its steps at ${hex(steps)}`);
  const base = steps - BigInt(PROGRAM_HEADER_SIZE);
  const nameAt = stringTable(bytes);

  const text = (address: bigint): string => {
    if (address < base || address >= base + BigInt(bytes.length)) throw invalid(`has a string at ${hex(address)}`);
    return nameAt(Number(address - base));
  };
  const decodeStep = (_: unknown, index: number): Step =>
    stepAt(view, PROGRAM_HEADER_SIZE + index * STEP_SIZE, text, `step ${index}`);
  return { steps: Array.from({ length: Number(count) }, decodeStep), slots: view.getBigUint64(24, true) };
}

function stepAt(view: DataView, at: number, text: (address: bigint) => string, what: string): Step {
  const op = OPS.get(view.getUint16(at, true));
  if (op === undefined) throw invalid(`${what} has the unknown operation ${view.getUint16(at, true)}`);
  const argCount = view.getUint16(at + 2, true);
  if (argCount > 6) throw invalid(`${what} has ${argCount} arguments`);
  const slotMask = view.getUint32(at + 56, true);
  const args = Array.from({ length: argCount }, (_, i) => {
    const value = view.getBigUint64(at + 8 + i * 8, true);
    return (slotMask >> i) & 1 ? { slot: Number(value) } : value;
  });
  const keep = view.getInt32(at + 72, true);
  const skip = view.getInt32(at + 76, true);
  return {
    op,
    nr: view.getUint32(at + 4, true),
    name: text(view.getBigUint64(at + 88, true)),
    args,
    expect: expectOf(view.getUint32(at + 60, true), view.getBigInt64(at + 64, true), what),
    ...(keep < 0 ? {} : { keep }),
    ...(skip === 0 ? {} : { skip }),
    sentence: text(view.getBigUint64(at + 80, true)),
  };
}

/** The numbers are those of encodeProgram. */
function expectOf(kind: number, value: bigint, what: string): Expect {
  switch (kind) {
    case 0:
      return { kind: 'any' };
    case 1:
      return { kind: 'ok' };
    case 2:
      return { kind: 'exactly', value };
    case 3:
      return { kind: 'okOr', errno: Number(value) };
    default:
      throw invalid(`${what} expects ${kind}`);
  }
}

const invalid = (what: string): ElfreezeError => new ElfreezeError('IMAGE_INVALID', `the restore program ${what}`);
