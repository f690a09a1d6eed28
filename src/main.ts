import { buildCli } from './cli/cli.ts';
import { fail } from './cli/fail.ts';

void buildCli().parseAsync().catch(fail);
