import type { ThreadPeek } from './look.ts';
import type { Difference } from './verdict.ts';

/** Names and numbers per architecture. `restart` is the number of restart_syscall. */
const FACTS = {
  'x86-64': { ax: 'rax', ip: 'rip', sp: 'rsp', orig: 'orig_rax', bits: 64, restart: 219n },
  i386: { ax: 'eax', ip: 'eip', sp: 'esp', orig: 'orig_eax', bits: 32, restart: 0n },
} as const;

/** −ERESTARTSYS … −ERESTART_RESTARTBLOCK. @source include/linux/errno.h */
const RESTART_ERRORS = { lowest: -516n, highest: -512n };
/** `syscall`, `sysenter` and `int $0x80` are two bytes long. */
const SYSCALL_LENGTH = 2n;

/** A spinning process is anywhere in its loop of three instructions. */
const SPIN_BYTES = 24n;

/** FXSAVE area and XSAVE header. @source Intel SDM vol. 1, 13.4.1 */
const LEGACY = { x87: [0, 24], mxcsr: [24, 32], st: [32, 160], xmm: [160, 416] } as const;

export function compareRegisters(before: ThreadPeek, after: ThreadPeek, spins: boolean): Difference[] {
  if (before.arch !== after.arch) return [{ kind: 'architecture', at: '', before: before.arch, after: after.arch }];
  const { ip } = FACTS[before.arch];
  const expected = afterRestart(before);
  const differences: Difference[] = [];
  for (const [name, was] of Object.entries(expected)) {
    const is = after.registers[name];
    if (is === was) continue;
    if (spins && name === 'eflags') continue;
    if (spins && name === ip && is !== undefined && distance(BigInt(is), BigInt(was)) < SPIN_BYTES) continue;
    differences.push({ kind: 'register', at: name, before: was, after: is ?? 'missing' });
  }
  return [...differences, ...compareXstate(before, after)];
}

export const stackPointer = ({ arch, registers }: ThreadPeek): bigint => BigInt(registers[FACTS[arch].sp] ?? 0);

const distance = (a: bigint, b: bigint): bigint => (a < b ? b - a : a - b);

/**
 * What the registers must be at the first own instruction: an interrupted system call is made again, as the kernel would.
 * The number of the call in progress itself is no register of the program and left out.
 */
function afterRestart(peek: ThreadPeek): Record<string, string> {
  const { ax, ip, orig, bits, restart } = FACTS[peek.arch];
  const { [orig]: origText = '0x0', ...registers } = { ...peek.registers };
  const call = BigInt.asIntN(bits, BigInt(origText));
  const result = BigInt.asIntN(bits, BigInt(registers[ax] ?? '0x0'));
  if (call < 0n || result < RESTART_ERRORS.lowest || result > RESTART_ERRORS.highest) return registers;
  registers[ip] = `0x${(BigInt(registers[ip] ?? '0x0') - SYSCALL_LENGTH).toString(16)}`;
  // In restart_syscall the kernel itself no longer tells which call it was.
  if (call === restart) delete registers[ax];
  else registers[ax] = `0x${BigInt.asUintN(bits, call).toString(16)}`;
  return registers;
}

/** Registers by value: a component that is in its initial state may or may not be marked as used. */
function compareXstate(before: ThreadPeek, after: ThreadPeek): Difference[] {
  const one = Buffer.from(before.xstate, 'hex');
  const two = Buffer.from(after.xstate, 'hex');
  const parts: (readonly [string, number, number])[] = [
    ...Object.entries(LEGACY).map(([name, [start, end]]) => [name, start, end] as const),
    ...before.components.map(({ bit, offset, size }) => [`component ${bit}`, offset, offset + size] as const),
  ];
  return parts.flatMap(([name, start, end]) => {
    const was = one.subarray(start, end);
    const is = two.subarray(start, end);
    if (was.equals(is)) return [];
    const at = was.findIndex((byte, index) => byte !== is[index]);
    return [
      {
        kind: 'xstate',
        at: `${name} byte ${at}`,
        before: was.subarray(at, at + 16).toString('hex'),
        after: is.subarray(at, at + 16).toString('hex'),
      },
    ];
  });
}
