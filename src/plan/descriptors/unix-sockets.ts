import { formatAddress, unixPathOf } from '../../snapshot/files/socket-address.ts';
import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import { RELATION, type Slot } from '../../restorer/steps.ts';
import { checkIsSocket } from '../files/file-identity.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';
import type { RestoreContext } from './context.ts';
import { F, moveTo, pairNumbers, setCloexec } from '../files/number.ts';
import { makePair } from './pair.ts';
import { setOptions, shutDown } from './socket-options.ts';

const AF_UNIX = 1n;
const AT_FDCWD = -100n;
const O_PATH_DIRECTORY = 0o10200000n;
const ECONNREFUSED = 111;
const MSG_DONTWAIT_NOSIGNAL = 0x4040n;

type Unix = DescriptorOf<'unix'>;

export function restoreUnix(descriptor: Unix, context: RestoreContext): void {
  if (descriptor.state === 'pair') restorePair(descriptor, context);
  else restoreNamed(descriptor, context);
}

/** Both ends, what waits in each, and all descriptors that share them. */
function restorePair(first: Unix, { program, snapshot, ends, done }: RestoreContext): void {
  const { type, inode, peer } = first;
  const pair = pairNumbers(snapshot);
  makePair(program, pair, 'a pair of UNIX sockets', (numbers) => ({
    call: 'socketpair',
    args: [AF_UNIX, BigInt(type), 0n, numbers],
  }));
  const sides = [inode, peer].map((number, side) => {
    const [socket] = ends.of('unix', `${number}`);
    return { slot: pair[side as 0 | 1], other: pair[(1 - side) as 0 | 1], socket };
  });
  for (const { slot, socket } of sides) if (socket) setOptions(program, slot, socket.options, socket.fd);
  for (const { other, socket } of sides) {
    if (socket) for (const packet of ends.inSocket(socket.inode)) send(program, other, packet);
  }
  for (const { slot, socket } of sides) {
    // Where the other end is closed, that says it.
    if (socket && peer !== 0n) shutDown(program, slot, socket);
  }
  for (const { slot, socket } of sides) {
    if (!socket) continue;
    program.call('dup2', [slot, BigInt(socket.fd)], `make it descriptor ${socket.fd}`);
    program.call('fcntl', [BigInt(socket.fd), F.SETFL, BigInt(socket.flags)], `set the flags of socket ${socket.fd}`);
    setCloexec(program, socket);
    done.add(socket);
  }
  for (const number of pair) program.call('close', [number], 'close the temporary descriptor');
}

function send(program: Program, socket: bigint, packet: Uint8Array): void {
  const args = [socket, program.put(packet), BigInt(packet.length), MSG_DONTWAIT_NOSIGNAL, 0n, 0n];
  program.call('sendto', args, `put ${packet.length} bytes back into a UNIX socket`, {
    expect: { kind: 'exactly', value: BigInt(packet.length) },
  });
}

function restoreNamed(descriptor: Unix, { program }: RestoreContext): void {
  const { fd, type, state, local, backlog, flags, options } = descriptor;
  const made = program.slot();
  program.call('socket', [AF_UNIX, BigInt(type), 0n], `make socket ${fd}`, { keep: made });
  setOptions(program, made, options, fd);
  whenRehearsed(program, () => rehearseName(program, descriptor));
  const what = `give socket ${fd} its name ${formatAddress(local)}`;
  unlessRehearsed(program, local.length > 2 ? what : undefined, () => {
    if (local.length > 2) bind(program, descriptor, made);
    if (state === 'listening')
      program.call('listen', [made, BigInt(backlog)], `listen at ${formatAddress(local)}, socket ${fd}`);
  });
  program.call('fcntl', [made, F.SETFL, BigInt(flags)], `set the flags of socket ${fd}`);
  moveTo(program, made, descriptor);
  program.releaseSlot();
}

/** A name of the abstract kind leaves nothing behind. Of a path a rehearsal asks for the directory, in which the socket's file is made. */
function rehearseName(program: Program, { fd, type, local }: Unix): void {
  const path = unixPathOf(local);
  if (local.length <= 2) return;
  const tried = program.slot();
  const sentence = `bind socket ${fd} to ${formatAddress(local)}`;
  if (path === undefined) {
    program.call('socket', [AF_UNIX, BigInt(type), 0n], sentence, { keep: tried });
    program.call('bind', [tried, program.put(local), BigInt(local.length)], sentence);
  } else {
    const directory = program.putString(path.slice(0, path.lastIndexOf('/') + 1) || '.');
    program.call('openat', [AT_FDCWD, directory, O_PATH_DIRECTORY, 0n], sentence, { keep: tried });
  }
  program.call('close', [tried], 'close the temporary descriptor');
  program.releaseSlot();
}

/** What it is connected to may be another socket of the process, and has its address by now. */
export function finishUnix(descriptor: Unix, { program }: RestoreContext): void {
  const { fd, state, remote } = descriptor;
  if (state === 'pair') return;
  const what = `connect socket ${fd} to ${formatAddress(remote)}`;
  const connect = (): void => program.call('connect', [BigInt(fd), program.put(remote), BigInt(remote.length)], what);
  if (remote.length > 2) unlessRehearsed(program, what, connect);
  shutDown(program, BigInt(fd), descriptor);
}

/** Once those are connected to it that were. */
export function removeFile({ fd, local, unlinked }: Unix, { program }: RestoreContext): void {
  const path = unixPathOf(local);
  if (!unlinked || path === undefined) return;
  unlessRehearsed(program, undefined, () =>
    program.call('unlinkat', [AT_FDCWD, program.putString(path), 0n], `remove the file of socket ${fd} again`),
  );
}

/** The file of the frozen process's socket is still there: it is replaced when nobody answers at it. Where it had none, no other is taken. */
function bind(program: Program, { fd, type, local, mode, unlinked }: Unix, socket: Slot): void {
  const path = unixPathOf(local);
  const name = formatAddress(local);
  const address = program.put(local);
  const length = BigInt(local.length);
  if (path !== undefined && !unlinked) removeDeadSocket(program, path, type, address, length);
  program.call('bind', [socket, address, length], `bind socket ${fd} to ${name}`);
  if (path !== undefined)
    program.call('fchmodat', [AT_FDCWD, program.putString(path), BigInt(mode)], `set the permissions of ${name}`);
}

function removeDeadSocket(program: Program, path: string, type: number, address: bigint, length: bigint): void {
  const [probe, answer] = [program.slot(), program.slot()];
  program.call('socket', [AF_UNIX, BigInt(type), 0n], `look who is at ${path}`, { keep: probe });
  program.call('connect', [probe, address, length], `look who is at ${path}`, {
    expect: { kind: 'any' },
    keep: answer,
  });
  program.call('close', [probe], 'close the temporary descriptor');
  const refused = BigInt.asUintN(32, BigInt(-ECONNREFUSED));
  const [look, check, unlink] = [1, 1, 1];
  const toBind = look + check + unlink;
  // Where nobody is, and where somebody is, there is nothing to remove: bind(2) tells which.
  program.do('check', [program.slotAddress(answer), 4n, BigInt(RELATION.ne), refused], '', toBind);
  checkIsSocket(program, path);
  program.call('unlinkat', [AT_FDCWD, program.putString(path), 0n], `remove the dead socket ${path}`);
  program.releaseSlot(2);
}
