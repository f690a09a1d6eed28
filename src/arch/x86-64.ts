import type { Arch } from './arch.ts';
import { syscallColumn } from './syscalls.ts';

export const X86_64: Arch = {
  name: 'x86-64',
  elfClass: 64,
  machine: 62,
  wordSize: 8,
  registers: [
    'r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi',
    'orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs',
  ],
  ip: 'rip',
  sp: 'rsp',
  ax: 'rax',
  origAx: 'orig_rax',
  args: ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'],
  syscalls: syscallColumn(0),
  syscallGadgets: [{ bytes: [0x0f, 0x05, 0xc3], pops: 0 }],
  sigreturnGadgets: [
    [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05], // glibc, musl: mov $15, %rax; syscall
    [0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05],
  ],
  redZone: 128n,
  syscallLength: 2n,
  userEnd: 0x7fff_ffff_f000n,
  frame: {
    ucontext: 8,
    mcontext: 40,
    sigmask: 296,
    end: 312,
    ucFlags: 7, // UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
    fsaveHeader: 0,
    spBias: 8n,
    // @source struct sigcontext_64, arch/x86/include/uapi/asm/sigcontext.h
    fields: [
      ['r8', 8], ['r9', 8], ['r10', 8], ['r11', 8], ['r12', 8], ['r13', 8], ['r14', 8], ['r15', 8],
      ['rdi', 8], ['rsi', 8], ['rbp', 8], ['rbx', 8], ['rdx', 8], ['rax', 8], ['rcx', 8], ['rsp', 8],
      ['rip', 8], ['eflags', 8], ['cs', 2], [undefined, 2], [undefined, 2], ['ss', 2],
      [undefined, 8], [undefined, 8], [undefined, 8], [undefined, 8], ['fpstate', 8],
    ],
  },
  // Stack top 0x7ffbfffff000 … 0x7ffffffff000; arguments take up to 6 MiB below it. @source fs/exec.c, arch/x86/mm/mmap.c
  stackZones: () => [{ start: 0x7ffb_ff7f_f000n, end: 0x8000_0000_0000n }],
  maxHeaders: 73,
};
