import type { DescriptorOf, InotifyWatch } from '../../snapshot/files/descriptors.ts';
import { fileIdentityChecks } from '../files/file-identity.ts';
import { splitDev } from '../../base/device.ts';
import type { Program } from '../program/program.ts';
import type { RestoreContext } from './context.ts';
import { moveTo, putFlags } from '../files/number.ts';

const AT_FDCWD = -100n;
const O_PATH = 0o10000000n;
/** Told of every watch anyway; a mask must not be 0. @source fs/notify/inotify/inotify_user.c inotify_arg_to_mask */
const IN_UNMOUNT = 0x2000n;
/** What the next watch is numbered, from Linux 4.18 on with CONFIG_CHECKPOINT_RESTORE. @source include/uapi/linux/inotify.h */
const INOTIFY_IOC_SETNEXTWD = 0x4004_4900n;

/** Made empty: what is opened and read to put the process back is nothing that it is to be told. */
export function restoreInotify(descriptor: DescriptorOf<'inotify'>, { program }: RestoreContext): void {
  const { fd } = descriptor;
  const made = program.slot();
  program.call('inotify_init1', [0n], `make the inotify instance ${fd}`, { keep: made });
  moveTo(program, made, descriptor);
  putFlags(program, descriptor);
  program.releaseSlot();
}

/** Numbers are given in ascending order, and not twice: those between were of watches that are gone. */
export function watchFiles({ fd, watches }: DescriptorOf<'inotify'>, { program }: RestoreContext): void {
  for (const watch of watches) checkFile(program, watch);
  for (const [index, { wd, path, mask }] of watches.entries()) {
    if (wd !== (watches[index - 1]?.wd ?? 0) + 1)
      program.call('ioctl', [BigInt(fd), INOTIFY_IOC_SETNEXTWD, BigInt(wd)], `number the watch of ${path} ${wd}`);
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
