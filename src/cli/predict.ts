import { statSync } from 'node:fs';
import { ElfreezeError } from '../base/errors.ts';
import { encodeName } from '../base/names.ts';
import type { RandomAccess } from '../elf/access.ts';
import { isRandomised, PERSONALITY, type ExecConditions } from '../predict/conditions.ts';
import type { Errno } from '../predict/exec.ts';
import { type Kernel, parseKernel } from '../predict/kernel.ts';
import { predict } from '../predict/predict.ts';
import { printPrediction, printRules } from './print-prediction.ts';
import { parseConditions, parseRunningKernel, type SettingTexts } from '../predict/settings.ts';
import { RULE_IDS, RULES, rulesOf } from '../predict/rules.ts';
import { toJson } from '../snapshot/json.ts';
import { readSettings } from '../sys/exec-settings.ts';
import { openForReading, statOf } from '../sys/files.ts';
import { runsIa32 } from '../sys/tiny-program.ts';

export interface PredictCommandOptions {
  readonly kernel?: string;
  readonly aslr: boolean;
  readonly rules?: boolean;
  readonly json?: boolean;
}

/** Exit status 0 whatever the kernel would do with the file: that is the answer. */
export function predictCommand(path: string | undefined, options: PredictCommandOptions): void {
  const settings = readSettings();
  const kernel = options.kernel === undefined ? runningKernel(settings) : parseKernel(options.kernel);
  if (options.rules) return listRules(kernel, options);
  if (path === undefined) throw new ElfreezeError('USAGE', 'predict needs a file, or --rules');
  const conditions = conditionsFor(settings, options);
  using file = openProgram(path);
  const opened: Disposable[] = [];
  try {
    const openInterpreter = (name: string): RandomAccess | Errno => {
      const interpreter = openExecutable(name);
      if (typeof interpreter !== 'string') opened.push(interpreter);
      return interpreter;
    };
    const prediction = predict(file, { kernel, conditions, openInterpreter });
    if (options.json) return console.log(toJson({ kernel, randomised: isRandomised(conditions), ...prediction }));
    console.log(printPrediction(prediction, { path, kernel, randomised: isRandomised(conditions) }).join('\n'));
  } finally {
    for (const each of opened) each[Symbol.dispose]();
  }
}

function listRules(kernel: Kernel, { json = false }: PredictCommandOptions): void {
  const holds = rulesOf(kernel);
  if (json) console.log(toJson({ kernel, rules: RULE_IDS.map((id) => ({ id, holds: holds[id], ...RULES[id] })) }));
  else console.log(printRules(kernel).join('\n'));
}

const runningKernel = (settings: SettingTexts): Kernel => ({ ...parseRunningKernel(settings), ia32: runsIa32() });

/** As this shell would execute it. On another kernel its settings are taken to be the same. */
function conditionsFor(settings: SettingTexts, { aslr }: PredictCommandOptions): ExecConditions {
  const conditions = parseConditions(settings);
  const { personality } = conditions;
  return aslr ? conditions : { ...conditions, personality: personality | PERSONALITY.ADDR_NO_RANDOMIZE };
}

function openProgram(path: string): RandomAccess & Disposable {
  if (statOf(path)?.isFile() !== true) throw new ElfreezeError('NO_SUCH_FILE', `${path} is no file`);
  return openForReading(path);
}

function openExecutable(path: string): (RandomAccess & Disposable) | Errno {
  const stat = statSync(encodeName(path), { throwIfNoEntry: false });
  if (!stat) return 'ENOENT';
  return stat.isFile() && (stat.mode & 0o111) !== 0 ? openForReading(path) : 'EACCES';
}
