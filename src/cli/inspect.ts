import { inspect } from '../inspect/inspect.ts';
import { printReport } from '../inspect/print.ts';
import { toJson } from '../snapshot/json.ts';
import { paintFor } from './terminal.ts';

export interface InspectCommandOptions {
  readonly program?: boolean;
  readonly verify?: boolean;
  readonly json?: boolean;
}

/** @param target digits are a pid; a file of that name is `./123` */
export function inspectCommand(
  target: string,
  { program = false, verify = false, json = false }: InspectCommandOptions,
): void {
  const isPid = /^[1-9]\d{0,9}$/.test(target);
  const report = inspect(isPid ? Number(target) : target, { program, verify });
  if (json) return console.log(toJson(report));
  console.log(printReport(report, paintFor(process.stdout)).join('\n'));
}
