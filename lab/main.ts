import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { runCommand } from './commands/run.ts';
import { targetsCommand } from './commands/targets.ts';

const program = new Command('elfreeze-lab')
  .description('proves elfreeze: builds targets, freezes them, runs the images, judges')
  .showHelpAfterError();

const list = (text: string, before: readonly string[]): string[] => [...before, ...text.split(',')];

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('wanted: a number from 1 on');
  return value;
}

program.command('targets').description('lists the targets').option('--json', 'as JSON').action(targetsCommand);

program
  .command('run')
  .description('runs cells on this host')
  .argument('[selector...]', 'names of targets or cells, * for any run of characters; default all')
  .option('--arch <names>', 'only these architectures: x86-64,i386', list, [])
  .option('--linkage <names>', 'only these linkages: static,static-pie,pie,no-pie,musl,system', list, [])
  .option('--times <number>', 'runs each cell so often', count, 1)
  .option('--jobs <number>', 'cells at the same time', count, availableParallelism())
  .option('--undisturbed', 'only runs the targets, without elfreeze')
  .option('--json', 'one JSON object on stdout')
  .action(runCommand);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`elfreeze-lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 70;
}
