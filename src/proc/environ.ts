/**
 * Strings that each end in NUL, as in /proc/PID/environ and /proc/PID/cmdline. What a process wrote over that memory
 * may lack the last NUL, or be no UTF-8 (then it has U+FFFD here).
 * @source proc_pid_environ(5), proc_pid_cmdline(5)
 */
export function parseStrings(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
