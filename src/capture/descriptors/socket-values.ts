import { SOCKET_OPTIONS, type SocketOptionRow } from '../../snapshot/files/socket-options.ts';
import type { SocketOption } from '../../snapshot/files/descriptors.ts';
import { socketOption } from '../../sys/sockets.ts';

export interface SocketType {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
}

/** By the name of its row; without those that the kernel does not have. */
export type OptionValues = ReadonlyMap<string, Uint8Array>;

const AF = { unix: 1, inet6: 10 } as const;
const IPPROTO = { tcp: 6, udp: 17 } as const;
const APPLIES: Readonly<Record<SocketOptionRow['of'], (kind: SocketType) => boolean>> = {
  any: () => true,
  unix: ({ domain }) => domain === AF.unix,
  inet: ({ domain }) => domain !== AF.unix,
  inet6: ({ domain }) => domain === AF.inet6,
  tcp: ({ protocol }) => protocol === IPPROTO.tcp,
  udp: ({ protocol }) => protocol === IPPROTO.udp,
  udp6: ({ domain, protocol }) => domain === AF.inet6 && protocol === IPPROTO.udp,
};

export const optionValues = (own: number, kind: SocketType): OptionValues =>
  new Map(
    SOCKET_OPTIONS.flatMap(({ name, level, option, of }) => {
      const value = APPLIES[of](kind) ? socketOption(own, level, option) : undefined;
      return value ? [[name, value] as const] : [];
    }),
  );

const BUF_LOCK = 'SO_BUF_LOCK';

/**
 * Options that are not as a new socket has them.
 * @param wasConnected even if it is no longer
 */
export function changedOptions(
  own: number,
  kind: SocketType,
  usual: OptionValues,
  wasConnected: boolean,
): SocketOption[] {
  const values = optionValues(own, kind);
  /** Sizes that the kernel may not change. Undefined before Linux 5.14, which does not report it. */
  const locks = values.get(BUF_LOCK)?.[0];
  const isChanged = ({ name, size, ofConnection }: SocketOptionRow): boolean => {
    if (name === BUF_LOCK || (ofConnection && wasConnected)) return false;
    if (size && locks !== undefined) {
      if (locks & size.lock) return true;
      // A size that TCP chose by itself, it chooses again.
      if (kind.protocol === IPPROTO.tcp) return false;
    }
    const [value, other] = [values.get(name), usual.get(name)];
    return value !== undefined && other !== undefined && !Buffer.from(value).equals(other);
  };
  const changed = SOCKET_OPTIONS.filter(isChanged);
  const options = changed.flatMap(({ name }) => {
    const value = values.get(name);
    return value ? [{ name, value }] : [];
  });
  // To give a size is to lock it, on every kernel.
  const implied = changed.reduce((bits, { size }) => bits | (size?.lock ?? 0), 0);
  return locks === undefined || locks === implied
    ? options
    : [...options, { name: BUF_LOCK, value: Uint8Array.of(locks, 0, 0, 0) }];
}
