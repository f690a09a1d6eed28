import type { CellRecord, RunRecord } from './record.ts';

/** Runs for tests of what is made of them. */
export const sampleCell = (rest: Partial<CellRecord> = {}): CellRecord => ({
  name: 'brk-unaligned/i386/pie',
  target: 'brk-unaligned',
  fact: 'The break and its start are kept to the byte.',
  arch: 'i386',
  linkage: 'pie',
  places: { freeze: { name: 'host', kernel: '6.1.0' }, restore: { name: 'container', kernel: '6.1.0' } },
  verdict: { outcome: 'same' },
  milliseconds: 1234,
  phases: [{ name: 'freeze', milliseconds: 1000 }],
  rerun: "bin/elfreeze-lab run 'brk-unaligned/i386/pie'",
  ...rest,
});

export const sampleRun = (cells: readonly CellRecord[]): RunRecord => ({
  record: 1,
  started: '2026-11-23T07:45:09.123Z',
  milliseconds: 65_432,
  command: 'elfreeze-lab run <all>',
  machine: { kernel: '6.1.0', arch: 'x64', processor: 'A "fast" one', processors: 2, memory: '0x80000000' },
  versions: { elfreeze: '0.1.0', node: '20.19.0', compiler: 'gcc 12' },
  cells: [...cells],
  leftOut: [{ what: 'musl for i386', cells: 3 }],
});
