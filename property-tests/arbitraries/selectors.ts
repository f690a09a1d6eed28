/** Selectors of user space under a 64-bit kernel. @source arch/x86/include/asm/segment.h */
export const SELECTORS = {
  'x86-64': { cs: 0x33n, ss: 0x2bn, ds: 0n, es: 0n, fs: 0n, gs: 0n },
  i386: { cs: 0x23n, ss: 0x2bn, ds: 0x2bn, es: 0x2bn, fs: 0n, gs: 0n },
} as const;
