import { printName } from '../base/names.ts';
import { formatRange, hex } from '../base/range.ts';
import { alignColumns, formatSize, type Paint } from '../cli/terminal.ts';
import { signalNames } from './names.ts';
import { printMappings } from './print-mappings.ts';
import type { StepText } from './program-text.ts';
import type {
  ImageReport,
  Report,
  ReportedDescriptor,
  ReportedSignals,
  ReportedThread,
  ReportedTimer,
} from './shape.ts';

/** A report for people: lines of text. With a program, that and the headline are all. */
export function printReport(report: Report, paint: Paint): string[] {
  if (report.kind === 'image' && report.program) {
    return [...headline(report, paint), ...section('restore program', printProgram(report.program, paint), paint)];
  }
  return [
    ...headline(report, paint),
    ...(report.kind === 'image' ? printImage(report, paint) : []),
    ...section('memory', printMappings(report.mappings, paint), paint),
    ...section('program break', printBrk(report), paint),
    ...section('threads', report.threads.flatMap(printThread), paint),
    ...section('signals', printSignals(report.signals), paint),
    ...section('timers', alignColumns(report.timers.map(timerRow)), paint),
    ...section('descriptors', alignColumns(report.descriptors.map(descriptorRow)), paint),
    ...(report.kind === 'process' ? section('not readable for this user', report.unread.map(printName), paint) : []),
  ];
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint.heading(title), ...lines.map((line) => `  ${line}`.trimEnd())];
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function headline(report: Report, paint: Paint): string[] {
  const { pid, comm, exe, cwd, arch, threads } = report;
  const program = `${exe === '' ? 'no program' : printName(exe)}${cwd === undefined ? '' : `, in ${printName(cwd)}`}`;
  if (report.kind === 'process') {
    const state = printName(report.state).replace(/^\w+ \((.*)\)$/, '$1');
    return [
      paint.heading(
        `process ${pid} ${printName(comm)}: ${arch ?? 'no architecture'}, ${plural(threads.length, 'thread')}, ${state}`,
      ),
      `  ${program}`,
    ];
  }
  const { size, lazy, kernelRelease, verified } = report;
  return [
    paint.heading(
      `image ${printName(report.path)}: continues process ${pid} ${printName(comm)}, ${arch}, ${plural(threads.length, 'thread')}`,
    ),
    `  ${program}`,
    `  frozen on Linux ${printName(kernelRelease)}`,
    `  ${formatSize(size.memory)} of memory in a file of ${formatSize(size.file)}, which takes ${formatSize(size.disk)} on disk`,
    `  ${lazy ? 'lazy: anonymous memory becomes a view of the image' : 'anonymous memory becomes anonymous memory again'}`,
    ...(verified === undefined ? [] : [`  all ${formatSize(verified)} that are loaded are as they were written`]),
  ];
}

function printImage({ headers, entry, remains, declaredDifferences, cpu }: ImageReport, paint: Paint): string[] {
  const rows = headers.map((header) => [
    `${header.index}`.padStart(3),
    header.type,
    header.end > header.start ? `${formatRange(header)} ${header.perms}` : '',
    header.fileSize > 0n ? `at ${hex(header.offset)}` : '',
    printName(header.role),
  ]);
  return [
    ...section(`the image's own program headers, entry point ${hex(entry)}`, alignColumns(rows), paint),
    ...section(
      'what will differ from what was recorded',
      alignColumns(declaredDifferences.map(({ reason, ...range }) => [formatRange(range), printName(reason)])),
      paint,
    ),
    ...section(
      'what the restorer leaves mapped',
      [`${formatRange(remains)}, ${formatSize(remains.end - remains.start)}`],
      paint,
    ),
    ...section('needs of the processor', cpu.length > 0 ? [cpu.map(printName).join(' ')] : [], paint),
  ];
}

function printBrk({ brk }: Report): string[] {
  if (!brk) return [];
  const [first = '', ...rest] = brk.text;
  return [brk.exact ? first : `${first} (its end as far as /proc tells: up to the page)`, ...rest];
}

const short = (name: string): string => name.replace(/^SIG(?!\d)/, '');

/** Most of all are told by those that are missing. */
function list(signals: readonly string[]): string {
  if (signals.length <= ALL.length / 2) return signals.map(short).join(' ');
  const missing = ALL.filter((name) => !signals.includes(name));
  return missing.length === 0 ? 'all' : `all but ${missing.map(short).join(' ')}`;
}

const ALL: readonly string[] = signalNames(0xffff_ffff_ffff_ffffn);

function printThread({
  tid,
  comm,
  state,
  ip,
  at,
  sp,
  call,
  blocked,
  pending,
  registers,
  altstack,
}: ReportedThread): string[] {
  const facts: [string, string | undefined][] = [
    ['at', ip === undefined ? undefined : `${hex(ip)} ${printName(at ?? '')}, stack pointer ${hex(sp ?? 0n)}`],
    ['waits in', call],
    ['blocked', blocked.length > 0 ? list(blocked) : undefined],
    ['pending', pending.length > 0 ? list(pending) : undefined],
    ['signal stack', altstack && `${hex(altstack.sp)}, ${altstack.size} bytes`],
  ];
  const name = comm === undefined ? '' : ` ${printName(comm)}`;
  return [
    `${tid}${name}${state === undefined ? '' : `: ${printName(state)}`}`,
    ...alignColumns(facts.flatMap(([what, text]) => (text === undefined ? [] : [[`  ${what}`, text]]))),
    ...(registers ? printRegisters(registers).map((line) => `  ${line}`) : []),
  ];
}

const REGISTERS_PER_LINE = 4;

function printRegisters(registers: Readonly<Record<string, bigint>>): string[] {
  const cells = Object.entries(registers).map(([name, value]) => `${name}=${hex(value)}`);
  const rows: string[][] = [];
  for (let i = 0; i < cells.length; i += REGISTERS_PER_LINE)
    rows.push(cells.slice(i, i + REGISTERS_PER_LINE).map(printName));
  return alignColumns(rows);
}

function printSignals({ pending, ignored, handled }: ReportedSignals): string[] {
  const detailed = handled.filter(({ handler }) => handler !== undefined);
  const plain = handled.filter(({ handler }) => handler === undefined).map(({ signal }) => signal);
  const facts = [
    ['pending', list(pending)],
    ['ignored', list(ignored)],
    ['handled', list(plain)],
    ...detailed.map(({ signal, handler, at, flags }) => [
      `handles ${list([signal])}`,
      `at ${hex(handler ?? 0n)} ${printName(at ?? '')}, ${flags ?? ''}`,
    ]),
  ];
  return alignColumns(facts.filter(([, text]) => text !== ''));
}

function timerRow({ name, valueUs, intervalUs, notify }: ReportedTimer): string[] {
  const every = intervalUs ? `, then every ${intervalUs} µs` : '';
  const when = valueUs === 0n ? 'off' : `in ${valueUs} µs${every}`;
  return [name, [...(notify ? [printName(notify)] : []), ...(valueUs === undefined ? [] : [when])].join(', ')];
}

function descriptorRow({ fd, kind, target, flags, cloexec, position, sharesWith }: ReportedDescriptor): string[] {
  const shares = sharesWith === undefined ? [] : [`shares descriptor ${sharesWith}`];
  // The caller's own standard three may be the same for all that the image knows.
  if (kind === 'stdio') return [`${fd}`.padStart(3), kind, printName(target), fd > 2 ? shares.join() : ''];
  const notes = [flags + (cloexec ? '|O_CLOEXEC' : ''), ...(position === 0n ? [] : [`at ${position}`]), ...shares];
  return [`${fd}`.padStart(3), kind, printName(target), notes.join(', ')];
}

/** A few calls are much longer than the others: they would push every sentence to the right. */
const MAX_COLUMN = 88;
/** Their sentence is a complaint. */
const CONDITIONS: readonly string[] = ['check', 'cpuid', 'xgetbv'];

function printProgram(program: readonly StepText[], paint: Paint): string[] {
  const width = `${program.length - 1}`.length;
  const texts = program.map(({ call, result }) => printName(call + result));
  const column = Math.min(MAX_COLUMN, Math.max(0, ...texts.map((text) => text.length)));
  return program.map(({ index, op, sentence }, i) => {
    const text = `${CONDITIONS.includes(op) ? 'else: ' : ''}${printName(sentence)}`;
    const comment = sentence === '' ? '' : `  ${paint.dim(`# ${text}`)}`;
    return `${`${index}`.padStart(width)}  ${texts[i]!.padEnd(column)}${comment}`.trimEnd();
  });
}
