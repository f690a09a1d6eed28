import type { Arch } from './arch.ts';
import { syscallColumn } from './syscalls.ts';

export const I386: Arch = {
  name: 'i386',
  elfClass: 32,
  machine: 3,
  wordSize: 4,
  registers: ['ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp', 'eax', 'ds', 'es', 'fs', 'gs', 'orig_eax', 'eip', 'cs', 'eflags', 'esp', 'ss'],
  ip: 'eip',
  sp: 'esp',
  ax: 'eax',
  origAx: 'orig_eax',
  args: ['ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'],
  syscalls: syscallColumn(1),
  syscallGadgets: [
    { bytes: [0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3], pops: 3 }, // the vdso's __kernel_vsyscall
    { bytes: [0xcd, 0x80, 0xc3], pops: 0 },
  ],
  sigreturnGadgets: [[0xb8, 0xad, 0, 0, 0, 0xcd, 0x80]],
  redZone: 0n,
  syscallLength: 2n,
  userEnd: 0xffff_e000n,
  frame: {
    ucontext: 144,
    mcontext: 20,
    sigmask: 108,
    end: 260,
    ucFlags: 1, // UC_FP_XSTATE
    fsaveHeader: 112,
    spBias: 4n,
    // @source struct sigcontext_32, arch/x86/include/uapi/asm/sigcontext.h
    fields: [
      ['gs', 4], ['fs', 4], ['es', 4], ['ds', 4], ['edi', 4], ['esi', 4], ['ebp', 4], ['esp', 4],
      ['ebx', 4], ['edx', 4], ['ecx', 4], ['eax', 4], [undefined, 4], [undefined, 4], ['eip', 4],
      ['cs', 4], ['eflags', 4], ['esp', 4], ['ss', 4], ['fpstate', 4], [undefined, 4], [undefined, 4],
    ],
  },
  // Stack top 0xff7fe000 … 0xffffe000 under a 64-bit kernel, 0xbf800000 … 0xc0000000 under a 32-bit one, which can only
  // take a process that ends below 0xc0000000 at all.
  stackZones: (highest) => [
    { start: 0xfeff_d000n, end: 0x1_0000_0000n },
    ...(highest <= 0xc000_0000n ? [{ start: 0xbeff_f000n, end: 0xc000_0000n }] : []),
  ],
  maxHeaders: 128,
};
