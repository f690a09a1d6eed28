import { SOCKET_OPTIONS } from '../../snapshot/socket-options.ts';
import type { SocketOption } from '../../snapshot/snapshot.ts';
import type { Arg } from '../../restorer/steps.ts';
import type { Program } from '../program.ts';

/** Options that are put back before a socket gets its address, as some must be. */
export function setOptions(program: Program, socket: Arg, options: readonly SocketOption[], fd: number): void {
  for (const { name, value } of options) {
    const row = SOCKET_OPTIONS.find((each) => each.name === name);
    if (!row) continue;
    const given = Buffer.from(value);
    if (row.halved) given.writeInt32LE(given.readInt32LE(0) / 2);
    setOption(program, socket, row, given, fd);
  }
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
