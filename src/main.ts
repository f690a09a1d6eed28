import { commandWords } from './cli/words.ts';
import { buildCli } from './cli/cli.ts';
import { fail } from './cli/fail.ts';

process.argv.splice(2, Infinity, ...commandWords());
void buildCli().parseAsync().catch(fail);
