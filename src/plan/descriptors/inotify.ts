import { RELATION } from '../../restorer/steps.ts';
import type { DescriptorOf, InotifyWatch } from '../../snapshot/snapshot.ts';
import { fileIdentityChecks, splitDev } from '../file-identity.ts';
import type { Program } from '../program.ts';
import type { RestoreContext } from './context.ts';
import { moveTo } from './number.ts';

const AT_FDCWD = -100n;
const O_NONBLOCK = 0o4000;
const O_PATH = 0o10000000n;
/** Told of every watch anyway, so that a watch with this alone tells nothing else. @source fs/notify/inotify/inotify_user.c */
const IN_UNMOUNT = 0x2000n;
/** What tells of a watch that was taken away: struct inotify_event without a name. */
const EVENT_SIZE = 16n;

/** Made empty: what is opened and read to put the process back is nothing that it is to be told. */
export function restoreInotify(descriptor: DescriptorOf<'inotify'>, { program }: RestoreContext): void {
  const { fd, flags } = descriptor;
  const made = program.slot();
  program.call('inotify_init1', [BigInt(flags & O_NONBLOCK)], `make the inotify instance ${fd}`, { keep: made });
  moveTo(program, made, descriptor);
  program.releaseSlot();
}

/** First every watch gets its number, and only then its events: what comes before is that watches were taken away again. */
export function watchFiles({ fd, watches }: DescriptorOf<'inotify'>, { program }: RestoreContext): void {
  for (const watch of watches) {
    checkFile(program, watch);
    takeNumber(program, BigInt(fd), watch);
  }
  for (const { wd, path, mask } of watches) {
    const args = [BigInt(fd), program.putString(path), BigInt(mask) | IN_UNMOUNT];
    program.call('inotify_add_watch', args, `watch ${path}`, { expect: { kind: 'exactly', value: BigInt(wd) } });
  }
}

function checkFile(program: Program, { path, dev, inode }: InotifyWatch): void {
  const opened = program.slot();
  program.call('openat', [AT_FDCWD, program.putString(path), O_PATH, 0n], `find ${path}, which the process watches`, {
    keep: opened,
  });
  fileIdentityChecks(program, opened, { path, inode, dev: splitDev(dev) });
  program.call('close', [opened], 'close the temporary descriptor');
  program.releaseSlot();
}

/** Numbers are given in ascending order, and not twice: those between were of watches that are gone. */
function takeNumber(program: Program, fd: bigint, { wd, path }: InotifyWatch): void {
  const got = program.slot();
  const compare = (relation: number, skip: number): void =>
    program.do('check', [program.slotAddress(got), 4n, BigInt(relation), BigInt(wd)], '', skip);
  program.call('inotify_add_watch', [fd, program.putString(path), IN_UNMOUNT], `watch ${path}`, { keep: got });
  compare(RELATION.eq, 6);
  compare(RELATION.ge, 1);
  program.jump(1);
  program.do('fail', [], `cannot number the watch of ${path} ${wd} again`);
  program.call('inotify_rm_watch', [fd, got], `take the watch of ${path} away`);
  program.call('read', [fd, program.put(new Uint8Array(Number(EVENT_SIZE))), EVENT_SIZE], 'read that it is gone', {
    expect: { kind: 'exactly', value: EVENT_SIZE },
  });
  program.jump(-8);
  program.releaseSlot();
}
