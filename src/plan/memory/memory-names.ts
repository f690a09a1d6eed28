import { sizeOf } from '../../base/range.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import type { Program } from '../program/program.ts';

/** @source PR_SET_VMA(2const), Linux 5.17, CONFIG_ANON_VMA_NAME; shared memory 6.2 */
const PR_SET_VMA = 0x53564d41n;
const PR_SET_VMA_ANON_NAME = 0n;
const NAME = /^\[anon(?:_shmem)?:(.*)\]$/;

/** What a program or its runtime calls a stretch of anonymous memory. Nothing but the maps of who looks depends on it, so a kernel without it will do. */
export function nameMemory(program: Program, mappings: readonly Mapping[]): void {
  for (const mapping of mappings) {
    const name = NAME.exec(mapping.path)?.[1];
    if (name === undefined) continue;
    const { start } = mapping;
    const args = [PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, sizeOf(mapping), program.putString(name)];
    program.attempt('prctl', args, `name memory ${name}`);
  }
}
