import { intersect, PAGE, type Range, sizeOf } from '../../src/base/range.ts';
import { judge } from '../judge/judge.ts';
import type { Look } from '../judge/look.ts';
import { isKernels, isVdso } from '../judge/memory.ts';
import type { Difference } from '../judge/verdict.ts';
import type { Observed, Result } from './experiment.ts';
import { compareTexts, type Row } from './report.ts';

/** Rows of the table, and the kinds of difference that belong to each; what is in none has the last. */
const KINDS = {
  memory: ['bytes', 'declared'],
  mappings: ['mapping', 'protection', 'flags'],
  registers: ['register', 'xstate', 'architecture'],
  descriptors: ['descriptor'],
  'the kernel holds': ['kernel', 'process'],
} as const;
type What = keyof typeof KINDS;
const START_BRK = 'start of brk';

/** A process that stood still when it was looked at: every byte and register of it can be compared. */
export function judgeStill(observed: Observed): Row[] {
  const { before, after, declared, expected, result } = observed;
  const differences = judge(before, after, declared, { spins: false, moves: false });
  const of = (what: What): Difference[] => differences.filter((difference) => whatOf(difference) === what);
  const startBrk = of('the kernel holds').filter(({ at }) => at === START_BRK);
  return [
    { what: 'memory', seen: describeMemory(before, declared), differences: of('memory') },
    { what: 'mappings', seen: describeMappings(before), differences: of('mappings') },
    brkRow(result.stderr),
    { what: 'start_brk', seen: hexOf(before.facts[START_BRK]), differences: startBrk },
    { what: 'registers', seen: describeRegisters(before), differences: of('registers') },
    { what: 'descriptors', seen: describeDescriptors(before), differences: of('descriptors') },
    {
      what: 'the kernel holds',
      seen: `${Object.keys(before.facts).length} facts in /proc/PID, signal mask, pending signals, rseq, TLS`,
      differences: of('the kernel holds').filter(({ at }) => at !== START_BRK),
    },
    ...resultRows(observed, expected, result),
  ];
}

/** A process that was busy when it was frozen: elfreeze itself says whether the image brought back what it recorded. */
export function judgeMoving(observed: Observed): Row[] {
  const { before, after, declared, expected, result } = observed;
  return [
    {
      what: 'the kernel holds',
      seen: `${Object.keys(before.facts).length} facts in /proc/PID`,
      differences: judge(before, after, declared, { spins: false, moves: true }),
    },
    ...resultRows(observed, expected, result),
  ];
}

const whatOf = ({ kind }: Difference): What =>
  (Object.keys(KINDS) as What[]).find((what) => (KINDS[what] as readonly string[]).includes(kind)) ??
  'the kernel holds';

/** @param declared the few words of it that the image says must be others: the thread's id, the rseq area */
function describeMemory({ memory, maps }: Look, declared: readonly Range[]): string {
  const words = maps
    .filter((line) => !isKernels(line) && !isVdso(line))
    .flatMap((line) => declared.map((range) => intersect(range, line)))
    .reduce((sum, part) => sum + (part ? sizeOf(part) : 0n), 0n);
  const bytes = memory.reduce((sum, { bytes: read }) => sum + (read?.length ?? 0), 0);
  return `${(bytes / Number(PAGE)).toLocaleString('en')} pages, ${bytes.toLocaleString('en')} bytes, ${words} of them declared to differ`;
}

function describeMappings({ maps }: Look): string {
  const own = maps.filter((line) => !isKernels(line) && !isVdso(line)).length;
  return `${own} lines of /proc/PID/maps, and the kernel's own ${maps.length - own}`;
}

function describeRegisters({ peek }: Look): string {
  if (!peek) return 'not seen';
  const names = Object.keys(peek.registers);
  return `${names.length} of them, and ${peek.xstate.length / 2} bytes of x87, SSE and AVX state`;
}

function describeDescriptors({ descriptors }: Look): string {
  const own = Object.entries(descriptors).filter(([number]) => Number(number) > 2);
  const files = own.map(([number, { link, position }]) => `${number} → ${link.split('/').at(-1)} at ${position}`);
  return ['0 to 2 are open', ...files].join(', ');
}

const hexOf = (decimal = '0'): string => `0x${BigInt(decimal).toString(16)}`;

/** The program asked the kernel itself each time before it waited, and again when it went on: the image, the first time it asked. */
function brkRow(stderr: string): Row {
  const answers = [...stderr.matchAll(/^brk (0x[0-9a-f]+)$/gm)].map(([, address]) => address!);
  const pairs = Array.from({ length: Math.ceil(answers.length / 2) }, (_, at) => answers.slice(2 * at, 2 * at + 2));
  const differences = pairs
    .filter(([was, is]) => was !== is)
    .map(([was = '', is = 'not said']) => ({ kind: 'brk', at: '', before: was, after: is }));
  const seen = pairs[FROZEN_IN]?.[0];
  return {
    what: 'brk',
    seen: `${seen ?? 'not said'}, the kernel's answer to the program`,
    differences:
      seen === undefined ? [{ kind: 'brk', at: '', before: 'ten answers', after: stderr.trim() }] : differences,
  };
}

/** The wait, counted from 0, in which it was frozen. */
const FROZEN_IN = 5;

function resultRows({ linesBefore, compared }: Observed, expected: Result, result: Result): Row[] {
  const lines = expected.output.split('\n').length - 1;
  const said = compared.text.split('\n')[0] ?? '';
  return [
    {
      what: 'elfreeze compare',
      seen: said.length > 66 ? `${said.slice(0, 65)}…` : said,
      differences:
        compared.status === 0 ? [] : [{ kind: 'elfreeze compare', at: '', before: 'exit 0', after: compared.text }],
    },
    {
      what: 'output',
      seen: `${linesBefore} lines before the freeze and ${lines - linesBefore} after: as undisturbed`,
      differences: compareTexts('output', expected.output, result.output),
    },
    {
      what: 'file written',
      seen: `${expected.log.length} bytes in all: as undisturbed`,
      differences: compareTexts('file', expected.log, result.log),
    },
    {
      what: 'end',
      seen: `${expected.end}: as undisturbed`,
      differences: compareTexts('end', expected.end, result.end),
    },
  ];
}
