import { buildCli } from './cli/cli.ts';
import { fail } from './cli/fail.ts';

try {
  await buildCli().parseAsync();
} catch (error) {
  fail(error);
}
