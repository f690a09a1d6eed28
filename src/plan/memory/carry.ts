import type { Mapping, MappingKind } from '../../snapshot/memory.ts';

/**
 * How each kind of mapping comes back. A new kind without a row does not compile.
 * - `anonymous` real private anonymous memory again (with --lazy: a private view of the image)
 * - `view` a private file mapping, of the image instead of the original file
 * - `tail` a private view of a file in memory that ends where its own did
 * - `shared` shared anonymous memory with the same bytes
 * - `reopen` the same file, mapped again
 * - `nameless` a memfd or deleted file, made anew, and mapped again
 * - `written` the same, mapped privately, with the pages that the process has written
 * - `sysv` a new segment with the same bytes, attached again
 * - `nobody` the kernel's own: the new process has its own, elsewhere
 */
export type Carry = 'anonymous' | 'view' | 'tail' | 'shared' | 'reopen' | 'nameless' | 'written' | 'sysv' | 'nobody';

export const CARRY = {
  anon: 'anonymous',
  stack: 'anonymous',
  file: 'view',
  'file-tail': 'tail',
  'private-nameless': 'written',
  'shared-anon': 'shared',
  'shared-file': 'reopen',
  'shared-file-ro': 'shared', // the file need not exist any more, and nothing can be written through it
  'shared-nameless': 'nameless',
  sysv: 'sysv',
  vdso: 'view',
  vvar: 'nobody',
  vsyscall: 'nobody',
} as const satisfies Record<MappingKind, Carry>;

/** What only anonymous memory can be: growing down, wiped by fork, droppable. */
const NEVER_A_VIEW: readonly string[] = ['gd', 'wf', 'dp'];

/** Whether --lazy leaves this anonymous memory a view of the image. Views have guard regions only since Linux 6.15. */
export const mayStayView = ({ kind, vmFlags, guards }: Mapping): boolean =>
  kind !== 'stack' && guards.length === 0 && !vmFlags.some((flag) => NEVER_A_VIEW.includes(flag));
