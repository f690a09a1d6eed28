import { ElfreezeError } from '../base/errors.ts';

const decimal = (text: string): number => (/^-?\d+$/.test(text) ? Number(text) : Number.NaN);
const octal = (text: string): number => (/^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN);
const mask = (text: string): bigint | undefined => (/^[0-9a-f]+$/.test(text) ? BigInt(`0x${text}`) : undefined);
const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const decimals = (text: string): number[] => words(text).map(decimal);
const flag = (text: string): boolean | undefined => ({ 0: false, 1: true })[text];
/** Real, effective, saved, file system. */
const ids = (text: string): [number, number, number, number] | undefined => {
  const four = decimals(text);
  return four.length === 4 ? (four as [number, number, number, number]) : undefined;
};

interface Row<T> {
  readonly line: string;
  /** Undefined, NaN or an array with NaN: not understood. */
  readonly parse: (text: string) => T | undefined;
  /** Which kernels print the line, and its value where they do not. Without this, all do. */
  readonly optional?: { readonly since: string; readonly absent: T };
}

const required = <T>(line: string, parse: Row<T>['parse']): Row<T> => ({ line, parse });
const optional = <T>(line: string, since: string, absent: T, parse: Row<NonNullable<T>>['parse']): Row<T> => ({
  line,
  parse,
  optional: { since, absent },
});

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** Lines of /proc/PID/status that anybody here asks for. @source proc_pid_status(5); fs/proc/array.c, arch/x86/kernel/cpu/proc.c, v6.18 */
const ROWS = {
  name: required('Name', (text) => text.replace(/\\([n\\])/g, (_, letter) => (letter === 'n' ? '\n' : '\\'))),
  umask: optional<number | undefined>(
    'Umask',
    '4.7; not for a process without a file system, such as a zombie',
    undefined,
    octal,
  ),
  /** A letter, as in stat, and words: `t (tracing stop)`. */
  state: required('State', (text) => (/^[A-Za-z] \(.*\)$/.test(text) ? text : undefined)),
  tgid: required('Tgid', decimal),
  pid: required('Pid', decimal),
  ppid: required('PPid', decimal),
  tracerPid: required('TracerPid', decimal),
  uid: required('Uid', ids),
  gid: required('Gid', ids),
  groups: required('Groups', decimals),
  /** The pid in each namespace, the reader's first, its own last. Empty: a kernel without namespaces. */
  nsPid: optional<number[]>('NSpid', '4.1, CONFIG_PID_NS', [], decimals),
  kthread: optional<boolean | undefined>('Kthread', '6.8', undefined, flag),
  threads: required('Threads', decimal),
  /** KiB of locked memory. */
  vmLck: optional<number>('VmLck', '2.6; not for a process without memory, such as a zombie', 0, (text) =>
    decimal(text.replace(/ kB$/, '')),
  ),
  cpusAllowedList: required('Cpus_allowed_list', (text) => (/^[-\d,]+$/.test(text) ? text : undefined)),
  sigPnd: required('SigPnd', mask),
  shdPnd: required('ShdPnd', mask),
  sigBlk: required('SigBlk', mask),
  sigIgn: required('SigIgn', mask),
  sigCgt: required('SigCgt', mask),
  capInh: required('CapInh', mask),
  capPrm: required('CapPrm', mask),
  capEff: required('CapEff', mask),
  capBnd: required('CapBnd', mask),
  capAmb: optional<bigint>('CapAmb', '4.3', 0n, mask),
  noNewPrivs: optional<boolean>('NoNewPrivs', '4.10', false, flag),
  /** SECCOMP_MODE_*: 0 off, 1 strict, 2 filter. */
  seccomp: optional<number>('Seccomp', '3.8, CONFIG_SECCOMP', 0, decimal),
  seccompFilters: optional<number | undefined>('Seccomp_filters', '5.9', undefined, decimal),
  speculationStoreBypass: optional<string | undefined>('Speculation_Store_Bypass', '4.17', undefined, (text) => text),
  speculationIndirectBranch: optional<string | undefined>(
    'SpeculationIndirectBranch',
    '5.10',
    undefined,
    (text) => text,
  ),
  /** Bits of an address that count; all of them without address tags (LAM). */
  untagMask: optional<bigint>('untag_mask', '6.4, CONFIG_ADDRESS_MASKING', ALL_BITS, (text) =>
    mask(text.replace(/^0x/, '')),
  ),
  /** `shstk`, `wrss`. Empty on processors without. */
  x86ThreadFeatures: optional<string[]>('x86_Thread_features', '6.6, CONFIG_X86_USER_SHADOW_STACK', [], words),
  x86ThreadFeaturesLocked: optional<string[]>(
    'x86_Thread_features_locked',
    '6.6, CONFIG_X86_USER_SHADOW_STACK',
    [],
    words,
  ),
} as const;

type Value<R> = R extends Row<infer T> ? T : never;
export type Status = { readonly [Name in keyof typeof ROWS]: Value<(typeof ROWS)[Name]> };

/**
 * /proc/PID/status. Lines of later kernels are left out; those that an older one lacks have the default of their row.
 * @throws PROC_UNPARSABLE quoting the line, or naming the one that is missing
 * @source proc_pid_status(5)
 */
export function parseStatus(text: string): Status {
  const lines = new Map(text.split('\n').map((line) => [line.split(':', 1)[0]!, line]));
  const entries = Object.entries<Row<unknown>>(ROWS).map(([name, row]) => [name, valueOf(row, lines.get(row.line))]);
  return Object.fromEntries(entries) as Status;
}

function valueOf({ line: label, parse, optional: fallback }: Row<unknown>, line: string | undefined): unknown {
  if (line === undefined) {
    if (fallback) return fallback.absent;
    throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/status has no line "${label}:"`);
  }
  const value = parse(line.slice(label.length + 1).trim());
  const understood = value !== undefined && ![value].flat().some(Number.isNaN);
  if (!understood) throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/status says "${line}"`);
  return value;
}
