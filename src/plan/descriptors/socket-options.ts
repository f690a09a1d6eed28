import { SOCKET_OPTIONS } from '../../snapshot/files/socket-options.ts';
import type { SocketOption } from '../../snapshot/files/descriptors.ts';
import type { Arg } from '../../restorer/steps.ts';
import type { Program } from '../program/program.ts';

const SOL_SOCKET = 1n;

/** Options that are put back before a socket gets its address, as some must be. */
export function setOptions(program: Program, socket: Arg, options: readonly SocketOption[], fd: number): void {
  for (const { name, value } of options) {
    const row = SOCKET_OPTIONS.find((each) => each.name === name);
    if (!row) continue;
    const given = Buffer.from(value);
    if (row.size) given.writeInt32LE(given.readInt32LE(0) / 2);
    setOption(program, socket, row, given, fd);
    if (row.size) forceSize(program, socket, row.size.force, given);
  }
}

/** What is above the system's limit (net.core.wmem_max, rmem_max) may be had with CAP_NET_ADMIN only; others get what there is. */
function forceSize(program: Program, socket: Arg, option: number, value: Uint8Array): void {
  const args = [socket, SOL_SOCKET, BigInt(option), program.put(value), BigInt(value.length)];
  program.attempt('setsockopt', args, 'ask for more than the limit');
}

export function setOption(
  program: Program,
  socket: Arg,
  { name, level, option }: { readonly name: string; readonly level: number; readonly option: number },
  value: Uint8Array,
  fd: number,
): void {
  const args = [socket, BigInt(level), BigInt(option), program.put(value), BigInt(value.length)];
  program.call('setsockopt', args, `set ${name} of socket ${fd}`);
}

export const four = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** shutdown(2)'s numbers, by what the kernel notes: received no more, sent no more, both. */
const SHUT: Readonly<Record<number, bigint>> = { 1: 0n, 2: 1n, 3: 2n };

/** Without a connection the kernel complains (ENOTCONN), and does it. @source net/ipv4/af_inet.c inet_shutdown */
export function shutDown(program: Program, socket: Arg, { fd, shutdown }: { fd: number; shutdown: number }): void {
  const how = SHUT[shutdown];
  if (how !== undefined) program.attempt('shutdown', [socket, how], `shut socket ${fd} down`);
}
