import { ElfreezeError, invariant } from '../../base/errors.ts';
import { contains } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import { isInterruptedCall } from '../../arch/settle.ts';
import type { MapsLine } from '../../proc/maps.ts';
import type { Registers } from '../../snapshot/thread.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';
import { NT, type Tracee } from '../../sys/ptrace.ts';
import { readStopped, type Stopped } from '../borrow/loan.ts';

const MAX_STEPS = 100_000;
/** More than any function of a vdso takes that is not in a loop. */
const STEPS_OF_A_LOOP = 300;
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
  lines: readonly MapsLine[],
  memory: ProcessMemory,
): boolean {
  const vdso = lines.find(({ path }) => path === '[vdso]');
  const ip = registers[arch.ip] ?? 0n;
  if (vdso === undefined || !contains(vdso, ip) || isInterruptedCall(arch, registers)) return false;
  return systemCallAt(memory, ip - arch.syscallLength) !== 'int80';
}

/**
 * Runs the copy, which nobody else can see, in the place of a thread until it is out of the vdso: its functions only read
 * the clock, or make random bytes with the vector registers. A system call there is not made: the image makes it.
 *
 * They read the clock again when it went on meanwhile. Where a step takes long, as in an emulated machine, it always has: that
 * loop the copy leaves running.
 */
export function leaveVdso(
  copy: Tracee,
  arch: Arch,
  stopped: Stopped,
  memory: ProcessMemory,
  lines: readonly MapsLine[],
): Stopped {
  if (!isInVdso(arch, stopped, lines, memory)) return stopped;
  copy.setRegisters(arch, { ...stopped.registers, [arch.origAx]: -1n });
  copy.setRegset(NT.X86_XSTATE, stopped.xstate);
  const path: bigint[] = [];
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const now = { ...readStopped(copy, arch, memory), sigmask: stopped.sigmask };
    if (!isInVdso(arch, now, lines, memory)) return now;
    const ip = now.registers[arch.ip] ?? 0n;
    const call = systemCallAt(memory, ip);
    if (call === 'int80' || call === 'syscall') return now;
    // The same call by the instruction that every CPU has, two bytes further on. @source arch/x86/entry/vdso/vdso32/system_call.S
    if (call === 'sysenter') return movedOn(arch, now);
    const before = path.length < STEPS_OF_A_LOOP ? -1 : path.lastIndexOf(ip);
    const exits = before === -1 ? [] : exitsOf(path.slice(before), (address) => memory.readNow(address, LONGEST_JUMP));
    path.push(ip);
    if (exits.length === 0) copy.step();
    else {
      leaveLoop(copy, arch, exits, memory);
      path.length = 0;
    }
  }
  throw new ElfreezeError('TARGET_BUSY', 'the process does not leave the vdso');
}

/** Bytes of a jump, and of what stands before one that says where to go by a register or memory. */
const LONGEST_JUMP = 8;

/**
 * Where a loop can be left: the sides of its conditional jumps on which it was not seen.
 * @param loop addresses of its instructions, all that were executed between the first and its return there
 * @param codeAt LONGEST_JUMP bytes
 * @returns none, too, when something in it may jump anywhere
 * @source Intel SDM volume 2: Jcc, LOOP, JCXZ; CALL and JMP of group 5
 */
export function exitsOf(loop: readonly bigint[], codeAt: (address: bigint) => Buffer): bigint[] {
  const within = new Set(loop);
  const exits = new Set<bigint>();
  for (const ip of within) {
    const code = codeAt(ip);
    const [first = 0, second = 0] = code;
    const isShort = (first & 0xf0) === 0x70 || (first & 0xfc) === 0xe0;
    const isNear = first === 0x0f && (second & 0xf0) === 0x80;
    if (isShort || isNear) {
      const next = ip + (isShort ? 2n : 6n);
      for (const side of [next, next + BigInt(isShort ? code.readInt8(1) : code.readInt32LE(2))])
        if (!within.has(side)) exits.add(side);
      continue;
    }
    const opcode = code.findIndex((byte) => byte !== 0x3e && byte !== 0xf2 && (byte & 0xf0) !== 0x40);
    if (code[opcode] === 0xff && [2, 3, 4, 5].includes(((code[opcode + 1] ?? 0) >> 3) & 7)) return [];
  }
  return [...exits];
}

const INT3 = 0xcc;
/** Bytes that ptrace writes at once. */
const WORD = 8;

/** Runs on to the first of these addresses, at each of which a breakpoint stands meanwhile. */
function leaveLoop(copy: Tracee, arch: Arch, exits: readonly bigint[], memory: ProcessMemory): void {
  const planted: { readonly address: bigint; readonly word: Buffer }[] = [];
  for (const address of exits) {
    // As it is now: breakpoints may be neighbours.
    const word = memory.readNow(address, WORD);
    planted.unshift({ address, word });
    copy.poke(address, Buffer.from([INT3, ...word.subarray(1)]));
  }
  copy.resume();
  copy.wait();
  for (const { address, word } of planted) copy.poke(address, word);
  const registers = copy.registers(arch);
  const at = (registers[arch.ip] ?? 0n) - 1n;
  invariant(exits.includes(at), 'a loop of the vdso is left by its jumps');
  copy.setRegisters(arch, { ...registers, [arch.ip]: at });
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
