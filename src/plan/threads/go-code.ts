import { invariant } from '../../base/errors.ts';
import type { Arch } from '../../arch/arch.ts';
import type { Registers } from '../../snapshot/thread.ts';
import { eightBytes } from '../program/program.ts';

/**
 * Registers that are not the thread's own yet when it leaves the gate, because waiting and setting the signal mask takes
 * system calls, and their numbers in machine code. @source the restorer's thread_tail, arch-x86-64.h and arch-i386.h
 */
const LATE: Readonly<Record<Arch['name'], readonly (readonly [register: string, code: number])[]>> = {
  'x86-64': [
    ['rax', 0],
    ['rcx', 1],
    ['rdx', 2],
    ['rsi', 6],
    ['rdi', 7],
    ['r8', 8],
    ['r10', 10],
    ['r11', 11],
  ],
  i386: [
    ['eax', 0],
    ['ecx', 1],
    ['edx', 2],
    ['ebx', 3],
    ['esi', 6],
    ['edi', 7],
  ],
};

/** Bytes of the mask before the code. */
export const GO_MASK = 8n;

/** A thread's signal mask, and behind it the last code that it executes before its own: for the code to be at `address`. */
export function encodeGo(arch: Arch, registers: Registers, sigmask: bigint, address: bigint): Uint8Array {
  const valueOf = (register: string): bigint => {
    const value = registers[register];
    invariant(value !== undefined, `no register ${register}`);
    return BigInt.asUintN(arch.wordSize * 8, value);
  };
  const loads = LATE[arch.name].flatMap(([register, code]) => [...load(code, valueOf(register))]);
  const jump =
    arch.wordSize === 8 ? jumpTo(valueOf(arch.ip)) : jumpFrom(address + BigInt(loads.length), valueOf(arch.ip));
  return Uint8Array.from([...eightBytes(sigmask), ...loads, ...jump]);
}

/** mov $value, register: a 32-bit value fills the upper half with zeros. */
function load(code: number, value: bigint): number[] {
  const opcode = 0xb8 + (code & 7);
  const bytes = [...eightBytes(value)];
  if (value >> 32n === 0n) return [...(code >= 8 ? [0x41] : []), opcode, ...bytes.slice(0, 4)];
  return [code >= 8 ? 0x49 : 0x48, opcode, ...bytes];
}

/** jmp *0(%rip), and the address behind it. */
const jumpTo = (target: bigint): number[] => [0xff, 0x25, 0, 0, 0, 0, ...eightBytes(target)];

/** jmp target. */
function jumpFrom(address: bigint, target: bigint): number[] {
  return [0xe9, ...eightBytes(BigInt.asUintN(32, target - (address + 5n))).subarray(0, 4)];
}
