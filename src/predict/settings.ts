import { DEFAULT_CONDITIONS, type ExecConditions } from './conditions.ts';
import { type Kernel, parseKernel } from './kernel.ts';

/** Files of /proc that tell what execve of a process there goes by. */
export const SETTING_FILES = [
  'version',
  'version_signature',
  'cpuinfo',
  'meminfo',
  'self/status',
  'self/limits',
  'self/environ',
  'self/personality',
  'sys/kernel/randomize_va_space',
  'sys/kernel/arch',
  'sys/vm/mmap_min_addr',
  'sys/vm/mmap_rnd_bits',
  'sys/vm/mmap_rnd_compat_bits',
  'sys/vm/overcommit_memory',
] as const;

/** Contents by name; empty where a kernel has no such file, or does not show it. */
export type SettingTexts = Readonly<Record<(typeof SETTING_FILES)[number], string>>;

/** Of a process that reads its own files. */
export function parseConditions(texts: SettingTexts): ExecConditions {
  const number = (name: keyof SettingTexts, otherwise: number): number => Number(texts[name].trim() || otherwise);
  const capabilities = BigInt(`0x${/^CapEff:\s+(\S+)/m.exec(texts['self/status'])?.[1] ?? '0'}`);
  const bits64 = number('sys/vm/mmap_rnd_bits', DEFAULT_CONDITIONS.randomBits[64]);
  const hasBoth = texts['sys/vm/mmap_rnd_compat_bits'] !== '';
  return {
    ...DEFAULT_CONDITIONS,
    randomize: Math.min(2, number('sys/kernel/randomize_va_space', 2)) as 0 | 1 | 2,
    personality: Number.parseInt(texts['self/personality'] || '0', 16),
    mmapMinAddr: (capabilities & CAP_SYS_RAWIO) === 0n ? lowestAddress(texts) : 0n,
    stackLimit: limitOf(texts['self/limits'], 'Max stack size'),
    addressSpaceLimit: limitOf(texts['self/limits'], 'Max address space'),
    dataLimit: limitOf(texts['self/limits'], 'Max data size'),
    memory:
      texts['sys/vm/overcommit_memory'].trim() === '0'
        ? bytesOf(texts, 'MemTotal') + bytesOf(texts, 'SwapTotal')
        : undefined,
    // A 32-bit kernel has one setting, for 32-bit programs.
    randomBits: { 32: hasBoth ? number('sys/vm/mmap_rnd_compat_bits', 8) : bits64, 64: bits64 },
    la57: /^flags.*\bla57\b/m.test(texts.cpuinfo),
    argBytes: BigInt(texts['self/environ'].length),
  };
}

const CAP_SYS_RAWIO = 1n << 17n;

/** vm.mmap_min_addr, which holds for who has no privilege. */
export const lowestAddress = (texts: SettingTexts): bigint =>
  BigInt(texts['sys/vm/mmap_min_addr'].trim() || DEFAULT_CONDITIONS.mmapMinAddr);

function limitOf(limits: string, name: string): bigint | undefined {
  const soft = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : BigInt(soft);
}

const bytesOf = ({ meminfo }: SettingTexts, name: string): bigint =>
  BigInt(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0) << 10n;

/** The running kernel: distributions write its stable number elsewhere than in its release. */
export function parseRunningKernel(texts: SettingTexts): Kernel {
  const release = /^Linux version (\S+)/.exec(texts.version)?.[1] ?? '';
  const debian = /#\d.*\bDebian (\d+\.\d+\.\d+)/.exec(texts.version)?.[1];
  const ubuntu = /^Ubuntu \S+ (\S+)/.exec(texts.version_signature)?.[1];
  const is32 = /^i[36]86$/.test(texts['sys/kernel/arch'].trim()) || /686|i386/.test(release);
  return { ...parseKernel(debian ?? ubuntu ?? release), arch: is32 ? 'i386' : 'amd64' };
}
