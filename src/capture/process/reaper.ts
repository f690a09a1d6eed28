import { parseStatus } from '../../proc/status.ts';
import { namespaceOf, otherProcesses } from '../../sys/processes.ts';
import { procText } from '../../sys/procfs.ts';

/** The first pid namespace of a machine. @source include/linux/proc_ns.h PROC_PID_INIT_INO; PID_NS_INIT_INO since 6.18 */
const INITIAL = 'pid:[4026531836]';
const SIGCHLD = 17n;

/** Programs that, as pid 1, wait for every process that is left to them, by the names of their processes. */
const INITS: ReadonlySet<string> = new Set([
  'init', // sysvinit, BusyBox, OpenRC, runit
  'systemd',
  'docker-init', // docker run --init
  'podman-init', // podman run --init
  'catatonit',
  'tini',
  'tini-static',
  'dumb-init',
  's6-svscan',
  'runit',
]);

/**
 * Whether pid 1 of the process's pid namespace may be left a dead copy. Of a machine that is what pid 1 is for. That of a container is often
 * an application: it would get a SIGCHLD, and would keep a zombie for ever.
 */
export function isOrphanReaped(pid: number): boolean {
  const namespace = namespaceOf(pid, 'pid');
  if (namespace === INITIAL) return true;
  if (namespace === undefined) return false;
  const init = firstOf(pid, namespace);
  return init !== undefined && (INITS.has(init.name) || ignoresChildren(init.sigIgn));
}

/** The kernel then reaps by itself, and sends nothing. @source kernel/signal.c do_notify_parent */
const ignoresChildren = (sigIgn: bigint): boolean => (sigIgn & (1n << (SIGCHLD - 1n))) !== 0n;

/** @returns undefined when it cannot be seen from here */
function firstOf(pid: number, namespace: string): { name: string; sigIgn: bigint } | undefined {
  for (const candidate of otherProcesses([pid])) {
    try {
      if (namespaceOf(candidate, 'pid') !== namespace) continue;
      const status = parseStatus(procText(candidate, 'status'));
      if (status.nsPid.at(-1) === 1) return status;
    } catch {
      continue; // it has ended meanwhile
    }
  }
  return undefined;
}
