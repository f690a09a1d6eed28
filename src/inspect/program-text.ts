import { ARCHES } from '../arch/index.ts';
import {
  type Arg,
  type Expect,
  FIRST_FREE_SLOT,
  type OpName,
  PRESET_SLOT,
  RELATION,
  SLOT_COUNT,
  type Step,
} from '../restorer/steps.ts';
import { type ArgumentContext, quote } from './argument-kinds.ts';
import { callForm } from './call-arguments.ts';
import { ERRNO, flagNames, MAP, nameOf } from './names.ts';
import { decodeName } from '../base/names.ts';

/** A step in words. */
export interface StepText {
  /** Its place in the program, which `skips to` counts by. */
  readonly index: number;
  readonly op: OpName;
  /** `mmap(0x1000, 4096, …)`. */
  readonly call: string;
  /** ` = ok`, and where the program goes on when it is not the next step. */
  readonly result: string;
  /** What it is for; of `check`, `cpuid`, `xgetbv` and `fail` what is said when it does not hold. */
  readonly sentence: string;
}

export interface ProgramContext extends ArgumentContext {
  /** Address of slot 0. */
  readonly slots: bigint;
}

/** A restore program as strace would print it. */
export function programText(steps: readonly Step[], context: ProgramContext): StepText[] {
  // What slots hold changes as the program goes.
  const held = new Map<number, string>();
  const slotName: SlotNames = (slot) =>
    PRESET.get(slot) ?? `$${held.get(slot) ?? 'slot'}${held.has(slot) && slot === FIRST_FREE_SLOT ? '' : slot}`;
  return steps.map((step, index) => {
    const call = callText(step, slotName, context);
    if (step.keep !== undefined) held.set(step.keep, RESULT[step.name] ?? 'slot');
    const kept = step.keep === undefined ? '' : `${slotName(step.keep)} = `;
    return { index, op: step.op, call: kept + call, result: resultText(step, index), sentence: step.sentence };
  });
}

type SlotNames = (slot: number) => string;

const PRESET = new Map<number, string>(Object.entries(PRESET_SLOT).map(([name, slot]) => [slot, `$${name}`]));
/** What the results of these are: `$fd`, and `$fd9` for a second one at the same time. */
const RESULT: Readonly<Record<string, string>> = {
  openat: 'fd',
  fcntl: 'fd',
  dup3: 'fd',
  memfd_create: 'fd',
  set_tid_address: 'tid',
};

const hex = (value: bigint): string => `0x${value.toString(16)}`;

function callText(step: Step, slotNames: SlotNames, context: ProgramContext): string {
  if (step.op !== 'syscall') return operationText(step, slotNames, context);
  const { arch } = context;
  const known = Object.entries(ARCHES[arch.name].syscalls).find(([, nr]) => nr === step.nr)?.[0];
  const values = step.args.map((arg) => (typeof arg === 'bigint' ? arg : undefined));
  const form = callForm(arch, known ?? `syscall_${step.nr}`, values);
  const args = step.args.map((arg, index) =>
    typeof arg === 'bigint'
      ? (slotAt(arg, slotNames, context) ?? form.argument(index, arg, context))
      : slotNames(arg.slot),
  );
  return `${form.name}(${args.join(', ')})`;
}

/** `&$fd` for an address inside the slots. */
function slotAt(value: bigint, slotNames: SlotNames, { slots }: ProgramContext): string | undefined {
  const distance = value - slots;
  if (slots === 0n || distance < 0n || distance >= BigInt(SLOT_COUNT * 8) || distance % 8n !== 0n) return undefined;
  return `&${slotNames(Number(distance / 8n))}`;
}

const RELATIONS = new Map<bigint, string>([
  [BigInt(RELATION.eq), '=='],
  [BigInt(RELATION.ge), '>='],
  [BigInt(RELATION.ne), '!='],
]);
const CPUID_REGISTERS = ['eax', 'ebx', 'ecx', 'edx'];

/** The operations that are no system calls, in the shape of one. */
function operationText({ op, args }: Step, slotNames: SlotNames, context: ProgramContext): string {
  const show = (arg: Arg | undefined): string =>
    arg === undefined ? '?'
    : typeof arg === 'bigint' ? (slotAt(arg, slotNames, context) ?? hex(arg))
    : slotNames(arg.slot); // prettier-ignore
  const number = (index: number): bigint => {
    const arg = args[index];
    return typeof arg === 'bigint' ? arg : 0n;
  };
  const memory = (): string => `*(u${number(1) * 8n} *)${show(args[0])}`;
  switch (op) {
    case 'check':
      return `check(${memory()} ${RELATIONS.get(number(2)) ?? '?'} ${show(args[3])})`;
    case 'store':
      return `store(${memory()} = ${show(args[2])})`;
    case 'anonymise': {
      const [start, length, window, chunk, extra, ...rest] = args;
      const flags = typeof extra === 'bigint' ? flagNames(MAP, extra) : show(extra);
      return `anonymise(${[show(start), decimal(length), show(window), decimal(chunk), flags, ...rest.map(show)].join(', ')})`;
    }
    case 'vdsoForward': {
      const name = context.read(number(1), 64);
      const end = name?.indexOf(0) ?? -1;
      const quoted = name && end >= 0 ? quote(decodeName(name.subarray(0, end))) : show(args[1]);
      return `vdsoForward(${show(args[0])}, ${quoted}, ${show(args[2])}, ${decimal(args[3])})`;
    }
    case 'cpuid':
      return `cpuid(${show(args[0])}, ${show(args[1])}, ${CPUID_REGISTERS[Number(number(2) & 3n)]}, ${show(args[3])})`;
    default:
      return `${op}(${args.map(show).join(', ')})`;
  }
}

const decimal = (arg: Arg | undefined): string => (typeof arg === 'bigint' ? arg.toString() : '?');

function resultText({ op, expect, skip }: Step, index: number): string {
  const target =
    skip === undefined
      ? ''
      : `, ${op === 'syscall' ? 'if ok' : 'if so'} ${skip < 0 ? 'goes back' : 'skips'} to ${index + skip + 1}`;
  return op === 'syscall' ? ` = ${expectText(expect)}${target}` : target.replace(', ', ' ');
}

function expectText(expect: Expect): string {
  switch (expect.kind) {
    case 'any':
      return 'any';
    case 'ok':
      return 'ok';
    case 'exactly':
      return expect.value < 0n ? `-${nameOf(ERRNO, -expect.value)}` : expect.value.toString();
    case 'okOr':
      return `ok or -${nameOf(ERRNO, BigInt(expect.errno))}`;
  }
}
