import type { DescriptorOf } from '../../snapshot/snapshot.ts';
import { eightBytes } from '../program.ts';
import type { RestoreContext } from './context.ts';
import { moveTo } from './number.ts';

const EFD_SEMAPHORE = 1;
const O_NONBLOCK = 0o4000;
const SIGSET_SIZE = 8n;
/** Marks that a new descriptor is wanted. @source signalfd(2) */
const NEW_FD = -1n;

export function restoreEventfd(descriptor: DescriptorOf<'eventfd'>, { program }: RestoreContext): void {
  const { fd, flags, count, semaphore } = descriptor;
  const made = program.slot();
  const wanted = (flags & O_NONBLOCK) | (semaphore ? EFD_SEMAPHORE : 0);
  program.call('eventfd2', [0n, BigInt(wanted)], `make the eventfd ${fd}`, { keep: made });
  if (count > 0n)
    program.call('write', [made, program.put(eightBytes(count)), 8n], `count to ${count} in eventfd ${fd}`);
  moveTo(program, made, descriptor);
  program.releaseSlot();
}

export function restoreSignalfd(descriptor: DescriptorOf<'signalfd'>, { program }: RestoreContext): void {
  const { fd, flags, mask } = descriptor;
  const made = program.slot();
  const args = [NEW_FD, program.put(eightBytes(mask)), SIGSET_SIZE, BigInt(flags & O_NONBLOCK)];
  program.call('signalfd4', args, `make the signalfd ${fd}`, { keep: made });
  moveTo(program, made, descriptor);
  program.releaseSlot();
}
