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
  /** The one case where code is lent: the program has no return from a signal, so unused bytes of its text hold one for as long as the loan lasts. */
  readonly implant?: { readonly address: bigint; readonly bytes: Uint8Array };
}

const MAX_SEARCH = 64 << 20;

/** Where system call instructions are likely first: the C library and the vdso, then the program. */
const rank = (line: MapsLine): number => (line.path === '[vdso]' || /\/(libc|ld-musl)[^/]*$/.test(line.path) ? 0 : 1);

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
    if (call !== undefined && sigreturn !== undefined)
      return { syscall: call.address, pops: call.gadget.pops, sigreturn };
  }
  const padding = call ? findPadding(memory, executable) : undefined;
  if (call === undefined || padding === undefined)
    throw new ElfreezeError(
      'NO_GADGET',
      `no ${call ? 'signal return' : 'system call'} was found in the program's text`,
    );
  const bytes = Uint8Array.from(arch.sigreturnGadgets[0] ?? []);
  return { syscall: call.address, pops: call.gadget.pops, sigreturn: padding, implant: { address: padding, bytes } };
}

const PADDING = 16;

/** The last bytes of a text's last page, when the linker filled them up with zeros. */
function findPadding(memory: ProcessMemory, executable: readonly MapsLine[]): bigint | undefined {
  const line = executable.find(
    ({ path, shared, end }) =>
      path.startsWith('/') &&
      !shared &&
      memory.readNow(end - BigInt(2 * PADDING), 2 * PADDING).every((byte) => byte === 0),
  );
  return line && line.end - BigInt(PADDING);
}
