import { decodeName } from '../base/names.ts';

/**
 * Strings that each end in NUL, as in /proc/PID/environ and /proc/PID/cmdline. What a process wrote over that memory
 * may lack the last NUL.
 * @source proc_pid_environ(5), proc_pid_cmdline(5)
 */
export function parseStrings(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const text = decodeName(bytes);
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
