import { ElfreezeError } from '../../base/errors.ts';
import { hex } from '../../base/range.ts';
import type { Arch, Gadget } from '../../arch/arch.ts';
import type { MapsLine } from '../../proc/maps.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../snapshot/memory.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';
import { touched } from '../../sys/pagemap.ts';

/** Instructions of the target that elfreeze borrows: a system call that returns, and the return from a signal. */
export interface Gadgets {
  readonly syscall: bigint;
  readonly pops: number;
  readonly sigreturn: bigint;
  /** What was there while the process ran, to be verified once it stands still. */
  readonly found: readonly Found[];
  /** The one case where code is lent: the program has no return from a signal, so unused bytes of its text hold one for as long as the loan lasts. */
  readonly implant?: { readonly address: bigint; readonly bytes: Uint8Array };
}

interface Found {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

const MAX_SEARCH = 64 << 20;

/** The C library and the vdso have them for certain; code that the program may rewrite, or we may not be able to read, comes last. */
const rank = ({ path, prot }: MapsLine): number =>
  !(prot & PROT_READ) ? 3 : prot & PROT_WRITE ? 2 : path === '[vdso]' || /\/(libc|ld-musl)[^/]*$/.test(path) ? 0 : 1;

/**
 * Finds both gadgets in executable memory: first in what the process has in its page table, for reading more would bring that in.
 * @throws NO_GADGET
 */
export function findGadgets(arch: Arch, memory: ProcessMemory, lines: readonly MapsLine[], pid: number): Gadgets {
  let call: { address: bigint; gadget: Gadget } | undefined;
  let sigreturn: Found | undefined;
  const executable = lines.filter(({ prot, path }) => prot & PROT_EXEC && path !== '[vsyscall]');
  const ranked = executable.sort((a, b) => rank(a) - rank(b));
  for (const range of [...ranked.flatMap((line) => touched(line, pid)), ...ranked]) {
    const text = memory.readNow(range.start, Math.min(Number(range.end - range.start), MAX_SEARCH));
    const find = (bytes: readonly number[]): bigint | undefined => {
      const at = text.indexOf(Buffer.from(bytes));
      return at < 0 ? undefined : range.start + BigInt(at);
    };
    for (const gadget of arch.syscallGadgets) {
      const address = call === undefined ? find(gadget.bytes) : undefined;
      if (address !== undefined) call = { address, gadget };
    }
    for (const bytes of arch.sigreturnGadgets) {
      const address = sigreturn === undefined ? find(bytes) : undefined;
      if (address !== undefined) sigreturn = { address, bytes: Uint8Array.from(bytes) };
    }
    if (call !== undefined && sigreturn !== undefined) break;
  }
  if (call === undefined) throw new ElfreezeError('NO_GADGET', "no system call was found in the program's text");
  const found = [{ address: call.address, bytes: Uint8Array.from(call.gadget.bytes) }];
  const base = { syscall: call.address, pops: call.gadget.pops };
  if (sigreturn) return { ...base, sigreturn: sigreturn.address, found: [...found, sigreturn] };
  const padding = findPadding(memory, executable);
  if (padding === undefined) throw new ElfreezeError('NO_GADGET', "no signal return was found in the program's text");
  const implant = { address: padding, bytes: Uint8Array.from(arch.sigreturnGadgets[0] ?? []) };
  return {
    ...base,
    sigreturn: padding,
    implant,
    found: [...found, { address: padding, bytes: new Uint8Array(PADDING) }],
  };
}

/**
 * The process ran on after the search.
 * @param memory opened since it stands still, as `lines` were read
 * @throws TARGET_CHANGED when something else is there by now, or may not be executed
 */
export function verifyGadgets(memory: ProcessMemory, lines: readonly MapsLine[], { found, implant }: Gadgets): void {
  for (const { address, bytes } of found) {
    const end = address + BigInt(bytes.length);
    const line = lines.find((each) => each.start <= address && end <= each.end);
    const isCode =
      line !== undefined && (line.prot & PROT_EXEC) !== 0 && !(line.shared && address === implant?.address);
    if (!isCode || !memory.readNow(address, bytes.length).equals(bytes))
      throw new ElfreezeError('TARGET_CHANGED', `the process changed its code at ${hex(address)}`);
  }
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
