import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import { eightBytes } from '../program/program.ts';
import type { RestoreContext } from './context.ts';
import { moveTo, putFlags } from '../files/number.ts';

const EFD_SEMAPHORE = 1n;
const SIGSET_SIZE = 8n;
/** Marks that a new descriptor is wanted. @source signalfd(2) */
const NEW_FD = -1n;

export function restoreEventfd(descriptor: DescriptorOf<'eventfd'>, { program }: RestoreContext): void {
  const { fd, count, semaphore } = descriptor;
  const made = program.slot();
  program.call('eventfd2', [0n, semaphore ? EFD_SEMAPHORE : 0n], `make the eventfd ${fd}`, { keep: made });
  if (count > 0n)
    program.call('write', [made, program.put(eightBytes(count)), 8n], `count to ${count} in eventfd ${fd}`);
  moveTo(program, made, descriptor);
  putFlags(program, descriptor);
  program.releaseSlot();
}

export function restoreSignalfd(descriptor: DescriptorOf<'signalfd'>, { program }: RestoreContext): void {
  const { fd, mask } = descriptor;
  const made = program.slot();
  const args = [NEW_FD, program.put(eightBytes(mask)), SIGSET_SIZE, 0n];
  program.call('signalfd4', args, `make the signalfd ${fd}`, { keep: made });
  moveTo(program, made, descriptor);
  putFlags(program, descriptor);
  program.releaseSlot();
}
