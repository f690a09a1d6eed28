import type { ArchName } from '../snapshot/snapshot.ts';
import type { Arch } from './arch.ts';
import { I386 } from './i386.ts';
import { X86_64 } from './x86-64.ts';

export type { Arch } from './arch.ts';

/** One row of facts per machine. */
export const ARCHES: Readonly<Record<ArchName, Arch>> = { 'x86-64': X86_64, i386: I386 };
