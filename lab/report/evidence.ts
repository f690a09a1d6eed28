import { hex, type Range } from '../../src/base/range.ts';
import type { Look } from '../judge/look.ts';
import type { Segment } from '../judge/segments.ts';
import type { CellRecord, ImageRecord, LookRecord } from './record.ts';

/** The parts of an experiment, in their order. */
export type Phase = 'compile' | 'start' | 'look' | 'freeze' | 'restore' | 'look again' | 'ask elfreeze' | 'continue';

/**
 * What one experiment leaves for the report, put down as it goes: one that fails halfway keeps what it has. Memory is not
 * kept, so a run of many cells stays small.
 */
export class Evidence {
  before: LookRecord | undefined;
  after: LookRecord | undefined;
  image: ImageRecord | undefined;
  readonly phases: CellRecord['phases'] = [];
  private under: { readonly name: Phase; readonly since: number } | undefined;

  /** From here the experiment is in this phase. */
  enter(name: Phase): void {
    this.leave();
    this.under = { name, since: performance.now() };
  }

  /** The last phase ends. */
  leave(): void {
    if (!this.under) return;
    const { name, since } = this.under;
    this.phases.push({ name, milliseconds: Math.round(performance.now() - since) });
    this.under = undefined;
  }
}

export const recordLook = ({ maps, facts, peek }: Look): LookRecord => ({
  maps: maps.map((line) => ({
    ...recordRange(line),
    permissions: line.permissions,
    offset: hex(line.offset),
    inode: hex(line.inode),
    path: line.path,
    vmFlags: [...line.vmFlags],
  })),
  startBrk: hex(BigInt(facts['start of brk'] ?? 0)),
  ...(peek && { registers: { ...peek.registers } }),
});

/** @param inspected printed by `elfreeze inspect IMAGE --program --json` */
export function recordImage(segments: readonly Segment[], inspected: string): ImageRecord {
  const { brk, declaredDifferences, program } = JSON.parse(inspected) as {
    brk: { start: string; end: string };
    declaredDifferences: { start: string; end: string; reason: string }[];
    program: { call: string; result: string; sentence: string }[];
  };
  return {
    segments: segments.map((segment) => ({
      ...segment,
      ...recordRange(segment),
      offset: hex(segment.offset),
      fileSize: hex(segment.fileSize),
    })),
    brk: { start: brk.start, end: brk.end },
    declared: declaredDifferences.map(({ start, end, reason }) => ({ start, end, reason })),
    steps: program.map(({ call, result, sentence }) => ({ call, result, sentence })),
  };
}

export const recordRange = ({ start, end }: Range): { start: string; end: string } => ({
  start: hex(start),
  end: hex(end),
});
