import { invariant } from '../../base/errors.ts';
import { formatRange, PAGE, type Range, sizeOf } from '../../base/range.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Program } from '../program/program.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE, type Mapping } from '../../snapshot/memory.ts';

/** Pages that the live vdso and its data take in the memory that remains: up to six of data, up to three of code. */
export const LIVE_VDSO_SIZE: bigint = 9n * PAGE;

/**
 * Functions of the vdso that read its data or suit one CPU only, and so are forwarded: [name, x86-64 number, i386
 * number] of the system call that does the same where the live vdso has no such function.
 * Others, like __kernel_rt_sigreturn, are complete in themselves and stay. @source vdso(7), arch/x86/entry/vdso/
 */
const FORWARDED: readonly (readonly [name: string, x86_64: number, i386: number])[] = [
  ['__vdso_clock_gettime', 228, 265],
  ['__vdso_clock_gettime64', 0, 403],
  ['__vdso_gettimeofday', 96, 78],
  ['__vdso_time', 201, 13],
  ['__vdso_clock_getres', 229, 266],
  ['__vdso_getcpu', 309, 318],
  ['__vdso_getrandom', 318, 355],
];
/** Makes any system call, so it has no number of its own. */
const KERNEL_VSYSCALL = '__kernel_vsyscall';
const INT80_RET = [0xcd, 0x80, 0xc3];

const imm32 = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >>> 24) & 0xff,
];

/** Machine code of a function that makes the plain system call with its arguments. */
function plainCall(arch: Program['arch'], nr: number): number[] {
  if (arch.wordSize === 8) return [0xb8, ...imm32(nr), 0x0f, 0x05, 0xc3]; // mov $nr, %eax; syscall; ret
  return [
    0x53, // push %ebx
    0x8b, 0x5c, 0x24, 0x08, // mov 8(%esp), %ebx
    0x8b, 0x4c, 0x24, 0x0c, // mov 12(%esp), %ecx
    0x8b, 0x54, 0x24, 0x10, // mov 16(%esp), %edx
    0xb8, ...imm32(nr), 0xcd, 0x80, // mov $nr, %eax; int $0x80
    0x5b, 0xc3, // pop %ebx; ret
  ]; // prettier-ignore
}

function fallbackOf(arch: Program['arch'], name: string): number[] | undefined {
  if (name === KERNEL_VSYSCALL) return INT80_RET;
  const row = FORWARDED.find(([own]) => own === name);
  return row && plainCall(arch, arch.wordSize === 8 ? row[1] : row[2]);
}

/** Bytes at the start of a forwarded function that are overwritten at most: an absolute jump, or the plain call. */
const patchSize = (arch: Program['arch'], name: string): bigint =>
  BigInt(Math.max(arch.wordSize === 8 ? 14 : 5, fallbackOf(arch, name)?.length ?? 0));

/** Moves the live vdso out of the way of everything that is put back. */
export function moveLiveVdso(program: Program, room: Range): void {
  program.do('vdsoMove', [room.start, sizeOf(room)], 'move the vdso away');
}

/** Where bytes of the saved vdso will differ: the forwarded functions' beginnings. */
export function forwardedRanges(program: Program, snapshot: Snapshot): (Range & { reason: string })[] {
  return forwarded(program, snapshot).map(({ name, address }) => ({
    start: address,
    end: address + patchSize(program.arch, name),
    reason: `${name} goes to the running kernel's vdso`,
  }));
}

function forwarded(program: Program, { vdsoFunctions }: Snapshot): Snapshot['vdsoFunctions'] {
  return vdsoFunctions.filter(({ name }) => fallbackOf(program.arch, name) !== undefined);
}

/** Makes the saved vdso, which is ordinary memory now, call the live one. */
export function forwardVdso(program: Program, vdso: Mapping, snapshot: Snapshot): void {
  const protect = (prot: number): void =>
    program.call('mprotect', [vdso.start, sizeOf(vdso), BigInt(prot)], `protect the saved vdso ${formatRange(vdso)}`);
  protect(PROT_READ | PROT_WRITE);
  for (const { name, address, size } of forwarded(program, snapshot)) {
    const fallback = fallbackOf(program.arch, name) ?? [];
    invariant(size >= patchSize(program.arch, name) || name === KERNEL_VSYSCALL, `${name} has room for a jump`);
    const bytes = program.put(Uint8Array.from(fallback));
    program.do('vdsoForward', [address, program.putString(name), bytes, BigInt(fallback.length)], `forward ${name}`);
  }
  protect(PROT_READ | PROT_EXEC);
}
