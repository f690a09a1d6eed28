import type { Descriptor, PipeContents, Snapshot } from '../snapshot/snapshot.ts';
import { PRESET_SLOT, RELATION, type Slot } from '../restorer/steps.ts';
import { fileIdentityChecks } from './file-identity.ts';
import type { Program } from './program.ts';

const AT_FDCWD = -100n;
const F = { DUPFD_CLOEXEC: 1030n, SETFD: 2n, SETFL: 4n, SETPIPE_SZ: 1031n } as const;
const FD_CLOEXEC = 1n;
const SEEK_SET = 0n;
const ANY_FD = 0xffff_ffffn;
/** Flags that mean something only while a file is opened. @source open(2) */
const O_CREATION = 0o100 | 0o200 | 0o1000 | 0o400;
const O_NOCTTY = 0o400;

/** Puts every descriptor back under its number. What the caller left open beyond the standard three is closed. */
export function restoreDescriptors(program: Program, snapshot: Snapshot): void {
  const { descriptors } = snapshot;
  program.call('close_range', [3n, ANY_FD, 0n], 'close what the caller left open');
  program.call('chdir', [program.putString(snapshot.cwd)], `enter the working directory ${snapshot.cwd}`);
  const above = BigInt(Math.max(2, ...descriptors.map(({ fd }) => fd)) + 1);
  if (descriptors.some(({ fd, kind }) => fd <= 2 && kind !== 'stdio')) keepCallersStderr(program, above);
  for (const fd of [0, 1, 2]) {
    if (!descriptors.some((d) => d.fd === fd))
      program.attempt('close', [BigInt(fd)], `close descriptor ${fd}, which the process had closed`);
  }
  const done = new Set<Descriptor>();
  for (const descriptor of descriptors) {
    if (done.has(descriptor)) continue;
    restoreOne(program, descriptor, snapshot, above, done);
  }
}

/** Complaints go to the caller's stderr, also when the program's own is another file. */
function keepCallersStderr(program: Program, above: bigint): void {
  program.call('fcntl', [2n, F.DUPFD_CLOEXEC, above + 2n], "keep the caller's stderr", {
    keep: { slot: PRESET_SLOT.stderr },
    expect: { kind: 'any' },
  });
}

function restoreOne(
  program: Program,
  descriptor: Descriptor,
  snapshot: Snapshot,
  above: bigint,
  done: Set<Descriptor>,
): void {
  const { fd, description } = descriptor;
  if (descriptor.kind === 'stdio') return;
  if (description !== fd) {
    program.call('dup2', [BigInt(description), BigInt(fd)], `make descriptor ${fd} share descriptor ${description}`);
    return setCloexec(program, descriptor);
  }
  switch (descriptor.kind) {
    case 'file':
    case 'directory':
      return reopen(program, descriptor, descriptor.path);
    case 'device':
      return reopen(program, descriptor, descriptor.path);
    case 'tty':
      return reopen(program, descriptor, '/dev/tty');
    case 'pipe':
      return makePipe(program, descriptor.inode, snapshot, above, done);
  }
}

function reopen(program: Program, descriptor: Descriptor, path: string): void {
  const { fd } = descriptor;
  const opened = program.slot();
  const flags = (descriptor.flags & ~O_CREATION) | O_NOCTTY;
  program.call(
    'openat',
    [AT_FDCWD, program.putString(path), BigInt(flags), 0n],
    `open ${path}, descriptor ${fd} of the process`,
    { keep: opened },
  );
  if (descriptor.kind === 'file' || descriptor.kind === 'directory') {
    const dev = {
      major: (descriptor.dev >> 8n) & 0xfffn,
      minor: (descriptor.dev & 0xffn) | ((descriptor.dev >> 12n) & 0xfff00n),
    };
    fileIdentityChecks(program, opened, {
      path,
      inode: descriptor.inode,
      dev,
      ...(descriptor.kind === 'file' ? { minSize: descriptor.size } : {}),
    });
    if (descriptor.position !== 0n) seek(program, opened, descriptor.position, path);
  }
  if (descriptor.kind === 'device') {
    fileIdentityChecks(program, opened, { path, rdev: { major: 1n, minor: descriptor.rdev & 0xffn } });
  }
  moveTo(program, opened, descriptor);
  program.releaseSlot();
}

function seek(program: Program, fd: Slot, position: bigint, path: string): void {
  const sentence = `go to offset ${position} of ${path}`;
  if (program.arch.wordSize === 8) return program.call('lseek', [fd, position, SEEK_SET], sentence);
  program.call(
    'lseek',
    [fd, position >> 32n, position & 0xffff_ffffn, program.put(new Uint8Array(8)), SEEK_SET],
    sentence,
  );
}

/** Gives an open file its number, and the temporary one back. */
function moveTo(program: Program, from: Slot, descriptor: Descriptor): void {
  const to = BigInt(descriptor.fd);
  program.call('dup2', [from, to], `make it descriptor ${descriptor.fd}`);
  program.do('check', [program.slotAddress(from), 4n, BigInt(RELATION.eq), to], '', 1);
  program.call('close', [from], 'close the temporary descriptor');
  setCloexec(program, descriptor);
}

function setCloexec(program: Program, { fd, cloexec }: Descriptor): void {
  if (cloexec) program.call('fcntl', [BigInt(fd), F.SETFD, FD_CLOEXEC], `close descriptor ${fd} on exec`);
}

/** A pipe with both ends in the process, all descriptors that share them, and what it held. */
function makePipe(program: Program, inode: bigint, snapshot: Snapshot, above: bigint, done: Set<Descriptor>): void {
  const ends = snapshot.descriptors.filter((d) => d.kind === 'pipe' && d.inode === inode && d.description === d.fd);
  const contents: PipeContents | undefined = snapshot.pipes.find((pipe) => pipe.inode === inode);
  const pair = program.put(new Uint8Array(16));
  const [read, write] = [program.slot(), program.slot()];
  const O_DIRECT = 0o40000;
  const packets = ends.some(({ flags }) => flags & O_DIRECT) ? O_DIRECT : 0;
  program.call('pipe2', [pair, BigInt(packets)], 'make a pipe');
  // Both ends go above every number of the process's own, so that neither is in another's way.
  for (const [slot, offset] of [
    [read, 0n],
    [write, 4n],
  ] as const) {
    const low = program.slot();
    program.do('copy', [program.slotAddress(low), pair + offset, 4n], 'look which end it is');
    program.call('fcntl', [low, F.DUPFD_CLOEXEC, above], 'move the end of the pipe away', { keep: slot });
    program.call('close', [low], 'close the temporary descriptor');
    program.releaseSlot();
  }
  const [sample] = ends;
  if (sample?.kind === 'pipe')
    program.call(
      'fcntl',
      [write, F.SETPIPE_SZ, BigInt(sample.capacity)],
      `give the pipe room for ${sample.capacity} bytes`,
    );
  for (const packet of contents?.packets ?? []) {
    program.call(
      'write',
      [write, program.put(packet), BigInt(packet.length)],
      `put ${packet.length} bytes back into the pipe`,
      { expect: { kind: 'exactly', value: BigInt(packet.length) } },
    );
  }
  for (const end of ends) {
    if (end.kind !== 'pipe') continue;
    program.call('dup2', [end.end === 'read' ? read : write, BigInt(end.fd)], `make it descriptor ${end.fd}`);
    program.call('fcntl', [BigInt(end.fd), F.SETFL, BigInt(end.flags)], `set the flags of descriptor ${end.fd}`);
    setCloexec(program, end);
    done.add(end);
  }
  program.call('close', [read], 'close the temporary descriptor');
  program.call('close', [write], 'close the temporary descriptor');
  program.releaseSlot(2);
}
