/**
 * ISA extensions that a C library picks its string and math functions by, or that a compiler's dispatch asks for.
 * `name` as in /proc/cpuinfo, `tunable` as in GLIBC_TUNABLES' glibc.cpu.hwcaps. @source Intel SDM vol. 2, CPUID;
 * glibc sysdeps/x86/include/cpu-features.h
 */
export interface CpuFeature {
  readonly name: string;
  readonly tunable: string;
  readonly leaf: bigint;
  /** 0 eax, 1 ebx, 2 ecx, 3 edx. */
  readonly register: bigint;
  readonly bit: bigint;
  /** XCR0 bits that the kernel must have enabled. */
  readonly xcr0?: bigint;
}

const AVX = 0x6n;
const AVX512 = 0xe6n;

export const CPU_FEATURES: readonly CpuFeature[] = [
  { name: 'pni', tunable: 'SSE3', leaf: 1n, register: 2n, bit: 0n },
  { name: 'ssse3', tunable: 'SSSE3', leaf: 1n, register: 2n, bit: 9n },
  { name: 'fma', tunable: 'FMA', leaf: 1n, register: 2n, bit: 12n, xcr0: AVX },
  { name: 'sse4_1', tunable: 'SSE4_1', leaf: 1n, register: 2n, bit: 19n },
  { name: 'sse4_2', tunable: 'SSE4_2', leaf: 1n, register: 2n, bit: 20n },
  { name: 'movbe', tunable: 'MOVBE', leaf: 1n, register: 2n, bit: 22n },
  { name: 'popcnt', tunable: 'POPCNT', leaf: 1n, register: 2n, bit: 23n },
  { name: 'xsave', tunable: 'XSAVE', leaf: 1n, register: 2n, bit: 26n },
  { name: 'avx', tunable: 'AVX', leaf: 1n, register: 2n, bit: 28n, xcr0: AVX },
  { name: 'f16c', tunable: 'F16C', leaf: 1n, register: 2n, bit: 29n, xcr0: AVX },
  { name: 'bmi1', tunable: 'BMI1', leaf: 7n, register: 1n, bit: 3n },
  { name: 'avx2', tunable: 'AVX2', leaf: 7n, register: 1n, bit: 5n, xcr0: AVX },
  { name: 'bmi2', tunable: 'BMI2', leaf: 7n, register: 1n, bit: 8n },
  { name: 'rtm', tunable: 'RTM', leaf: 7n, register: 1n, bit: 11n },
  { name: 'avx512f', tunable: 'AVX512F', leaf: 7n, register: 1n, bit: 16n, xcr0: AVX512 },
  { name: 'avx512dq', tunable: 'AVX512DQ', leaf: 7n, register: 1n, bit: 17n, xcr0: AVX512 },
  { name: 'avx512cd', tunable: 'AVX512CD', leaf: 7n, register: 1n, bit: 28n, xcr0: AVX512 },
  { name: 'avx512bw', tunable: 'AVX512BW', leaf: 7n, register: 1n, bit: 30n, xcr0: AVX512 },
  { name: 'avx512vl', tunable: 'AVX512VL', leaf: 7n, register: 1n, bit: 31n, xcr0: AVX512 },
  { name: 'abm', tunable: 'LZCNT', leaf: 0x8000_0001n, register: 2n, bit: 5n },
];

/**
 * The features that code in a process may rely on: all that its machine has, but for those that the user took away
 * from the C library with GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,….
 */
export function requiredFeatures(cpuinfo: string, environment: readonly string[]): string[] {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  const tunables = environment.find((entry) => entry.startsWith('GLIBC_TUNABLES='));
  const hwcaps = /glibc\.cpu\.hwcaps=([^:]*)/.exec(tunables ?? '')?.[1]?.split(',') ?? [];
  const disabled = new Set(
    hwcaps
      .filter((name) => name.startsWith('-'))
      .map((name) =>
        name
          .slice(1)
          .replace(/_Usable$/, '')
          .toUpperCase(),
      ),
  );
  return CPU_FEATURES.filter(({ name, tunable }) => flags.has(name) && !disabled.has(tunable)).map(({ name }) => name);
}
