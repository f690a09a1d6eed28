import { type SegmentNumbers, segmentNumbers, translateSelector } from '../../arch/segments.ts';
import type { Registers, Thread } from '../../snapshot/thread.ts';
import type { Program } from '../program/program.ts';

const SELECTORS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const;
/** read_exec_only and seg_not_present, with nothing else: a descriptor that set_thread_area takes for none. @source asm/ldt.h LDT_empty */
const EMPTY = 0x28;

/**
 * The TLS descriptors of a thread of 32 bits, and its selectors where they lie to be loaded. A kernel of 32 bits numbers them differently
 * from one of 64 bits, and refuses a number of the other's.
 */
export function restoreSegments(
  program: Program,
  thread: Thread,
  registers: Registers,
  registerAt: (name: string) => bigint,
  whose: string,
): void {
  const { own, other } = segmentNumbers(registers['cs'] ?? 0n);
  const descriptors = thread.tls.map(({ entry, base, limit, flags }) => ({
    entry,
    at: program.put(userDescriptor(entry, base, limit, flags)),
  }));
  const stores = [
    ...changedSelectors(registers, own, other).map(({ name, value }) => ({
      at: registerAt(name),
      value,
      sentence: `give ${name} its number of this kernel${whose}`,
    })),
    ...descriptors.map(({ entry, at }) => ({
      at,
      value: BigInt(entry - own.firstTls + other.firstTls),
      sentence: `give TLS descriptor ${entry} its number of this kernel${whose}`,
    })),
  ];
  const none = program.put(userDescriptor(own.firstTls, 0n, 0n, EMPTY));
  program.attempt('set_thread_area', [none], `see how this kernel numbers segments${whose}`, stores.length);
  for (const { at, value, sentence } of stores) program.do('store', [at, 4n, value], sentence);
  for (const { entry, at } of descriptors) program.call('set_thread_area', [at], `set TLS descriptor ${entry}${whose}`);
}

/** struct user_desc. @source arch/x86/include/uapi/asm/ldt.h */
function userDescriptor(entry: number, base: bigint, limit: bigint, flags: number): Uint8Array {
  return new Uint8Array(new Uint32Array([entry, Number(base), Number(limit), flags]).buffer);
}

function changedSelectors(registers: Registers, own: SegmentNumbers, other: SegmentNumbers) {
  return SELECTORS.flatMap((name) => {
    const was = registers[name] ?? 0n;
    const value = translateSelector(was, own, other);
    return value === was ? [] : [{ name, value }];
  });
}
