import { setFlagsFromString } from 'node:v8';
import type { DoctorCommandOptions } from './doctor.ts';
import type { FreezeCommandOptions } from './freeze.ts';
import type { InspectCommandOptions } from './inspect.ts';
import type { PredictCommandOptions } from './predict.ts';
import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { ElfreezeError } from '../base/errors.ts';

/** elfreeze's commands. Each loads its own code only when it is chosen. */
export function buildCli(): Command {
  const program = new Command('elfreeze').description(
    'turns a running Linux process into an ELF executable that continues it',
  );
  // Commander's own complaints take the form of all others; help is no complaint.
  program.configureOutput({ outputError: () => undefined }).exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) process.exit(0);
    throw new ElfreezeError('USAGE', error.message.replace(/^error: /, ''));
  });
  program
    .command('freeze')
    .description('write an executable that continues process PID')
    .argument('<pid>', 'the process', parsePid)
    .option('-o, --output <file>', 'where the image goes (default: ./NAME.PID.elf)')
    .option('--kill', 'end the process once its image is complete and was seen to start')
    .option('--check', 'see the image start, up to its first own instruction; --kill always does')
    .option('--lazy', 'an image that starts in no time at any size, at a price (docs/limits.md)')
    .addOption(
      new Option('--brk <means>', 'how the break comes back; layout: on kernels without CONFIG_CHECKPOINT_RESTORE')
        .choices(['prctl', 'layout'])
        .default('prctl'),
    )
    .addOption(new Option('--stdio <mode>', 'descriptors 0 to 2').choices(['caller', 'reopen']).default('caller'))
    .addOption(
      new Option('--tcp <what>', 'TCP connections; close: the program sees them reset')
        .choices(['refuse', 'close'])
        .default('refuse'),
    )
    .addOption(
      new Option('--outside <what>', 'descriptors above 2 that lead to other processes: pipes, sockets, terminals, …')
        .choices(['refuse', 'drop', 'null', 'inherit'])
        .default('refuse'),
    )
    .addOption(
      new Option(
        '--fd <n=what>',
        'instead of carrying descriptor N: inherit, null, drop, or the path of a file; before --outside; repeatable',
      )
        .argParser(parseFd)
        .default({}, 'all are carried'),
    )
    .addOption(
      new Option('--cwd <which>', 'the working directory that the image enters; any: whichever has its path then')
        .choices(['same', 'any'])
        .default('same'),
    )
    .option(
      '--tell <address>',
      'for include/elfreeze.h: the word of the process that is told how it went',
      parseAddress,
    )
    .option('--json', 'print the result as JSON')
    .action(async (pid: number, options: FreezeCommandOptions) => {
      // By default a function is compiled when it is first called: most would be while the process stands still.
      setFlagsFromString('--no-lazy');
      const { freezeCommand } = await import('./freeze.ts');
      setFlagsFromString('--lazy');
      return freezeCommand(pid, options);
    });
  program
    .command('compare')
    .description('tell how process PID, stopped by ELFREEZE_STOP, differs from what FILE recorded')
    .argument('<file>', 'the image')
    .argument('<pid>', 'the process', parsePid)
    .option('--json', 'print the result as JSON')
    .action(async (file: string, pid: number, options: { readonly json?: boolean }) =>
      (await import('./compare.ts')).compareCommand(file, pid, options),
    );
  program
    .command('inspect')
    .description('show what a process or an image is: mappings, segments, sections, break, threads, descriptors')
    .argument('<target>', 'a pid, or the path of an image')
    .option('--program', "print an image's restore steps as strace would")
    .option('--verify', 'compare all that an image loads with its checksums')
    .option('--json', 'print it as JSON')
    .action(async (target: string, options: InspectCommandOptions) =>
      (await import('./inspect.ts')).inspectCommand(target, options),
    );
  program
    .command('predict')
    .description('tell what the kernel would do with an ELF file: its error, or what it maps where, and the break')
    .argument('[elf]', 'any file')
    .option('--kernel <release>', 'for instance 6.12, 5.10.223 or 6.1-i386 (default: the running one)')
    .option('--no-aslr', 'as with ADDR_NO_RANDOMIZE')
    .option('--rules', 'list what the kernel does, since when, and where that can be read')
    .option('--json', 'print it as JSON')
    .action(async (elf: string | undefined, options: PredictCommandOptions) =>
      (await import('./predict.ts')).predictCommand(elf, options),
    );
  program
    .command('doctor')
    .description('what this host allows, each no with its remedy')
    .option('--json', 'print it as JSON')
    .action(async (options: DoctorCommandOptions) => (await import('./doctor.ts')).doctorCommand(options));
  return program;
}

function parseAddress(text: string): bigint {
  if (!/^0x[\da-f]{1,16}$/.test(text)) throw new InvalidArgumentError('an address is 0x and hexadecimal digits');
  return BigInt(text);
}

function parsePid(text: string): number {
  const pid = Number(text);
  if (!/^\d+$/.test(text) || pid < 1 || pid > 0x7fff_ffff) throw new InvalidArgumentError('a pid is a positive number');
  return pid;
}

function parseFd(text: string, others: Readonly<Record<number, string>>): Record<number, string> {
  const [, fd, what] = /^(\d{1,9})=(.+)$/s.exec(text) ?? [];
  if (fd === undefined || what === undefined)
    throw new InvalidArgumentError('it reads N=inherit, N=null, N=drop or N=PATH');
  return { ...others, [Number(fd)]: what };
}
