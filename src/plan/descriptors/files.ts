import type { Descriptor, DescriptorOf } from '../../snapshot/files/descriptors.ts';
import type { Arg, Slot } from '../../restorer/steps.ts';
import type { FileIdentity } from '../files/file-identity.ts';
import { splitDev } from '../../base/device.ts';
import type { Program } from '../program/program.ts';
import { makeStandIn, openFile } from '../files/open-file.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';
import type { RestoreContext } from './context.ts';
import { moveTo } from '../files/number.ts';

const AT_FDCWD = -100n;
const SEEK_SET = 0n;
/** Flags that mean something only while a file is opened, and O_ASYNC, which open(2) does not take. @source open(2) */
export const O_CREATION = 0o100 | 0o200 | 0o1000 | 0o400 | 0o20000;
const O_NOCTTY = 0o400;

export function restoreFile(
  descriptor: DescriptorOf<'file'> | DescriptorOf<'directory'>,
  context: RestoreContext,
): void {
  const { path, inode, dev, kind, position } = descriptor;
  const identity = {
    path,
    inode,
    dev: splitDev(dev),
    ...(kind === 'file' ? { minSize: descriptor.size } : {}),
  };
  reopen(descriptor, context, identity, (program, opened) => {
    if (position !== 0n) seek(program, opened, position, path);
  });
}

export function restoreDevice(descriptor: DescriptorOf<'device'>, context: RestoreContext): void {
  const { path, rdev } = descriptor;
  reopen(descriptor, context, { path, rdev: { major: 1n, minor: rdev & 0xffn } });
}

export function restoreTerminal(descriptor: DescriptorOf<'tty'>, context: RestoreContext): void {
  whenRehearsed(context.program, () => standIn(descriptor, context.program));
  unlessRehearsed(context.program, 'open the controlling terminal', () =>
    reopen(descriptor, context, { path: '/dev/tty' }),
  );
}

export function restoreProc(descriptor: DescriptorOf<'proc'>, context: RestoreContext): void {
  const { path, position } = descriptor;
  reopen(descriptor, context, { path }, (program, opened) => {
    if (position !== 0n) seek(program, opened, position, path);
  });
}

const ACCESS_MODE = 3;
const O_CREAT = 0o100;

/** Where it is written to, it is made. */
export function restorePath(descriptor: DescriptorOf<'path'>, context: RestoreContext): void {
  whenRehearsed(context.program, () => standIn(descriptor, context.program));
  unlessRehearsed(context.program, `open ${descriptor.path}`, () => makePath(descriptor, context));
}

function makePath(descriptor: DescriptorOf<'path'>, { program }: RestoreContext): void {
  const { fd, path, flags } = descriptor;
  const opened = program.slot();
  const wanted = (flags & ~O_CREATION) | O_NOCTTY | (flags & ACCESS_MODE ? O_CREAT : 0);
  const args = [AT_FDCWD, program.putString(path), BigInt(wanted), 0o666n];
  program.call('openat', args, `open ${path} as descriptor ${fd}`, { keep: opened });
  moveTo(program, opened, descriptor);
  program.releaseSlot();
}

/** Its number is taken all the same: others may share it, or watch it. */
export function standIn(descriptor: Descriptor, program: Program): void {
  const made = program.slot();
  makeStandIn(program, `stand in for descriptor ${descriptor.fd}`, made);
  moveTo(program, made, descriptor);
  program.releaseSlot();
}

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const O_NOFOLLOW = 0o400000;

/** A symbolic link that was opened, as with O_PATH it can be, is not followed. */
const noFollow = (descriptor: Descriptor): number =>
  descriptor.kind === 'file' && (descriptor.mode & S_IFMT) === S_IFLNK ? O_NOFOLLOW : 0;

function reopen(
  descriptor: Descriptor,
  { program, snapshot }: RestoreContext,
  identity: FileIdentity,
  then: (program: Program, opened: Slot) => void = () => undefined,
): void {
  const { fd } = descriptor;
  const opened = program.slot();
  const flags = BigInt((descriptor.flags & ~O_CREATION) | O_NOCTTY | noFollow(descriptor));
  const sentence = `open ${identity.path}, descriptor ${fd} of the process`;
  openFile(program, { snapshot, identity, flags, sentence, keep: opened });
  then(program, opened);
  moveTo(program, opened, descriptor);
  program.releaseSlot();
}

export function seek(program: Program, fd: Arg, position: bigint, path: string): void {
  const sentence = `go to offset ${position} of ${path}`;
  if (program.arch.wordSize === 8) return program.call('lseek', [fd, position, SEEK_SET], sentence);
  program.call(
    'lseek',
    [fd, position >> 32n, position & 0xffff_ffffn, program.put(new Uint8Array(8)), SEEK_SET],
    sentence,
  );
}
