import { ElfreezeError } from '../../base/errors.ts';
import { hasLandlock } from '../../sys/processes.ts';
import type { Asked, Question } from '../borrow/ask.ts';

/** A thread can be under so many rulesets. @source Documentation/userspace-api/landlock.rst "Ruleset layers" */
const MOST_LAYERS = 16;
const PR_SET_NO_NEW_PRIVS = 38n;
const E2BIG = 7n;
/** struct landlock_ruleset_attr of every version begins with handled_access_fs: here, making block devices. */
const RULESET = Buffer.from(new BigUint64Array([1n << 11n]).buffer);

const call = (name: Question<bigint>['call'], args: readonly bigint[]): Question<bigint> => ({
  call: name,
  args: () => args,
  answer: (result) => result,
});

/**
 * Whether Landlock restricts who is asked. The kernel does not report it, but a restricted one can be put under fewer rulesets more.
 * @param asked has no rights to lose: it is restricted from then on
 */
export function isRestricted(asked: Asked): boolean {
  if (!hasLandlock()) return false;
  const [ruleset = -1n] = asked.ask([
    { call: 'landlock_create_ruleset', data: RULESET, args: (room) => [room, 8n, 0n], answer: (result) => result },
  ]);
  const layers = Array.from({ length: MOST_LAYERS }, () => call('landlock_restrict_self', [ruleset, 0n]));
  const results = asked.ask([
    call('prctl', [PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n]),
    ...layers,
    call('close', [ruleset]),
  ]);
  const failed = results.find((result) => result < 0n);
  if (failed !== undefined && failed !== -E2BIG)
    throw new ElfreezeError('SYSCALL_FAILED', `ask whether Landlock restricts the process (errno ${-failed})`);
  return failed !== undefined;
}

/** @param asked loses rights by it @throws UNSUPPORTED */
export function refuseRestricted(asked: Asked, pid: number, tid: number): void {
  const name = tid === pid ? '' : `, thread ${tid}`;
  if (isRestricted(asked)) throw new ElfreezeError('UNSUPPORTED', `process ${pid}${name} → restricted by Landlock`);
}
