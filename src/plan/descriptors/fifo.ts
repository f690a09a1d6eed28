import type { DescriptorOf } from '../../snapshot/snapshot.ts';
import { RELATION } from '../../restorer/steps.ts';
import { fileIdentityChecks, splitDev } from '../file-identity.ts';
import type { RestoreContext } from './context.ts';
import { F, moveTo } from './number.ts';
import { refill } from './pipes.ts';

const AT_FDCWD = -100n;
const O_RDWR_NONBLOCK = 0o4002n;
const FIONREAD = 0x541bn;

/** All descriptors that lead to one FIFO: a descriptor for both ways keeps it from ending, and from blocking whoever opens an end. */
export function restoreFifo(first: DescriptorOf<'fifo'>, { program, snapshot, above, done }: RestoreContext): void {
  const { path, dev, inode, capacity } = first;
  const ends = snapshot.descriptors.filter(
    (each): each is DescriptorOf<'fifo'> =>
      each.kind === 'fifo' && each.inode === inode && each.dev === dev && each.description === each.fd,
  );
  const name = program.putString(path);
  const [low, keeper, opened] = [program.slot(), program.slot(), program.slot()];
  program.call('openat', [AT_FDCWD, name, O_RDWR_NONBLOCK, 0n], `open the FIFO ${path}`, { keep: low });
  fileIdentityChecks(program, low, { path, inode, dev: splitDev(dev) });
  program.call('fcntl', [low, F.DUPFD_CLOEXEC, above], `move the FIFO ${path} away`, { keep: keeper });
  program.call('close', [low], 'close the temporary descriptor');
  const waiting = program.put(new Uint8Array(8));
  program.call('ioctl', [keeper, FIONREAD, waiting], `look what is in the FIFO ${path}`);
  program.do('check', [waiting, 4n, BigInt(RELATION.eq), 0n], `others have written into the FIFO ${path}`);
  refill(program, snapshot, inode, capacity, keeper);
  for (const end of ends) {
    program.call('openat', [AT_FDCWD, name, BigInt(end.flags), 0n], `open ${path}, descriptor ${end.fd}`, {
      keep: opened,
    });
    moveTo(program, opened, end);
    done.add(end);
  }
  program.call('close', [keeper], 'close the temporary descriptor');
  program.releaseSlot(3);
}
