import { decodeName } from '../../base/names.ts';

const FAMILY = { unix: 1, inet: 2, inet6: 10 } as const;

/** A struct sockaddr in words: `192.0.2.1:80`, `[2001:db8::1]:80`, `/run/log`, `@abstract`. @source unix(7), ip(7), ipv6(7) */
export function formatAddress(address: Uint8Array): string {
  const view = Buffer.from(address);
  if (view.length < 2) return '(no name)';
  switch (view.readUInt16LE(0)) {
    case FAMILY.unix:
      return formatUnix(view.subarray(2));
    case FAMILY.inet:
      return `${view.subarray(4, 8).join('.')}:${view.readUInt16BE(2)}`;
    case FAMILY.inet6:
      return `[${(view.toString('hex', 8, 24).match(/.{4}/g) ?? []).join(':')}]:${view.readUInt16BE(2)}`;
    default:
      return view.toString('hex');
  }
}

function formatUnix(path: Buffer): string {
  if (path.length === 0) return '(no name)';
  if (path[0] === 0) return `@${decodeName(path.subarray(1))}`;
  return unixPath(path) ?? '';
}

/** The path that a UNIX address is, or undefined for an abstract name and for none. */
export const unixPathOf = (address: Uint8Array): string | undefined => unixPath(Buffer.from(address).subarray(2));

function unixPath(path: Buffer): string | undefined {
  if (path.length === 0 || path[0] === 0) return undefined;
  const end = path.indexOf(0);
  return decodeName(end < 0 ? path : path.subarray(0, end));
}
