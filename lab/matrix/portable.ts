/**
 * What a processor may have that others lack, QEMU's TCG among them, and glibc picks its functions by: flags of /proc/cpuinfo, with glibc's
 * names for them. @source glibc sysdeps/x86/cpu-tunables.c
 */
const MORE_THAN_COMMON: Readonly<Record<string, string>> = {
  avx512f: 'AVX512F',
  avx512dq: 'AVX512DQ',
  avx512cd: 'AVX512CD',
  avx512bw: 'AVX512BW',
  avx512vl: 'AVX512VL',
  rtm: 'RTM',
};

/** The portable setting: a process that is started with it does without them, and its image runs where they are not. */
export const PORTABLE = {
  GLIBC_TUNABLES: `glibc.cpu.hwcaps=${Object.values(MORE_THAN_COMMON)
    .map((name) => `-${name}`)
    .join(',')}`,
} as const;

/** What a process may rely on that was started without the portable setting on the one processor, and the other lacks. */
export const lackingFeatures = (was: ReadonlySet<string>, is: ReadonlySet<string>): string[] =>
  Object.keys(MORE_THAN_COMMON).filter((name) => was.has(name) && !is.has(name));
