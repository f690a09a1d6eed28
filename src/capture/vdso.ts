import { ElfreezeError } from '../base/errors.ts';
import { contains } from '../base/range.ts';
import type { Arch } from '../arch/arch.ts';
import { isInterruptedCall } from '../arch/settle.ts';
import type { SmapsEntry } from '../proc/smaps.ts';
import type { Registers } from '../snapshot/snapshot.ts';
import type { ProcessMemory } from '../sys/procfs.ts';
import { NT, type Tracee } from '../sys/ptrace.ts';
import { readStopped, type Stopped } from './loan.ts';

const MAX_STEPS = 100_000;
const SYSCALL = [0x0f, 0x05];
const SYSENTER = [0x0f, 0x34];
const INT80 = [0xcd, 0x80];

/**
 * Whether the thread executes code of the vdso that suits this kernel only. Waiting in a system call that the vdso made is not
 * that, nor is having just made one: what comes after `int $0x80` is kept.
 */
export function isInVdso(
  arch: Arch,
  { registers }: Stopped,
  entries: readonly SmapsEntry[],
  memory: ProcessMemory,
): boolean {
  const vdso = entries.find((entry) => entry.path === '[vdso]');
  const ip = registers[arch.ip] ?? 0n;
  if (vdso === undefined || !contains(vdso, ip) || isInterruptedCall(arch, registers)) return false;
  return systemCallAt(memory, ip - arch.syscallLength) !== 'int80';
}

/**
 * Runs the copy, which nobody else can see, in the place of a thread until it is out of the vdso: its functions only read
 * the clock, or make random bytes with the vector registers. A system call there is not made: the image makes it.
 */
export function leaveVdso(
  copy: Tracee,
  arch: Arch,
  stopped: Stopped,
  memory: ProcessMemory,
  entries: readonly SmapsEntry[],
): Stopped {
  if (!isInVdso(arch, stopped, entries, memory)) return stopped;
  copy.setRegisters(arch, { ...stopped.registers, [arch.origAx]: -1n });
  copy.setRegset(NT.X86_XSTATE, stopped.xstate);
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const now = { ...readStopped(copy, arch, memory), sigmask: stopped.sigmask };
    if (!isInVdso(arch, now, entries, memory)) return now;
    const call = systemCallAt(memory, now.registers[arch.ip] ?? 0n);
    if (call === 'int80' || call === 'syscall') return now;
    // The same call by the instruction that every CPU has, two bytes further on. @source arch/x86/entry/vdso/vdso32/system_call.S
    if (call === 'sysenter') return movedOn(arch, now);
    copy.step();
  }
  throw new ElfreezeError('TARGET_BUSY', 'the process does not leave the vdso');
}

function systemCallAt(memory: ProcessMemory, ip: bigint): 'int80' | 'syscall' | 'sysenter' | undefined {
  const bytes = memory.readNow(ip, 4);
  const starts = (code: readonly number[]): boolean => code.every((byte, i) => bytes[i] === byte);
  if (starts(INT80)) return 'int80';
  // A 32-bit vdso on AMD has syscall where Intel has sysenter, with int $0x80 after it.
  if (starts([...SYSENTER, ...INT80]) || starts([...SYSCALL, ...INT80])) return 'sysenter';
  return starts(SYSCALL) ? 'syscall' : undefined;
}

function movedOn(arch: Arch, stopped: Stopped): Stopped {
  const move = (registers: Registers): Registers => ({
    ...registers,
    [arch.ip]: (registers[arch.ip] ?? 0n) + arch.syscallLength,
  });
  return { ...stopped, registers: move(stopped.registers), settled: move(stopped.settled) };
}
