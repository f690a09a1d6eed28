import type { Arch } from '../arch/arch.ts';
import { formatAddress } from '../snapshot/files/socket-address.ts';
import * as names from './names.ts';
import { decodeName } from '../base/names.ts';

/** What an argument is read with. */
export interface ArgumentContext {
  readonly arch: Arch;
  /** Bytes of the image's own memory; undefined where it has none. */
  readonly read: (address: bigint, length: number) => Uint8Array | undefined;
}

/**
 * One way to print an argument. The value is unsigned and 64 bits wide. `args` are all of the call's, undefined where
 * they are only known when the image runs.
 */
export type Kind = (value: bigint, context: ArgumentContext, args: readonly (bigint | undefined)[]) => string;

const MAX_TEXT = 4096;
const MAX_SHOWN = 32n;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

export const hexadecimal: Kind = (value) => (value === 0n ? '0' : `0x${value.toString(16)}`);
export const address = (value: bigint): string => (value === 0n ? 'NULL' : `0x${value.toString(16)}`);
export const count: Kind = (value) => value.toString();
export const integer: Kind = (value) => BigInt.asIntN(32, value).toString();
export const octal: Kind = (value) => (value === 0n ? '0' : `0${value.toString(8)}`);
export const directory: Kind = (value) =>
  BigInt.asIntN(32, value) === -100n ? 'AT_FDCWD' : BigInt.asIntN(32, value).toString();
export const lastDescriptor: Kind = (value) => (value === 0xffff_ffffn ? '~0U' : value.toString());
export const one =
  (table: names.Names): Kind =>
  (value) =>
    names.nameOf(table, value);
export const bits =
  (table: names.Names, none?: string): Kind =>
  (value) =>
    names.flagNames(table, value, none);
export const openFlags: Kind = (value) => names.openFlagNames(value);
export const signal: Kind = (value) => (value === 0n ? '0' : names.signalName(Number(value)));

/** A kind that shows what is pointed to, and the address where that cannot be read. */
const pointed =
  (length: number | ((arch: Arch) => number), show: (view: DataView, context: ArgumentContext) => string): Kind =>
  (value, context) => {
    const wanted = typeof length === 'number' ? length : length(context.arch);
    const bytes = value === 0n ? undefined : context.read(value, wanted);
    if (bytes === undefined || bytes.length < wanted) return address(value);
    return show(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), context);
  };

/** Control characters in octal, as strace prints them. */
export const quote = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\${char.codePointAt(0)!.toString(8)}`)}"`;

export const text: Kind = (value, context) => {
  const bytes = value === 0n ? undefined : readSome(value, context);
  if (bytes === undefined) return address(value);
  const end = bytes.indexOf(0);
  return quote(decodeName(bytes.subarray(0, end < 0 ? bytes.length : end))) + (end < 0 ? '...' : '');
};

/** As much as a string can have, or to the end of the memory it is in. */
function readSome(at: bigint, { read }: ArgumentContext): Uint8Array | undefined {
  for (let length = MAX_TEXT; length >= 1; length >>= 1) {
    const bytes = read(at, length);
    if (bytes) return bytes;
  }
  return undefined;
}

const limitValue = (value: bigint): string => (value === RLIM_INFINITY ? 'RLIM64_INFINITY' : value.toString());
export const limit = pointed(
  16,
  (view) => `{rlim_cur=${limitValue(view.getBigUint64(0, true))}, rlim_max=${limitValue(view.getBigUint64(8, true))}}`,
);

const maskText = (mask: bigint): string => {
  const all = 0xffff_ffff_ffff_ffffn;
  const some = names.signalNames(mask);
  if (some.length <= 32) return `[${some.map((name) => name.replace(/^SIG/, '')).join(' ')}]`;
  return `~[${names
    .signalNames(all & ~mask)
    .map((name) => name.replace(/^SIG/, ''))
    .join(' ')}]`;
};
export const mask = pointed(8, (view) => maskText(view.getBigUint64(0, true)));

const wordAt = (view: DataView, index: number, { arch }: ArgumentContext): bigint =>
  arch.wordSize === 8 ? view.getBigUint64(index * 8, true) : BigInt(view.getUint32(index * 4, true));

/** @source struct kernel_sigaction: handler, flags, restorer, mask */
export const action = pointed(
  (arch) => 3 * arch.wordSize + 8,
  (view, context) => {
    const [handler, flags, restorer] = [0, 1, 2].map((index) => wordAt(view, index, context)) as [
      bigint,
      bigint,
      bigint,
    ];
    const special = { SIG_DFL: 0n, SIG_IGN: 1n };
    const blocked = maskText(view.getBigUint64(3 * context.arch.wordSize, true));
    return `{sa_handler=${names.nameOf(special, handler)}, sa_mask=${blocked}, sa_flags=${names.flagNames(names.SA, flags)}, sa_restorer=${address(restorer)}}`;
  },
);

/** @source struct itimerval: interval, then value, each seconds and microseconds */
export const timer = pointed(
  (arch) => 4 * arch.wordSize,
  (view, context) => {
    const time = (index: number): string =>
      `{tv_sec=${wordAt(view, index, context)}, tv_usec=${wordAt(view, index + 1, context)}}`;
    return `{it_interval=${time(0)}, it_value=${time(2)}}`;
  },
);

/** Of struct prctl_mm_map what the break is about. @source include/uapi/linux/prctl.h */
export const layout = pointed(
  96,
  (view) =>
    `{start_brk=0x${view.getBigUint64(32, true).toString(16)}, brk=0x${view.getBigUint64(40, true).toString(16)}, ...}`,
);

/** @source struct user_desc */
export const descriptor = pointed(
  16,
  (view) => `{entry_number=${view.getUint32(0, true)}, base_addr=0x${view.getUint32(4, true).toString(16)}, ...}`,
);
/** struct sockaddr, as long as the next argument says. */
export const socketAddress: Kind = (value, { read }, [, , length = 0n]) => {
  const bytes = read(value, Number(length));
  return bytes ? quote(formatAddress(bytes)) : address(value);
};
/** What is written, as far as it is short; its length is the next argument. */
export const contents: Kind = (value, { read }, [, , length = 0n]) => {
  const shown = length < MAX_SHOWN ? length : MAX_SHOWN;
  const bytes = read(value, Number(shown));
  if (!bytes) return address(value);
  return quote(Buffer.from(bytes).toString('latin1')) + (shown < length ? '...' : '');
};
export const siginfo: Kind = pointed(12, (view) => `{si_signo=${names.signalName(view.getInt32(0, true))}, ...}`);
export const parameter = pointed(4, (view) => `[${view.getInt32(0, true)}]`);
