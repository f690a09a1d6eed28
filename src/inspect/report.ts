import type { Range } from '../base/range.ts';
import { PF_R, PF_W, PF_X } from '../elf/constants.ts';
import { describeMappings, findLoaded, type Held, type LoadedSection, type LoadedSegment } from '../elf/loaded.ts';
import { type BrkExplanation, explainBrk, formatBrk } from '../predict/explain-break.ts';
import type { MappedElf } from './mapped-elf.ts';
import { addressNames } from './symbol.ts';

/** A segment of an ELF file, as far as a line holds it. Its addresses are exact, and those of the whole. */
export interface ReportedSegment extends Range {
  readonly path: string;
  /** Its place in the program headers. */
  readonly index: number;
  /** `r-x`, as its header says. */
  readonly perms: string;
  /** Where the bytes of the file end and zeros (.bss) begin. */
  readonly fileEnd: bigint;
  readonly startsBefore: boolean;
  readonly endsAfter: boolean;
}

export interface ReportedSection extends Range {
  readonly path: string;
  /** Its place in the section headers. */
  readonly index: number;
  readonly name: string;
  readonly startsBefore: boolean;
  readonly endsAfter: boolean;
}

/** A line of /proc/PID/maps, as parsed. */
export interface Line extends Range {
  /** `rw-p`. */
  readonly perms: string;
  readonly offset: bigint;
  readonly path: string;
  /** As in the snapshot (src/snapshot/snapshot.ts): `anon`, `file`, `stack`, … */
  readonly kind: string;
  /** What brings it back; images only. */
  readonly carrier?: ReportedCarrier;
}

/**
 * How an image carries a mapping.
 * - `anonymous` real anonymous memory again, filled from the image
 * - `view` a private mapping of the image's file
 * - `shared` shared anonymous memory with the same bytes
 * - `reopen` the original file, mapped again
 * - `nameless` a memfd or deleted file, made anew; `written` the same, mapped privately, with the pages that were written
 * - `nobody` the kernel's own; the new process has its own
 */
export interface ReportedCarrier {
  readonly by: 'anonymous' | 'view' | 'tail' | 'shared' | 'reopen' | 'nameless' | 'written' | 'sysv' | 'nobody';
  /** The image's program headers that load bytes right where they belong. */
  readonly inPlace: readonly number[];
  /** Bytes that are loaded elsewhere, in the pack, and moved or copied here. */
  readonly packed: bigint;
}

export interface ReportedMapping extends Line {
  readonly segments: readonly ReportedSegment[];
  readonly sections: readonly ReportedSection[];
}

export interface ReportedBrk extends Range {
  /** Whether `end` is exact to the byte: /proc tells only the page. */
  readonly exact: boolean;
  /** Why it is there; absent when the headers of the program are not known. */
  readonly explanation?: BrkExplanation;
  /** The explanation in words. */
  readonly text: readonly string[];
}

/** Where code or data is, in words: `main+0x12 (/usr/bin/cat)`. */
export type AddressName = (address: bigint) => string;

export interface MemoryEvidence {
  readonly lines: readonly Line[];
  /** The ELF files among what is mapped, by path as in `lines`. */
  readonly files: ReadonlyMap<string, MappedElf>;
  /** Path of the program, as in `lines`. */
  readonly exe: string;
  readonly brk?: { readonly startBrk: bigint; readonly brk: bigint; readonly exact: boolean };
}

export interface MemoryReport {
  readonly mappings: readonly ReportedMapping[];
  readonly brk?: ReportedBrk;
  readonly nameOf: AddressName;
}

/** What is in memory, and why it is where it is. Pure. */
export function reportMemory({ lines, files, exe, brk }: MemoryEvidence): MemoryReport {
  const elves = new Map([...files].map(([path, { elf }]) => [path, elf]));
  const loaded = findLoaded(lines, elves);
  const program = loaded.find(({ path }) => path === exe);
  return {
    mappings: describeMappings(lines, elves).map(({ mapping, segments, sections }) => ({
      ...mapping,
      segments: segments.filter((part) => canHold(mapping, part)).map(reportSegment),
      sections: sections.filter((part) => canHold(mapping, part)).map(reportSection),
    })),
    ...(brk ? { brk: reportBrk(brk, program && explainBrk(program.elf, program.bias, brk)) } : {}),
    nameOf: addressNames(lines, loaded, files),
  };
}

const OWN_KINDS: readonly string[] = ['vdso', 'vvar', 'vsyscall', 'stack'];

/** Anonymous memory inside a segment may be its .bss; the kernel's own mappings, which an image moves into one of its segments, are not. */
const canHold = ({ kind, path }: Line, part: { readonly path: string }): boolean =>
  !OWN_KINDS.includes(kind) || part.path === path;

const reportSegment = ({ path, index, flags, start, end, fileEnd, ...held }: Held<LoadedSegment>): ReportedSegment => ({
  path,
  index,
  perms: (flags & PF_R ? 'r' : '-') + (flags & PF_W ? 'w' : '-') + (flags & PF_X ? 'x' : '-'),
  start,
  end,
  fileEnd,
  startsBefore: held.startsBefore,
  endsAfter: held.endsAfter,
});

const reportSection = ({
  path,
  index,
  name,
  start,
  end,
  startsBefore,
  endsAfter,
}: Held<LoadedSection>): ReportedSection => ({
  path,
  index,
  name,
  start,
  end,
  startsBefore,
  endsAfter,
});

function reportBrk(
  { startBrk, brk, exact }: NonNullable<MemoryEvidence['brk']>,
  explanation: BrkExplanation | undefined,
): ReportedBrk {
  const unknown = [`break ${startBrk.toString(16)}-${brk.toString(16)}`, '  the headers of the program are not known'];
  return {
    start: startBrk,
    end: brk,
    exact,
    ...(explanation ? { explanation } : {}),
    text: explanation ? formatBrk(explanation) : unknown,
  };
}
