import { invariant } from '../base/errors.ts';

/**
 * How a kernel numbers the segments of programs of 32 bits.
 * @source arch/x86/include/asm/segment.h: GDT_ENTRY_DEFAULT_USER32_CS, _USER_CS, _USER_DS, GDT_ENTRY_TLS_MIN
 */
export interface SegmentNumbers {
  readonly code: bigint;
  readonly data: bigint;
  /** Of three entries that set_thread_area fills. */
  readonly firstTls: number;
}

const OF_64_BIT_KERNEL: SegmentNumbers = { code: 0x23n, data: 0x2bn, firstTls: 12 };
const OF_32_BIT_KERNEL: SegmentNumbers = { code: 0x73n, data: 0x7bn, firstTls: 6 };
const TLS_ENTRIES = 3;
/** Privilege of user space, in the lowest bits of a selector. */
const RPL = 3;

/** Whether a program of 32 bits runs code that any kernel has a segment for. */
export const isCodeSelector = (code: bigint): boolean =>
  code === OF_64_BIT_KERNEL.code || code === OF_32_BIT_KERNEL.code;

/** The numbers that a code selector belongs to, and those of the other kind of kernel. */
export function segmentNumbers(code: bigint): { readonly own: SegmentNumbers; readonly other: SegmentNumbers } {
  invariant(isCodeSelector(code), `no kernel's code selector: ${code}`);
  return code === OF_64_BIT_KERNEL.code
    ? { own: OF_64_BIT_KERNEL, other: OF_32_BIT_KERNEL }
    : { own: OF_32_BIT_KERNEL, other: OF_64_BIT_KERNEL };
}

/**
 * Selectors 0 to 3 are all none. Kernels before 6.15 give what rt_sigreturn loads into fs and gs of a 32-bit program the
 * privilege of user space, and so make a 3 of a 0: seen on 5.10.223 and 6.1.176, not on 6.12.107, which has the backport.
 * @source arch/x86/kernel/signal_32.c reload_segments; ad546940b599 "x86/ia32: Leave NULL selector values 0~3 unchanged"
 */
export const isNullSelector = (selector: bigint): boolean => selector <= 3n;

const tlsSelector = ({ firstTls }: SegmentNumbers, index: number): bigint => BigInt(((firstTls + index) << 3) | RPL);

/** The same segment under the other kernel; a selector that is nobody's, such as 0, stays. */
export function translateSelector(selector: bigint, own: SegmentNumbers, other: SegmentNumbers): bigint {
  if (selector === own.code) return other.code;
  if (selector === own.data) return other.data;
  for (let index = 0; index < TLS_ENTRIES; index++)
    if (selector === tlsSelector(own, index)) return tlsSelector(other, index);
  return selector;
}
