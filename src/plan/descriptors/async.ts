import { PRESET_SLOT } from '../../restorer/steps.ts';
import type { AsyncSignals, Descriptor } from '../../snapshot/files/descriptors.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed, whenRehearsed } from '../program/rehearsal.ts';
import { F } from '../files/number.ts';

const O_ASYNC = 0o20000;
const O_DIRECT = 0o40000;
/** @source fcntl(2); include/uapi/asm-generic/fcntl.h */
const F_SETSIG = 10n;
const F_SETOWN_EX = 15n;
const OWNER_TYPE: Readonly<Record<AsyncSignals['owner'], number>> = { 'first thread': 0, process: 1, nobody: 1 };

/** The first thread has the id of the process. Only a change of the flag tells the file, which may have been opened with it. */
export function signalAsync(program: Program, { kind, fd, flags, async }: Descriptor): void {
  if (!async) return;
  const { owner, signal } = async;
  const sentence = `let descriptor ${fd} send signals`;
  const set = (command: bigint, value: bigint): void => program.call('fcntl', [BigInt(fd), command, value], sentence);
  const tell = (all: number): void => {
    set(F.SETFL, BigInt(all & ~O_ASYNC));
    set(F.SETFL, BigInt(all));
  };
  if (kind === 'fifo') {
    // What stands in for it in a rehearsal keeps no packets.
    whenRehearsed(program, () => tell(flags & ~O_DIRECT));
    unlessRehearsed(program, undefined, () => tell(flags));
  } else tell(flags);
  const wanted = program.put(new Uint8Array(Int32Array.of(OWNER_TYPE[owner], 0).buffer));
  // A terminal and others take whoever asks for O_ASYNC as owner when there was none.
  if (owner !== 'nobody') program.do('store', [wanted + 4n, 4n, { slot: PRESET_SLOT.pid }], sentence);
  set(F_SETOWN_EX, wanted);
  set(F_SETSIG, BigInt(signal));
}
