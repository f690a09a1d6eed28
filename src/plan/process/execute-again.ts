import { PRESET_SLOT, RELATION } from '../../restorer/steps.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Job } from '../job/job.ts';
import type { Program } from '../program/program.ts';

const PERSONALITY_QUERY = 0xffff_ffffn;
const ADDR_NO_RANDOMIZE = 0x0040000n;
/** Of a 32-bit program; without a meaning on 32-bit kernels. */
const ADDR_LIMIT_3GB = 0x8000000n;
const END_OF_3GB = 0xc000_0000n;

/**
 * Execve decides by the personality where a process gets memory from then on, and what is set later is too late: with
 * ADDR_LIMIT_3GB mmap would go on looking above 3 GiB, and fail. @source arch/x86/mm/mmap.c arch_pick_mmap_layout, mm/mmap.c __get_unmapped_area
 */
const isLimited = ({ arch, personality, mappings }: Snapshot): boolean =>
  arch === 'i386' &&
  (BigInt(personality) & ADDR_LIMIT_3GB) !== 0n &&
  // One that was set too late for the process itself stays so.
  mappings.every(({ end }) => end <= END_OF_3GB);

/** The image executes itself once more where execve must know what only the image does. */
export function executeAgain(program: Program, { brk, snapshot }: Pick<Job, 'brk' | 'snapshot'>): void {
  const flags = (brk === 'layout' ? ADDR_NO_RANDOMIZE : 0n) | (isLimited(snapshot) ? ADDR_LIMIT_3GB : 0n);
  if (flags === 0n) return;
  const persona = program.slot();
  program.call('personality', [PERSONALITY_QUERY], 'ask for the personality', { keep: persona });
  program.do('check', [program.slotAddress(persona), 8n, BigInt(RELATION.has), flags], '', 3);
  program.call('personality', [flags], 'set the personality for a new start');
  const [argv, envp] = [{ slot: PRESET_SLOT.argv }, { slot: PRESET_SLOT.envp }];
  program.attempt('execve', [{ slot: PRESET_SLOT.execFilename }, argv, envp], 'start the image again by its path');
  program.call('execve', [program.putString('/proc/self/exe'), argv, envp], 'start the image again');
  program.releaseSlot();
}
