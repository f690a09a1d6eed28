import { ElfreezeError } from '../base/errors.ts';
import type { Arch, Gadget } from '../arch/arch.ts';
import type { MapsLine } from '../proc/maps.ts';
import { PROT_EXEC } from '../snapshot/snapshot.ts';
import type { ProcessMemory } from '../sys/procfs.ts';

/** Instructions of the target that elfreeze borrows: a system call that returns, and the return from a signal. */
export interface Gadgets {
  readonly syscall: bigint;
  readonly pops: number;
  readonly sigreturn: bigint;
}

const MAX_SEARCH = 64 << 20;

/** Where system call instructions are likely first: the C library and the vdso, then the program. */
const rank = (line: MapsLine): number =>
  line.path === '[vdso]' || /\/(libc|ld-musl)[^/]*$/.test(line.path) ? 0 : 1;

/** Finds both gadgets in executable memory. @throws NO_GADGET */
export function findGadgets(arch: Arch, memory: ProcessMemory, lines: readonly MapsLine[]): Gadgets {
  let call: { address: bigint; gadget: Gadget } | undefined;
  let sigreturn: bigint | undefined;
  const executable = lines.filter((line) => line.prot & PROT_EXEC && line.path !== '[vsyscall]');
  for (const line of executable.sort((a, b) => rank(a) - rank(b))) {
    const text = memory.readNow(line.start, Math.min(Number(line.end - line.start), MAX_SEARCH));
    const find = (bytes: readonly number[]): bigint | undefined => {
      const at = text.indexOf(Buffer.from(bytes));
      return at < 0 ? undefined : line.start + BigInt(at);
    };
    for (const gadget of arch.syscallGadgets) {
      const address = call === undefined ? find(gadget.bytes) : undefined;
      if (address !== undefined) call = { address, gadget };
    }
    for (const bytes of arch.sigreturnGadgets) sigreturn ??= find(bytes);
    if (call !== undefined && sigreturn !== undefined) return { syscall: call.address, pops: call.gadget.pops, sigreturn };
  }
  throw new ElfreezeError('NO_GADGET', `no ${call ? 'signal return' : 'system call'} was found in the program's text`);
}
