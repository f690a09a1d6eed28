import { printName } from '../base/names.ts';
import { contains, formatRange, hex } from '../base/range.ts';
import { type Paint, formatSize } from '../cli/terminal.ts';
import type { ReportedCarrier, ReportedMapping, ReportedSection, ReportedSegment } from './report.ts';

/** Lines as in /proc/PID/maps, each with the segments in it and, one step further in, their sections. */
export function printMappings(mappings: readonly ReportedMapping[], paint: Paint): string[] {
  const lines = mappings.map((mapping) => printLine(mapping));
  const column = Math.max(0, ...lines.map((line) => line.length));
  return mappings.flatMap((mapping, i) => {
    const carrier = mapping.carrier ? paint.dim(`  ${carrierText(mapping.carrier)}`) : '';
    const head = carrier === '' ? lines[i]! : lines[i]!.padEnd(column) + carrier;
    return [head.trimEnd(), ...printParts(mapping, paint).map((line) => `  ${line}`)];
  });
}

/** Column widths as the kernel has them: eight digits, and as many more as it takes. */
const address = (value: bigint): string => value.toString(16).padStart(8, '0');

const printLine = ({ start, end, perms, offset, path }: ReportedMapping): string =>
  `${address(start)}-${address(end)} ${perms} ${address(offset)} ${printName(path)}`.trimEnd();

function printParts(mapping: ReportedMapping, paint: Paint): string[] {
  const shown = new Set<ReportedSection>();
  const parts = mapping.segments.flatMap((segment) => {
    const own = mapping.sections.filter(
      (each) => each.path === segment.path && contains(segment, each.start) && !shown.has(each),
    );
    for (const each of own) shown.add(each);
    return [segmentText(segment, mapping, paint), ...own.map((each) => `  ${sectionText(each, paint)}`)];
  });
  const rest = mapping.sections.filter((each) => !shown.has(each));
  return [...parts, ...rest.map((each) => sectionText(each, paint))];
}

function segmentText(segment: ReportedSegment, { path }: ReportedMapping, paint: Paint): string {
  const { index, perms, end, fileEnd } = segment;
  const zeros = fileEnd < end ? `, zeros from ${hex(fileEnd)}` : '';
  const owner = segment.path === path ? '' : ` of ${printName(segment.path)}`;
  return `${formatRange(segment)}  PT_LOAD ${index} ${perms}${owner}${zeros}${beyond(segment, paint)}`;
}

const sectionText = (section: ReportedSection, paint: Paint): string =>
  `${formatRange(section)}  ${printName(section.name)}${beyond(section, paint)}`;

/** Whether a part goes on in other lines. */
function beyond({ startsBefore, endsAfter }: ReportedSegment | ReportedSection, paint: Paint): string {
  const where = [...(startsBefore ? ['begins before this line'] : []), ...(endsAfter ? ['goes on after it'] : [])];
  return where.length === 0 ? '' : paint.dim(` (${startsBefore ? where.join(', ') : 'goes on after this line'})`);
}

function carrierText({ by, inPlace, packed }: ReportedCarrier): string {
  const headers = inPlace.length === 0 ? '' : `PT_LOAD ${inPlace.join(', ')}`;
  const pack = packed === 0n ? '' : `${formatSize(packed)} from the pack`;
  const sources = [headers, pack].filter((text) => text !== '').join(' and ');
  switch (by) {
    case 'anonymous':
      return sources === '' ? '← fresh anonymous memory' : `← ${sources}, made anonymous`;
    case 'view':
      return `← ${sources || 'fresh memory'}`;
    case 'shared':
      return sources === '' ? '← fresh shared memory' : `← ${sources}, made shared memory`;
    case 'reopen':
      return '← the file, mapped again';
    case 'nameless':
      return '← a file without a name, made anew';
    case 'written':
      return `← a file without a name, made anew, mapped privately${sources === '' ? '' : `, with ${sources}`}`;
    case 'tail':
      return `← ${sources || 'an empty file'}, made a file that ends there`;
    case 'sysv':
      return `← ${sources}, made System V shared memory`;
    case 'nobody':
      return "← the running kernel's own";
  }
}
