const EVENT_CLONE = 3;
const EVENT_EXEC = 4;
const EVENT_STOP = 128;
const SIGTRAP = 5;

/** Why a tracee stopped, @source ptrace(2) "Stopped states". */
export type Stop =
  | { readonly kind: 'syscall' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'group-stop'; readonly signal: number }
  | { readonly kind: 'clone' }
  | { readonly kind: 'exec' }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'gone' };

/** @param status si_status: the signal, and the event above it */
export function decodeStop(status: number): Stop {
  const signal = status & 0xff;
  const event = status >> 8;
  if (signal === (SIGTRAP | 0x80)) return { kind: 'syscall' };
  if (event === EVENT_CLONE) return { kind: 'clone' };
  if (event === EVENT_EXEC) return { kind: 'exec' };
  if (event === EVENT_STOP) return signal === SIGTRAP ? { kind: 'interrupt' } : { kind: 'group-stop', signal };
  return { kind: 'signal', signal };
}
