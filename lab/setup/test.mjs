// Runs stages one after the other and ends with one line: N passed, N failed, N skipped.
// node lab/setup/test.mjs STAGE… [--runs N] [--seed S] [--kernel K] [--path P] [--keep] [FILTER or option for vitest…]
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWithoutContainers } from './engine.mjs';
import { exitOf, SIGNALS } from './child.mjs';
import { checkGenerated } from './generated.mjs';
import { ROOT } from './paths.mjs';
import { since } from './say.mjs';

const BIN = join(ROOT, 'node_modules');

const TSC = join(BIN, 'typescript/bin/tsc');

/** One row per stage. Each of its `commands` counts as one test; a `vitest` project as as many as it has. */
const STAGES = {
  // What runs in a browser has other types than what runs in Node.
  types: { commands: ['.', 'lab/report/page'].map((project) => [TSC, '--noEmit', '-p', project]) },
  lint: { commands: [[join(BIN, 'oxlint/bin/oxlint'), '-c', 'oxlint.config.mjs']] },
  format: { commands: [[join(BIN, 'prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']] },
  unused: { commands: [[join(BIN, 'knip/bin/knip.js')]] },
  generated: { check: checkGenerated },
  package: { commands: [[join(BIN, 'publint/src/cli.js'), 'run', '--strict', '--pack', 'npm']] },
  unit: { vitest: 'unit' },
  property: { vitest: 'property' },
  // All of the lab; npm test takes a chosen core of its cells.
  lab: { vitest: 'lab', environment: { ELFREEZE_LAB_CELLS: 'all' } },
  core: { vitest: 'lab' },
};

/** Without containers cells run on this host, and the tests of containers are skipped. */
const place = isWithoutContainers() ? { ELFREEZE_LAB_PLACE: 'host' } : {};

/** Some tools take CI=true for a terminal. vitest keeps it: it also means that snapshots are not to be written. */
const piped = !process.stdout.isTTY && !('FORCE_COLOR' in process.env);
const inherited = { ...process.env, ...(piped && { NO_COLOR: '1' }) };

const args = process.argv.slice(2);
const first = args.findIndex((arg) => !(arg in STAGES));
const names = first === -1 ? args : args.slice(0, first);
const { forVitest, settings } = takeSettings(first === -1 ? [] : args.slice(first));
if (names.length === 0) {
  process.stderr.write(`usage: node lab/setup/test.mjs ${Object.keys(STAGES).join('|')} … [vitest's arguments]\n`);
  process.exit(64);
}

// An interrupted stage is ended; what was counted so far is still said.
let interrupted = false;
for (const signal of SIGNALS) process.on(signal, () => (interrupted = true));

const total = { passed: 0, failed: 0, skipped: 0 };
let tests = 0;
for (const name of names) {
  if (interrupted) break;
  const stage = STAGES[name];
  const start = performance.now();
  if (stage.vitest !== undefined) print(`── ${name}`);
  const counts = await run(stage);
  for (const key of Object.keys(total)) total[key] += counts[key];
  if (stage.vitest !== undefined) tests += counts.passed + counts.failed;
  print(
    `${counts.failed === 0 ? (counts.passed === 0 ? '-' : '✓') : '✗'} ${name}${counts.note ?? ''} (${since(start)})`,
  );
}
if (interrupted) total.failed += 1;
// Finding no test at all is a mistake in the set-up, not a success.
if (tests === 0 && names.some((name) => STAGES[name].vitest !== undefined)) {
  print('✗ no test was run');
  total.failed += 1;
}
print(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Options of the property tests travel by environment: vitest would not know them. */
function takeSettings(given) {
  const SETTINGS = { '--runs': 'RUNS', '--seed': 'SEED', '--kernel': 'KERNEL', '--path': 'PATH' };
  const rest = [];
  const environment = {};
  for (let at = 0; at < given.length; at++) {
    const name = SETTINGS[given[at]];
    if (name !== undefined) environment[`ELFREEZE_${name}`] = given[++at];
    else if (given[at] === '--keep') environment.ELFREEZE_KEEP = '1';
    else rest.push(given[at]);
  }
  if (environment.ELFREEZE_SEED === 'fresh') environment.ELFREEZE_SEED = String(randomInt(2 ** 31));
  if (environment.ELFREEZE_SEED !== undefined) print(`seed ${environment.ELFREEZE_SEED}`);
  return { forVitest: rest, settings: environment };
}

function run(stage) {
  if (stage.commands !== undefined) return runCommands(stage.commands);
  return stage.check === undefined ? runVitest(stage) : stage.check();
}

async function runCommands(commands) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const command of commands)
    counts[(await exitOf(command, { ...inherited, ...(piped && { CI: undefined }) })) === 0 ? 'passed' : 'failed'] += 1;
  return counts;
}

async function runVitest({ vitest: project, environment }) {
  const scratch = mkdtempSync(join(tmpdir(), 'elfreeze-test-'));
  const file = join(scratch, 'counts.json');
  try {
    const command = [
      join(BIN, 'vitest/vitest.mjs'),
      'run',
      // The other loader writes into node_modules, which may not be ours.
      '--configLoader',
      'runner',
      '--project',
      project,
      '--reporter',
      './lab/setup/reporter.mjs',
    ];
    const env = { ...environment, ...inherited, ...settings, ...place, ELFREEZE_TEST_COUNTS: file };
    const status = await exitOf([...command, ...forVitest], env);
    const counts = readCounts(file);
    // vitest itself may fail with no failed test to show for it.
    if (status !== 0 && counts.failed === 0) counts.failed = 1;
    return { ...counts, note: `: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
