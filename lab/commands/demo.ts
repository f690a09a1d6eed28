import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { type Experiment, runExperiment } from '../demo/experiment.ts';
import { judgeMoving, judgeStill } from '../demo/judged.ts';
import { formatReport, type Report } from '../demo/report.ts';
import { bold, clearStep, sayStep } from '../demo/steps.ts';
import { Workbench } from '../demo/workbench.ts';
import { lacksArch } from '../i386.ts';
import { ELFREEZE, ROOT } from '../root.ts';

export interface DemoOptions {
  readonly keep?: true;
}

/** The main job on real input, on this machine. Exit status 0 when all is as it was. */
export async function demoCommand({ keep }: DemoOptions): Promise<void> {
  const start = performance.now();
  await using bench = await Workbench.open('demo');
  try {
    const reports: Report[] = [];
    for (const step of [native, compat, python, bash]) {
      const report = await step(bench);
      clearStep();
      if (typeof report === 'string') process.stdout.write(`${report}\n\n`);
      else {
        reports.push(report);
        process.stdout.write(`${formatReport(report)}\n`);
      }
    }
    const wrong = reports.filter(({ rows }) => rows.some(({ differences }) => differences.length > 0));
    process.stdout.write(conclusion(reports.length, wrong.length, performance.now() - start));
    process.exitCode = wrong.length === 0 ? 0 : 1;
    if (keep) bench.keep();
    process.stdout.write(keep ? howToLookCloser(reports, bench.dir) : 'To look closer: npm run demo -- --keep\n');
  } catch (error) {
    clearStep();
    // What an interrupt broke off is no failure.
    if (!bench.isInterrupted) throw error;
  }
}

const conclusion = (all: number, wrong: number, ms: number): string =>
  `${wrong === 0 ? `All ${all} went on as if nothing had been` : `${wrong} of ${all} differ`} (${(ms / 1000).toFixed(0)} s).\n`;

/** Frozen at half of its ten thousand steps. */
const COUNTER = { reached: 'count 5000 ', lines: { before: 5, all: 10 }, log: 'demo.log' } as const;

async function native(bench: Workbench): Promise<Report> {
  sayStep('compiling the C program');
  const executable = await bench.compile('lab/demo/demo.c', 'counter');
  return counter(bench, { ...COUNTER, name: 'x86-64', executable, args: [] });
}

async function compat(bench: Workbench): Promise<Report | string> {
  const lack = lacksArch('i386');
  if (lack !== undefined) return `i386: left out: ${lack}`;
  sayStep('compiling the C program for i386');
  const executable = await bench.compile('lab/demo/demo.c', 'counter-i386', ['-m32']).catch((error: unknown) => {
    if (bench.isInterrupted) throw error;
    return undefined;
  });
  if (executable === undefined) return 'i386: left out, as gcc -m32 does not work here (Debian package gcc-multilib)';
  return counter(bench, { ...COUNTER, name: 'i386', executable, args: [] });
}

async function counter(bench: Workbench, experiment: Experiment): Promise<Report> {
  const observed = await runExperiment(bench, experiment);
  return {
    title: `A C program, ${experiment.name}: counts to 10000, frozen and killed at 5000`,
    rows: judgeStill(observed),
    image: observed.image,
  };
}

const python = (bench: Workbench): Promise<Report | string> =>
  program(bench, { name: 'python3', script: 'primes.py', log: 'primes.log' });

const bash = (bench: Workbench): Promise<Report | string> =>
  program(bench, { name: 'bash', script: 'words.sh', log: 'words.log' });

interface Script {
  readonly name: string;
  readonly script: string;
  readonly log: string;
}

/** The system's own: what PATH finds first may be a script that starts another program. */
async function program(bench: Workbench, { name, script, log }: Script): Promise<Report | string> {
  const executable = join('/usr/bin', name);
  const isHere = await access(executable, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isHere) return `${name}: left out, as there is no ${executable}`;
  const args = [join(ROOT, 'lab/demo', script)];
  const observed = await runExperiment(bench, { name, executable, args, reached: 'part 10:', log });
  return {
    title: `${executable} ${script}: frozen and killed at work, after ${observed.linesBefore} of its 30 parts`,
    rows: judgeMoving(observed),
    image: observed.image,
  };
}

function howToLookCloser(reports: readonly Report[], dir: string): string {
  const [first] = reports;
  if (!first) return '';
  const image = first.image;
  const commands = [
    ['readelf -lW', image, 'its memory map, as program headers'],
    [`${ELFREEZE} inspect`, image, 'what lies where, where the break comes from'],
    [`${ELFREEZE} inspect --program`, image, 'the steps that bring it back'],
    ['yes |', image, 'it goes on from 5000, as often as you like'],
    ['ELFREEZE_TRACE=1', `${image} < /dev/null`, 'the same, telling its steps'],
  ] as const;
  const lines = commands.map(([command, argument, why]) => `  # ${why}\n  ${command} ${argument}\n`);
  const others = reports.slice(1).map(({ image: other }) => `  ${other}\n`);
  return `\n${bold('To look closer')}\n${lines.join('')}The other images:\n${others.join('')}When done: rm -r ${dir}\n`;
}
