import { printName } from '../base/names.ts';
import { formatRange, hex } from '../base/range.ts';
import { formatKernel, type Kernel } from '../predict/kernel.ts';
import type { DrawName, Place } from '../predict/places.ts';
import type { PredictedMapping, PredictedProcess, Prediction } from '../predict/predict.ts';
import { RULE_IDS, RULES, rulesOf } from '../predict/rules.ts';

export interface PredictedExec {
  readonly path: string;
  readonly kernel: Kernel;
  readonly randomised: boolean;
}

const WHOSE: Readonly<Record<DrawName, string>> = {
  stack: 'the stack', mmap: 'the mmap area', pie: 'the program', brk: 'the break', vdso: 'the vdso',
}; // prettier-ignore

/** A prediction in lines. Names in it are the file's own. */
export const printPrediction = (prediction: Prediction, exec: PredictedExec): string[] =>
  linesOf(prediction, exec).map(printName);

function linesOf(prediction: Prediction, exec: PredictedExec): string[] {
  const title = `${exec.path} on Linux ${formatKernel(exec.kernel)}, ${exec.randomised ? 'addresses randomised' : 'nothing randomised'}`;
  switch (prediction.kind) {
    case 'error':
      return [title, `  execve fails with ${prediction.errno}: ${prediction.why}`];
    case 'killed':
      return [title, `  killed by ${prediction.signal} before its first instruction: ${prediction.why}`];
    case 'loaded':
      return [
        title,
        '',
        'memory',
        ...prediction.mappings.map((mapping) => `  ${line(mapping, exec.path, prediction.interpreter)}`),
        ...notes(prediction),
        '',
        'program break',
        ...breakLines(prediction).map((each) => `  ${each}`),
      ];
  }
}

const address = (value: bigint): string => value.toString(16).padStart(8, '0');

function line(
  { start, size, permissions, offset, kind, file, header }: PredictedMapping,
  path: string,
  interpreter?: string,
): string {
  const owner = file === 'interpreter' ? (interpreter ?? '') : path;
  const name = kind === 'file' ? owner : kind === 'zeros' || kind === 'page-zero' ? '' : `[${kind}]`;
  const part = kind === 'zeros' ? ', zeros' : '';
  const whose = file === 'interpreter' ? ' of the interpreter' : '';
  const reasons = [
    ...(header === undefined ? [] : [`PT_LOAD ${header}${part}${whose}`]),
    ...(start.random === 0n ? [] : [distance(start)]),
  ];
  const range = `${address(start.lowest)}-${address(start.lowest + size)} ${permissions} ${address(offset)}`;
  return `${range} ${name.padEnd(24)} ${reasons.length === 0 ? '' : `← ${reasons.join(', ')}`}`.trimEnd();
}

const distance = ({ random, by }: Place): string =>
  `+ up to ${hex(random)}, drawn for ${by.map((name) => WHOSE[name]).join(' and ')}`;

const point = (name: string, place: Place): string =>
  `${name} ${hex(place.lowest)}${place.random === 0n ? '' : ` ${distance(place)}`}`;

const notes = ({ entry, atPhdr, atBase, stackZone, otherwise }: PredictedProcess): string[] => [
  '',
  point('first instruction', entry),
  point('AT_PHDR', atPhdr),
  point('AT_BASE', atBase),
  `stack zone ${formatRange(stackZone)}`,
  ...otherwise.map((why) => `it may also end otherwise: ${why}`),
];

function breakLines({ brk }: PredictedProcess): string[] {
  const { start, rule, highest, unrandomised, reversed, reversedDiffers } = brk;
  const why = {
    segments:
      highest === undefined
        ? 'no PT_LOAD: at the lowest address'
        : `PT_LOAD ${highest} ends highest: the page after it`,
    'static-pie': 'a static PIE: where position-independent programs are loaded, not after its segments',
  };
  const order =
    reversed === undefined
      ? 'it would not start'
      : `${reversed === unrandomised ? 'the same' : hex(reversed)}; ${reversedDiffers === 0 ? 'no mapping differs' : `${reversedDiffers} lines of maps differ`}`;
  return [
    point('begins, and ends, at', start),
    why[rule],
    `with ADDR_NO_RANDOMIZE (setarch -R): ${hex(unrandomised)}`,
    `with the program headers in reverse order: ${order}`,
  ];
}

/** Every row, those that hold on this kernel first. */
export function printRules(kernel: Kernel): string[] {
  const rules = rulesOf(kernel);
  const row = (id: (typeof RULE_IDS)[number]): string[] => {
    const { what, since, until, why, source } = RULES[id];
    const versions = since[0] === '0.0' ? 'always' : `since ${since.join(', ')}`;
    return [
      `  ${what}`,
      `    ${id}: ${versions}${until ? `, until ${until.join(', ')}` : ''}. ${why}`,
      `    ${source}`,
    ];
  };
  const [holding, others] = [RULE_IDS.filter((id) => rules[id]), RULE_IDS.filter((id) => !rules[id])];
  return [`Linux ${formatKernel(kernel)}`, ...holding.flatMap(row), 'not, or no longer', ...others.flatMap(row)];
}
