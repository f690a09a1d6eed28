import { freezeProcess } from '../freeze.ts';
import { printName } from '../base/names.ts';
import { toJson } from '../snapshot/json.ts';
import { formatSize } from './terminal.ts';
import { Progress } from './progress.ts';
import { telling } from './tell.ts';

export interface FreezeCommandOptions {
  readonly output?: string;
  readonly kill?: boolean;
  readonly check?: boolean;
  readonly lazy?: boolean;
  readonly brk: 'prctl' | 'layout';
  readonly stdio: 'caller' | 'reopen';
  readonly tcp: 'refuse' | 'close';
  readonly outside: 'refuse' | 'drop' | 'null' | 'inherit';
  readonly cwd: 'same' | 'any';
  readonly fd: Readonly<Record<number, string>>;
  readonly tell?: bigint;
  readonly json?: boolean;
}

export async function freezeCommand(pid: number, { json, fd, ...options }: FreezeCommandOptions): Promise<void> {
  using progress = new Progress(process.stderr);
  const onProgress = (written: bigint, total: bigint): void =>
    progress.show(`${formatSize(written)} of ${formatSize(total)}`);
  const told = { pid, address: options.tell, ends: options.kill ?? false };
  const frozen = await telling(told, () => freezeProcess(pid, { ...options, fds: fd }, onProgress));
  progress.clear();
  for (const warning of frozen.warnings) console.warn(`elfreeze: warning: ${printName(warning)}`);
  if (json) return console.log(toJson(frozen));
  const stood = frozen.stoodStillMs === undefined ? '' : `, stood still ${frozen.stoodStillMs.toFixed(1)} ms`;
  const checked = options.check && frozen.rehearsal ? `, can continue here` : '';
  console.log(
    `${printName(frozen.path)}: process ${pid}, ${frozen.mappings} mappings, ${frozen.memory >> 10n} KiB of memory${stood}${checked}`,
  );
}
