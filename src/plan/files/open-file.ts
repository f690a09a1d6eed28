import type { Slot } from '../../restorer/steps.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { fileIdentityChecks, type FileIdentity } from './file-identity.ts';
import { pairNumbers } from './number.ts';
import { openAgain } from './nameless-files.ts';
import { perSnapshot } from '../program/per-snapshot.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';

const AT_FDCWD = -100n;
const O_NONBLOCK = 0o4000n;
const O_PATH = 0o10000000n;
const O_NOFOLLOW = 0o400000n;
const O_CLOEXEC = 0o2000000n;

interface FileToOpen {
  readonly snapshot: Snapshot;
  readonly identity: FileIdentity;
  readonly flags: bigint;
  readonly sentence: string;
  readonly keep: Slot;
}

/** Stands in for what a rehearsal does not open: can be polled, and takes any position, and any flag but O_DIRECT. */
export function makeStandIn(program: Program, sentence: string, keep: Slot): void {
  program.call('eventfd2', [0n, 0n], sentence, { keep });
}

/** Whoever watches files by inotify would be told of each that a rehearsal opens: those are only found. */
export const opensNothing = perSnapshot(({ descriptors }: Snapshot): boolean =>
  descriptors.some(({ kind }) => kind === 'inotify'),
);

/**
 * Opens a file of the process by its name, and refuses another one. A rehearsal looks before it opens: nothing is to happen to a device
 * or FIFO that somebody has put there.
 */
export function openFile(program: Program, { snapshot, identity, flags, sentence, keep }: FileToOpen): void {
  const open = (how: bigint): void =>
    program.call('openat', [AT_FDCWD, program.putString(identity.path), how, 0n], sentence, { keep });
  const check = (): void => {
    if (Object.keys(identity).length > 1) fileIdentityChecks(program, keep, identity);
  };
  if (flags & O_PATH) {
    open(flags);
    return check();
  }
  whenRehearsed(program, () => open(O_PATH | (flags & O_NOFOLLOW)));
  unlessRehearsed(program, undefined, () => open(flags));
  check();
  whenRehearsed(program, () => {
    const [found] = pairNumbers(snapshot);
    program.call('dup3', [keep, found, O_CLOEXEC], sentence);
    program.call('close', [keep], 'close the temporary descriptor');
    if (opensNothing(snapshot)) makeStandIn(program, sentence, keep);
    else openAgain(program, found, flags | O_NONBLOCK, sentence, keep);
    program.call('close', [found], 'close the temporary descriptor');
  });
}
