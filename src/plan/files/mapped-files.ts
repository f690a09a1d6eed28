import { formatRange, PAGE, sizeOf } from '../../base/range.ts';
import type { Arg } from '../../restorer/steps.ts';
import { namelessIndex, type NamelessFile } from '../../snapshot/files/nameless-files.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { keeperOf } from './number.ts';
import { openAgain, ownerOfKeeper } from './nameless-files.ts';
import type { Program } from '../program/program.ts';
import type { Mapping } from '../../snapshot/memory.ts';

const MAP = { SHARED: 1n, PRIVATE: 2n, FIXED: 0x10n } as const;
const O = { RDONLY: 0n, WRONLY: 1n, RDWR: 2n, ACCESS_MODE: 3n } as const;

export const named = (mapping: Mapping): string => `${formatRange(mapping)}${mapping.path ? ` ${mapping.path}` : ''}`;

/** i386 has mmap2, which counts pages. */
export const fileOffset = (program: Program, { offset }: Mapping): bigint =>
  program.arch.wordSize === 8 ? offset : offset / PAGE;

/** Only a file that is open for reading alone gives a shared mapping that can never become writable. */
export function mapNameless(program: Program, mapping: Mapping, snapshot: Snapshot, prot: number): void {
  const index = namelessIndex(snapshot.nameless, mapping);
  const keeper = keeperOf(snapshot, index);
  const isShared = mapping.kind === 'shared-nameless';
  const sentence = `map ${named(mapping)}`;
  const map = (fd: Arg): void => {
    const flags = (isShared ? MAP.SHARED : MAP.PRIVATE) | MAP.FIXED;
    const args = [mapping.start, sizeOf(mapping), BigInt(prot), flags, fd, fileOffset(program, mapping)];
    program.call('mmap', args, sentence);
  };
  const mode = modeOfKeeper(snapshot, snapshot.nameless[index]);
  const isWritable = mapping.vmFlags.includes('mw');
  if (isShared ? isWritable && mode === O.RDWR : mode !== O.WRONLY) return map(keeper);
  const fd = program.slot();
  openAgain(program, keeper, isShared && isWritable ? O.RDWR : O.RDONLY, sentence, fd);
  map(fd);
  program.call('close', [fd], 'close the temporary descriptor');
  program.releaseSlot();
}

/** The process may have it open for writing alone. */
function modeOfKeeper(snapshot: Snapshot, file: NamelessFile | undefined): bigint {
  const owner = file && ownerOfKeeper(snapshot, file);
  return owner ? BigInt(owner.flags) & O.ACCESS_MODE : O.RDWR;
}
