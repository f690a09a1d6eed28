import { formatAddress } from '../../snapshot/files/socket-address.ts';
import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import type { Arg, Slot } from '../../restorer/steps.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';
import type { RestoreContext } from './context.ts';
import { moveTo, putFlags } from '../files/number.ts';
import { four, setOption, setOptions, shutDown } from './socket-options.ts';

const AF_INET6 = 10;
const SOL_SOCKET = 1;
const REUSEADDR = { name: 'SO_REUSEADDR', level: SOL_SOCKET, option: 2 };
const SHARES_ADDRESS: readonly string[] = ['SO_REUSEADDR', 'SO_REUSEPORT'];
const LINGER = { name: 'SO_LINGER', level: SOL_SOCKET, option: 13 };

type Inet = DescriptorOf<'inet'>;

export function restoreInet(descriptor: Inet, { program }: RestoreContext): void {
  const { fd, state } = descriptor;
  const made = program.slot();
  makeSocket(program, descriptor, made);
  if (state === 'reset') connectAndReset(program, descriptor, made);
  setOptions(program, made, descriptor.options, fd);
  if (state !== 'reset') {
    whenRehearsed(program, () => rehearseAddress(program, descriptor, made));
    const what = `give socket ${fd} its address ${formatAddress(descriptor.local)}`;
    unlessRehearsed(program, isBound(descriptor.local) ? what : undefined, () =>
      giveAddress(program, descriptor, made),
    );
  }
  shutDown(program, made, descriptor);
  moveTo(program, made, descriptor);
  putFlags(program, descriptor);
  program.releaseSlot();
}

function makeSocket(program: Program, { fd, domain, type, protocol }: Inet, keep: Slot): void {
  program.call('socket', [BigInt(domain), BigInt(type), BigInt(protocol)], `make socket ${fd}`, { keep });
}

/** Port 0 is no address yet. */
const isBound = (bytes: Uint8Array): boolean => bytes.length >= 4 && Buffer.from(bytes).readUInt16BE(2) !== 0;

/**
 * Nobody is to be kept from the address, and nothing meant for the process is to come here: a socket that shares it with none tries
 * whether there is such an address, and whether the process itself is the only one that has it. What sends nothing is done.
 */
function rehearseAddress(program: Program, descriptor: Inet, socket: Slot): void {
  const { fd, local, remote, options } = descriptor;
  if (isBound(local)) {
    const tried = program.slot();
    makeSocket(program, descriptor, tried);
    const unshared = options.filter(({ name }) => !SHARES_ADDRESS.includes(name));
    setOptions(program, tried, unshared, fd);
    address(program, 'bind', tried, local, `bind socket ${fd} to ${formatAddress(local)}`);
    program.call('close', [tried], 'close the temporary descriptor');
    program.releaseSlot();
  }
  if (remote.length > 0)
    address(program, 'connect', socket, remote, `connect socket ${fd} to ${formatAddress(remote)}`);
}

function giveAddress(program: Program, descriptor: Inet, socket: Slot): void {
  const { fd, state, local, remote, backlog, options } = descriptor;
  const listens = state === 'listening';
  // Connections of the process that was frozen may linger for a minute, in which only this lets the address be used.
  const isSet = options.some(({ name }) => name === REUSEADDR.name);
  if (listens && !isSet) setOption(program, socket, REUSEADDR, four(1), fd);
  if (isBound(local)) address(program, 'bind', socket, local, `bind socket ${fd} to ${formatAddress(local)}`);
  if (listens) program.call('listen', [socket, BigInt(backlog)], `listen at ${formatAddress(local)}, socket ${fd}`);
  if (listens && !isSet) setOption(program, socket, REUSEADDR, four(0), fd);
  if (remote.length > 0)
    address(program, 'connect', socket, remote, `connect socket ${fd} to ${formatAddress(remote)}`);
}

function address(program: Program, call: 'bind' | 'connect', socket: Arg, bytes: Uint8Array, sentence: string): void {
  program.call(call, [socket, program.put(bytes), BigInt(bytes.length)], sentence);
}

/**
 * Connects a socket to one of our own on the loopback interface, which then closes it by a reset: the program finds
 * ECONNRESET, and no connection.
 */
function connectAndReset(program: Program, { fd, domain, type, protocol }: Inet, socket: Slot): void {
  const what = `let socket ${fd} be reset`;
  const [listener, accepted] = [program.slot(), program.slot()];
  const name = program.put(loopback(domain));
  const length = BigInt(loopback(domain).length);
  program.call('socket', [BigInt(domain), BigInt(type), BigInt(protocol)], what, { keep: listener });
  program.call('bind', [listener, name, length], what);
  program.call('listen', [listener, 1n], what);
  program.call('getsockname', [listener, name, program.put(four(Number(length)))], what);
  program.call('connect', [socket, name, length], what);
  program.call('accept4', [listener, 0n, 0n, 0n], what, { keep: accepted });
  setOption(program, accepted, LINGER, Buffer.concat([four(1), four(0)]), fd);
  program.call('close', [accepted], what);
  program.call('close', [listener], what);
  program.releaseSlot(2);
}

/** struct sockaddr_in and sockaddr_in6, port 0. 127.0.0.1 as ::ffff:127.0.0.1 needs no interface of version 6. */
const loopback = (domain: number): Uint8Array =>
  domain === AF_INET6
    ? Buffer.from('0a0000000000000000000000000000000000ffff7f00000100000000', 'hex')
    : Buffer.from('020000007f0000010000000000000000', 'hex');
