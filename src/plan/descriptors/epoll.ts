import type { DescriptorOf } from '../../snapshot/files/descriptors.ts';
import type { RestoreContext } from './context.ts';
import { moveTo, putFlags } from '../files/number.ts';

const EPOLL_CTL_ADD = 1n;

/** Made empty: a watch can only be added when what it watches is there. */
export function restoreEpoll(descriptor: DescriptorOf<'epoll'>, { program }: RestoreContext): void {
  const made = program.slot();
  program.call('epoll_create1', [0n], `make the epoll instance ${descriptor.fd}`, { keep: made });
  moveTo(program, made, descriptor);
  putFlags(program, descriptor);
  program.releaseSlot();
}

/** What is ready is ready again: adding a watch looks. struct epoll_event is packed, 12 bytes on both architectures. */
export function addWatches({ fd, watches }: DescriptorOf<'epoll'>, { program }: RestoreContext): void {
  for (const { target, events, data } of watches) {
    const event = Buffer.alloc(12);
    event.writeUInt32LE(events, 0);
    event.writeBigUInt64LE(data, 4);
    const args = [BigInt(fd), EPOLL_CTL_ADD, BigInt(target), program.put(event)];
    program.call('epoll_ctl', args, `let epoll instance ${fd} watch descriptor ${target}`);
  }
}
