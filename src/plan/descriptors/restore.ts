import type { Snapshot } from '../../snapshot/snapshot.ts';
import {
  type ByKind,
  callByKind,
  type Descriptor,
  type DescriptorKind,
  type DescriptorOf,
} from '../../snapshot/files/descriptors.ts';
import { PRESET_SLOT } from '../../restorer/steps.ts';
import { type FilePart, makeNamelessFiles } from '../files/nameless-files.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed } from '../program/rehearsal.ts';
import { restoreEventfd, restoreSignalfd } from './anonymous.ts';
import { signalAsync } from './async.ts';
import type { RestoreContext } from './context.ts';
import { addWatches, restoreEpoll } from './epoll.ts';
import { restoreDevice, restoreFile, restorePath, restoreProc, restoreTerminal } from './files.ts';
import { restoreInet } from './inet-sockets.ts';
import { restoreNameless } from './nameless.ts';
import { Ends } from './ends.ts';
import { F, firstTemporary, setCloexec } from '../files/number.ts';
import { restoreFifo } from './fifo.ts';
import { restoreInotify, watchFiles } from './inotify.ts';
import { takeLocks } from './locks.ts';
import { restorePipe } from './pipes.ts';
import { restorePtmx, restorePts } from './ptys.ts';
import { armTimerfd, restoreTimerfd } from './timerfd.ts';
import { finishUnix, removeFile, restoreUnix } from './unix-sockets.ts';
import { enterWorkingDirectory } from '../files/file-identity.ts';

const ANY_FD = 0xffff_ffffn;

/** How each kind comes back. */
const RESTORE: ByKind<[RestoreContext], void> = {
  stdio: () => undefined,
  file: restoreFile,
  directory: restoreFile,
  nameless: restoreNameless,
  device: restoreDevice,
  tty: restoreTerminal,
  ptmx: restorePtmx,
  pts: restorePts,
  path: restorePath,
  proc: restoreProc,
  fifo: restoreFifo,
  pipe: restorePipe,
  eventfd: restoreEventfd,
  signalfd: restoreSignalfd,
  timerfd: restoreTimerfd,
  epoll: restoreEpoll,
  inotify: restoreInotify,
  inet: restoreInet,
  unix: restoreUnix,
};

/** What is left to do when every descriptor is there, in this order. */
const FINISH: readonly FinishRow[] = [
  row('unix', finishUnix),
  row('unix', removeFile),
  row('timerfd', armTimerfd),
  // What is opened before is not told.
  row('inotify', watchFiles),
  // Last: what they watch must be as it was.
  row('epoll', addWatches),
];

interface FinishRow {
  readonly kind: DescriptorKind['kind'];
  readonly finish: (descriptor: Descriptor, context: RestoreContext) => void;
}

function row<K extends DescriptorKind['kind']>(
  kind: K,
  finish: (descriptor: DescriptorOf<K>, context: RestoreContext) => void,
): FinishRow {
  return { kind, finish: finish as FinishRow['finish'] };
}

function contextOf(program: Program, snapshot: Snapshot): RestoreContext {
  return { program, snapshot, ends: new Ends(snapshot), above: firstTemporary(snapshot), done: new Set() };
}

/** Puts every descriptor back under its number. What the caller left open beyond the standard three is closed. */
export function restoreDescriptors(program: Program, snapshot: Snapshot, parts: readonly FilePart[]): void {
  const { descriptors } = snapshot;
  const context = contextOf(program, snapshot);
  closeOthers(program, descriptors);
  enterWorkingDirectory(program, snapshot);
  if (descriptors.some(({ fd, kind }) => fd <= 2 && kind !== 'stdio')) keepCallersStderr(program, context.above);
  for (const fd of [0, 1, 2]) {
    if (!descriptors.some((d) => d.fd === fd))
      program.attempt('close', [BigInt(fd)], `close descriptor ${fd}, which the process had closed`);
  }
  makeNamelessFiles(program, snapshot, parts);
  for (const descriptor of descriptors) {
    if (context.done.has(descriptor)) continue;
    if (isDuplicate(descriptor)) duplicate(program, descriptor);
    else callByKind(RESTORE, descriptor, context);
  }
}

/** Everything but what the process is to have from its caller. */
function closeOthers(program: Program, descriptors: readonly Descriptor[]): void {
  const kept = descriptors.flatMap(({ fd, kind, description }) =>
    fd > 2 && kind === 'stdio' && description === fd ? [BigInt(fd)] : [],
  );
  let first = 3n;
  for (const next of [...kept, ANY_FD + 1n]) {
    if (next > first) program.call('close_range', [first, next - 1n, 0n], 'close what the caller left open');
    first = next + 1n;
  }
  for (const fd of kept) {
    const what = `find descriptor ${fd}, which the image gets from its caller`;
    unlessRehearsed(program, what, () => program.call('fcntl', [fd, F.GETFD], what));
  }
}

/** Starts what runs by itself, and connects what is connected. Last of all that concerns the world around. */
export function finishDescriptors(program: Program, snapshot: Snapshot): void {
  const context = contextOf(program, snapshot);
  const own = snapshot.descriptors.filter((each) => !isDuplicate(each));
  for (const descriptor of snapshot.descriptors) takeLocks(program, descriptor);
  for (const descriptor of own) signalAsync(program, descriptor);
  for (const { kind, finish } of FINISH)
    for (const descriptor of own) if (descriptor.kind === kind) finish(descriptor, context);
}

/** The standard three are the caller's as they are, whichever of them were the same. */
const isDuplicate = ({ kind, fd, description }: Descriptor): boolean =>
  description !== fd && (kind !== 'stdio' || fd > 2);

function duplicate(program: Program, descriptor: Descriptor): void {
  const { fd, description } = descriptor;
  program.call('dup2', [BigInt(description), BigInt(fd)], `make descriptor ${fd} share descriptor ${description}`);
  setCloexec(program, descriptor);
}

/** Complaints go to the caller's stderr, also when the program's own is another file. */
function keepCallersStderr(program: Program, above: bigint): void {
  program.call('fcntl', [2n, F.DUPFD_CLOEXEC, above + 2n], "keep the caller's stderr", {
    keep: { slot: PRESET_SLOT.stderr },
    expect: { kind: 'any' },
  });
}
