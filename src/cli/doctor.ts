import { diagnose, printDiagnosis } from '../doctor/doctor.ts';
import { thisHost } from '../doctor/host.ts';
import { linkOf } from '../sys/files.ts';
import { toJson } from '../snapshot/json.ts';
import { paintFor } from './terminal.ts';

export interface DoctorCommandOptions {
  readonly json?: boolean;
}

/** Exit status 1 where freezing or running does not work. */
export async function doctorCommand({ json = false }: DoctorCommandOptions): Promise<void> {
  const diagnosis = await diagnose(thisHost('.', linkOf('/proc/self/cwd')));
  if (json) console.log(toJson(diagnosis));
  else console.log(printDiagnosis(diagnosis, paintFor(process.stdout)).join('\n'));
  if (!diagnosis.ok) process.exitCode = 1;
}
