import { PAGE, pageFloor } from '../../base/range.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Segment } from '../job/segment.ts';
import type { Program } from '../program/program.ts';
import { PROT_READ } from '../../snapshot/memory.ts';

/*
 * The program break without prctl: execve puts it at the page-aligned end of the highest PT_LOAD, unless it randomises.
 * So nothing is loaded above the page that the break is in, something is loaded up to it, and the image executes itself
 * once more without address randomisation. brk(2) then goes to the byte. What it cannot give back is start_brk.
 * @source fs/binfmt_elf.c load_elf_binary, v5.10 … v7.3
 */

/** Where the highest PT_LOAD must end. */
export const breakCeiling = ({ layout }: Snapshot): bigint => pageFloor(layout.brk);

/** A page to end there, when nothing of the process does. */
export function ceilingSegment(snapshot: Snapshot, segments: readonly Segment[], rank: number): Segment[] {
  const ceiling = breakCeiling(snapshot);
  if (segments.some(({ vaddr, size }) => vaddr + size === ceiling)) return [];
  return [{ vaddr: ceiling - PAGE, size: PAGE, name: '.elfreeze.ceiling', prot: PROT_READ, rank, contents: [] }];
}

export function setBreak(program: Program, { layout }: Snapshot): void {
  const expect = { kind: 'exactly', value: layout.brk } as const;
  program.call('brk', [layout.brk], `set the program break to 0x${layout.brk.toString(16)}`, { expect });
}

/** The page that only stood for the break is in nobody's way, unless nothing of the process is there. */
export function removeCeiling(program: Program, snapshot: Snapshot): void {
  const start = breakCeiling(snapshot) - PAGE;
  if (snapshot.mappings.some((mapping) => mapping.start <= start && start < mapping.end)) return;
  program.call('munmap', [start, PAGE], 'remove the page that held the break up');
}
