import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { benchCommand, GROUP_NAMES } from './commands/bench.ts';
import { demoCommand } from './commands/demo.ts';
import { imagesCommand } from './commands/images.ts';
import { newTargetCommand } from './commands/new-target.ts';
import { reportCommand } from './commands/report.ts';
import { matrixCommand } from './commands/matrix.ts';
import { matrixSwarmCommand } from './commands/matrix-swarm.ts';
import type { MatrixOptions } from './commands/matrix-told.ts';
import { partCommand } from './commands/part.ts';
import { runCommand } from './commands/run.ts';
import { sweepCommand } from './commands/sweep.ts';
import { targetsCommand } from './commands/targets.ts';
import { keepInherited } from './inherited/close-on-exec.ts';
import { PLACE_NAMES } from './places/open.ts';

keepInherited();
const program = new Command('elfreeze-lab')
  .description('proves elfreeze: builds targets, freezes them, runs the images, judges')
  .showHelpAfterError();

const list = (text: string, before: readonly string[]): string[] => [...before, ...text.split(',')];

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('wanted: a number from 1 on');
  return value;
}

const sizes = (text: string): number[] => text.split(',').map(count);

program.command('targets').description('lists the targets').option('--json', 'as JSON').action(targetsCommand);

program
  .command('run')
  .description('freezes targets and runs their images, and says whether anything differs')
  .usage('[options] [selector...] [file.c...]\n       elfreeze-lab run [options] -- command [argument...]')
  .argument('[selector...]', 'names of targets or cells, * for any run of characters; C files; default all targets')
  .option('--arch <names>', 'only these architectures: x86-64,i386', list, [])
  .option('--linkage <names>', 'only these linkages: static,static-pie,pie,no-pie,musl,system', list, [])
  .addOption(
    new Option(
      '--freeze-in <place>',
      'where targets are compiled, run and frozen (container; of a command host)',
    ).choices(PLACE_NAMES),
  )
  .addOption(
    new Option('--restore-in <place>', 'where images are run (container; of a command host)').choices(PLACE_NAMES),
  )
  .option('--moments <number>', 'also freezes each cell so often at random moments (own programs: 10)', count)
  .option('--seed <text>', 'of the random moments', '1')
  .option('--times <number>', 'runs each cell so often', count, 1)
  .option('--jobs <number>', 'cells at the same time', count, availableParallelism())
  .option('--undisturbed', 'only runs the targets, without elfreeze')
  .option('--json', 'one JSON object on stdout, whose schema is dist/lab-run.schema.json')
  .option('--junit <file>', 'writes the results as JUnit XML too')
  .option('--html <file>', 'writes one page to look at too: maps, differences, steps, timings')
  .action(runCommand);

program
  .command('report')
  .description('makes reports of what `run --json` or `matrix --json` has printed, of parts of a run as of one')
  .argument('<file...>', 'what they printed')
  .option('--junit <file>', 'writes JUnit XML')
  .option('--html <file>', 'writes one page to look at: maps, differences, steps, timings')
  .option('--table <page>', 'puts the table kernel × feature of a matrix between the marks of a Markdown page')
  .action(reportCommand);

program
  .command('images')
  .description('makes the images of the containers ready; run does so too')
  .action(imagesCommand);

program
  .command('sweep')
  .description('removes what labs left behind that were killed')
  .option('--all', 'of other machines and earlier boots too, of which cannot be known whether they live')
  .option('--kept', 'directories too that were kept because of a failure')
  .action(sweepCommand);

program
  .command('new-target')
  .description('writes the C file of a new target, and its row')
  .argument('<name>', 'in small letters, such as brk-grow-after')
  .requiredOption('--fact <sentence>', 'what it proves, with a full stop')
  .requiredOption('--group <list>', 'list of lab/targets/index.ts: heap, mappings, signals, descriptors, …')
  .action(newTargetCommand);

program
  .command('matrix')
  .description('freezes on every kernel, restores on every kernel; kernels are fetched from Debian, and run in guests')
  .option(
    '--kernels <names>',
    'only these: rows of images/kernels.json, versions such as 6.19 or 7.2@sid, paths of a bzImage',
    list,
    [],
  )
  .option('--freeze-on <names>', 'freezes on these only; host: on this machine', list, [])
  .option('--restore-on <names>', 'restores on these only', list, [])
  .option('--targets <names>', 'only these targets or cells, or C files of your own', list, [])
  .option('--moments <number>', 'freezes programs of your own so often at random moments', count, 3)
  .option('--seed <text>', 'of the random moments', '1')
  .option('--portable', 'starts targets so that their images run on processors without AVX-512')
  .option(
    '--warm',
    'freezes all that a guest freezes with one elfreeze, started once: quicker where guests are emulated',
  )
  .option('--times <number>', 'freezes and restores everything so often', count, 1)
  .option('--jobs <number>', 'guests at the same time', count, availableParallelism())
  .addOption(
    new Option('--engine <name>', 'where guests run: here, or on all nodes of a Docker Swarm')
      .choices(['local', 'swarm'])
      .default('local'),
  )
  .option('--nodes <urls>', 'engines of other nodes, which are given the image: tcp://HOST:PORT', list, [])
  .option('--json', 'one JSON object on stdout, whose schema is dist/lab-run.schema.json')
  .option('--junit <file>', 'writes the results as JUnit XML too')
  .option('--html <file>', 'writes one page to look at')
  .action((options: MatrixOptions) => (options.engine === 'swarm' ? matrixSwarmCommand : matrixCommand)(options));

program
  .command('part', { hidden: true })
  .description('in a container of a swarm: runs one part of the matrix')
  .action(partCommand);

program
  .command('demo')
  .description('freezes, kills and continues a C program, python3 and bash, and says whether anything differs')
  .option('--keep', 'leaves the images, and says how to look closer')
  .action(demoCommand);

program
  .command('bench')
  .description('measures against gcore, cp, pread and posix_spawn; figures of this machine, not a test')
  .option('--only <names>', `only these: ${GROUP_NAMES.join(',')}`, list, [])
  .option('--runs <number>', 'measures everything so often', count, 5)
  .option('--sizes <numbers>', 'MiB of memory to freeze', sizes, [16, 256, 1024])
  .option('--dir <folder>', 'where the files go, such as /dev/shm (default: .cache of this checkout)')
  .option('--json', 'one JSON object on stdout')
  .action(benchCommand);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`elfreeze-lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 70;
}
