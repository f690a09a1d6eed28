import type { Descriptor, FileLock } from '../../snapshot/files/descriptors.ts';
import { eightBytes, type Program } from '../program/program.ts';
import { unlessRehearsed } from '../program/rehearsal.ts';

/** @source flock(2) */
const LOCK = { SH: 1n, EX: 2n, NB: 4n } as const;
/** @source fcntl(2); include/uapi/asm-generic/fcntl.h, arch/x86/include/uapi/asm/posix_types_32.h */
const F = { RDLCK: 0, WRLCK: 1, SETLK: 6n, SETLK64: 13n, OFD_SETLK: 37n } as const;

/** Taken when every file is open for good: closing any descriptor of a file gives up the record locks on it. */
export function takeLocks(program: Program, descriptor: Descriptor): void {
  if (descriptor.locks.length === 0) return;
  unlessRehearsed(program, `lock the file that is descriptor ${descriptor.fd}`, () => take(program, descriptor));
}

function take(program: Program, { fd, description, locks }: Descriptor): void {
  for (const lock of locks) {
    // Others than record locks belong to the open file, which a duplicate shares.
    if (lock.kind !== 'record' && description !== fd) continue;
    const sentence = `lock ${lock.kind === 'whole' ? 'the file' : `a part of the file`} that is descriptor ${fd} again`;
    if (lock.kind === 'whole') {
      program.call('flock', [BigInt(fd), LOCK.NB | (lock.write ? LOCK.EX : LOCK.SH)], sentence);
      continue;
    }
    const own = program.arch.wordSize === 8 ? F.SETLK : F.SETLK64;
    const command = lock.kind === 'record' ? own : F.OFD_SETLK;
    program.call('fcntl', [BigInt(fd), command, program.put(encodeFlock(program, lock))], sentence);
  }
}

/** struct flock; of a 32-bit process struct flock64, whose 64-bit fields are aligned to four bytes. */
function encodeFlock(program: Program, { write, start, length }: FileLock): Uint8Array {
  const head = Buffer.alloc(program.arch.wordSize === 8 ? 8 : 4);
  head.writeInt16LE(write ? F.WRLCK : F.RDLCK, 0);
  return Buffer.concat([head, eightBytes(start), eightBytes(length), new Uint8Array(8)]);
}
