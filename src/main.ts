import { buildCli } from './cli/cli.ts';
import { fail } from './cli/fail.ts';

buildCli().parseAsync().catch(fail);
