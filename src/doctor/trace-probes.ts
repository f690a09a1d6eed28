import { parseMaps } from '../proc/maps.ts';
import { parseStatus, type Status } from '../proc/status.ts';
import { type Finding, type Host, no, ok, unknown } from './row.ts';

const CAP_SYS_PTRACE = 19n;
const PTRACE_PEEKDATA = 2;
const ENOSYS = -38;
const ESRCH = -3;
const EPERM = -1;

export function ownStatus({ text }: Host): Status | undefined {
  const status = text('/proc/self/status');
  return status === undefined ? undefined : parseStatus(status);
}

/** Yama and capabilities are looked up; whether a seccomp filter lets ptrace through is tried, on ourselves: that is refused otherwise. */
export async function probePtrace(host: Host): Promise<Finding> {
  const status = ownStatus(host);
  const capable = ((status?.capEff ?? 0n) >> CAP_SYS_PTRACE) & 1n;
  const tried = await host.call('ptrace', PTRACE_PEEKDATA, host.pid, 0, 0);
  if (tried === undefined) return unknown('no system call can be made');
  if (tried === EPERM || tried === ENOSYS) {
    const seccomp = status?.seccomp === 2 ? 'a seccomp filter forbids it' : `it fails with error ${-tried}`;
    return no(seccomp, 'in a container: run it with --cap-add SYS_PTRACE or --security-opt seccomp=unconfined');
  }
  if (tried !== ESRCH) return unknown(`it answers ${tried}`);
  const scope = host.text('/proc/sys/kernel/yama/ptrace_scope')?.trim() ?? '0';
  if (scope === '3')
    return no(
      'kernel.yama.ptrace_scope 3 forbids it until the next boot',
      'boot with kernel.yama.ptrace_scope=0 in /etc/sysctl.d',
    );
  if (capable) return ok('any process (CAP_SYS_PTRACE)');
  if (scope === '0') return ok('processes of the same user');
  return no(
    `kernel.yama.ptrace_scope ${scope}: not even processes of the same user`,
    scope === '1'
      ? 'sysctl kernel.yama.ptrace_scope=0, or run elfreeze as root'
      : 'run elfreeze as root, or sysctl kernel.yama.ptrace_scope=0',
  );
}

/** Memory without PROT_READ is read by force, which the kernel may restrict. @source Documentation/admin-guide/kernel-parameters.txt proc_mem.force_override, v6.12 */
export function probeMemory({ text, readOwnMemory }: Host): Finding {
  const hidden = parseMaps(text('/proc/self/maps') ?? '').find(({ perms, path }) => perms === '---p' && path === '');
  if (!hidden) return unknown('this process has no unreadable memory to try it on');
  if (readOwnMemory(hidden.start)) return ok('forced reads of /proc/PID/mem work');
  const policy = /proc_mem\.force_override=(\w+)/.exec(text('/proc/cmdline') ?? '')?.[1];
  if (policy === 'never') return no('proc_mem.force_override=never', 'boot with proc_mem.force_override=ptrace');
  return unknown('forced reads of own memory are refused; to a tracer, which elfreeze is, they may be allowed');
}
