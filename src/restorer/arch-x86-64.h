/* x86-64: call numbers, ELF records and the pieces of assembly that C cannot say. Numbers: arch/x86/entry/syscalls/syscall_64.tbl */
enum {
	NR_read = 0, NR_write = 1, NR_close = 3, NR_mmap = 9, NR_mprotect = 10, NR_munmap = 11, NR_rt_sigaction = 13, NR_rt_sigprocmask = 14,
	NR_rt_sigreturn = 15, NR_mremap = 25, NR_getpid = 39, NR_socketpair = 53, NR_clone = 56, NR_wait4 = 61, NR_kill = 62,
	NR_ptrace = 101, NR_geteuid = 107, NR_getegid = 108, NR_rt_sigtimedwait = 128, NR_rt_sigqueueinfo = 129, NR_prctl = 157,
	NR_futex = 202, NR_exit_group = 231, NR_tgkill = 234, NR_waitid = 247, NR_openat = 257, NR_unshare = 272, NR_dup3 = 292,
	NR_pipe2 = 293, NR_prlimit64 = 302, NR_clone3 = 435, NR_close_range = 436,
};
enum { REGISTERS_SIZE = 27 * 8 };	/* user_regs_struct, arch/x86/include/asm/user_64.h */

/* Elf64_*: elf(5) */
struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};
struct elf_symbol {
	u32 name;
	u8 info, other;
	u16 shndx;
	u64 value, size;
};

__asm__(
	".section .text.entry, \"ax\", @progbits\n"
	".globl entry\n"
	"entry:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call start\n"

	".text\n"
	".globl syscall6\n"	/* (nr, six arguments); the seventh parameter is on the stack */
	"syscall6:\n"
	"	movq %rdi, %rax\n"
	"	movq %rsi, %rdi\n"
	"	movq %rdx, %rsi\n"
	"	movq %rcx, %rdx\n"
	"	movq %r8, %r10\n"
	"	movq %r9, %r8\n"
	"	movq 8(%rsp), %r9\n"
	"	syscall\n"
	"	ret\n"

	".globl run_on_stack\n"	/* (program, flags, stack top) */
	"run_on_stack:\n"
	"	movq %rdx, %rsp\n"
	"	andq $-16, %rsp\n"
	"	call run\n"

	".globl jump_to_tail\n"	/* (tail, sp, start, length, gate) */
	"jump_to_tail:\n"
	"	movq %rdi, %rax\n"
	"	movq %r8, %r9\n"
	"	movq %rsi, %r8\n"
	"	movq %rdx, %rdi\n"
	"	movq %rcx, %rsi\n"
	"	jmp *%rax\n"

	/* (clone or clone3, its two arguments, program, flags, step): the new thread goes on in run_from(program, flags, step) */
	".globl clone_thread\n"
	"clone_thread:\n"
	"	movl %edi, %eax\n"
	"	movq %rsi, %rdi\n"
	"	movq %rdx, %rsi\n"
	"	movq %rcx, %rdx\n"
	"	syscall\n"
	"	testq %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xorl %ebp, %ebp\n"
	"	movq %rdx, %rdi\n"
	"	movq %r8, %rsi\n"
	"	movq %r9, %rdx\n"
	"	andq $-16, %rsp\n"
	"	call run_from\n"

	/* Whatever neither a system call clobbers nor the tail uses is the thread's own from here. */
	".globl park\n"	/* (registers, go, gate, tail) */
	"park:\n"
	"	pushq 144(%rdi)\n"
	"	popfq\n"
	"	movq (%rdi), %r15\n"
	"	movq 8(%rdi), %r14\n"
	"	movq 16(%rdi), %r13\n"
	"	movq 24(%rdi), %r12\n"
	"	movq 32(%rdi), %rbp\n"
	"	movq 40(%rdi), %rbx\n"
	"	movq 64(%rdi), %r9\n"
	"	movq 152(%rdi), %rsp\n"
	"	movq %rsi, %r8\n"
	"	movq %rdx, %rdi\n"
	"	leaq thread_tail - tail_start(%rcx), %rcx\n"
	"	jmp *%rcx\n"

	/*
	 * Copied by the builder to memory that stays. Uses no stack but the frame: rdi, rsi = what to unmap, r8 = the signal frame,
	 * r9 = the gate behind which the other threads wait, or 0.
	 */
	".globl tail_start, tail_end\n"
	"tail_start:\n"
	"	testq %rsi, %rsi\n"
	"	jz 1f\n"
	"	movl $11, %eax\n"	/* munmap */
	"	syscall\n"
	"	testl %eax, %eax\n"
	"	jnz 2f\n"
	"1:	testq %r9, %r9\n"
	"	jz 3f\n"
	"	movl $1, (%r9)\n"
	"	movq %r9, %rdi\n"
	"	movl $129, %esi\n"	/* FUTEX_WAKE_PRIVATE */
	"	movl $0x7fffffff, %edx\n"
	"	movl $202, %eax\n"	/* futex */
	"	syscall\n"
	"3:	movq %r8, %rsp\n"
	"	movl 176(%rsp), %eax\n"	/* eflags in the frame: rt_sigreturn restores all of them but ID */
	"	andl $0x200000, %eax\n"
	"	pushq %rax\n"	/* over the frame's first word, the handler's return address, which nobody reads */
	"	popfq\n"
	"	movl $15, %eax\n"	/* rt_sigreturn */
	"	syscall\n"
	"2:	movl $126, %edi\n"
	"	movl $231, %eax\n"	/* exit_group */
	"	syscall\n"
	"	ud2\n"

	/*
	 * Where any other thread waits until the gate opens: rdi = the gate, r8 = the code that loads what is changed here. The flags
	 * are the thread's own, so nothing here changes any.
	 */
	"thread_tail:\n"
	"	movl $1, 4(%rdi)\n"	/* off the restorer's stack */
	"	leaq 4(%rdi), %rdi\n"
	"	movl $129, %esi\n"	/* FUTEX_WAKE_PRIVATE */
	"	movl $1, %edx\n"
	"	movl $202, %eax\n"
	"	syscall\n"
	"	leaq -4(%rdi), %rdi\n"
	"	movl $128, %esi\n"	/* FUTEX_WAIT_PRIVATE */
	"	movl $0, %edx\n"
	"	movl $0, %r10d\n"
	"4:	movl (%rdi), %ecx\n"
	"	jrcxz 5f\n"
	"	movl $2, %edi\n"	/* SIG_SETMASK */
	"	leaq -8(%r8), %rsi\n"	/* the mask lies before the code */
	"	movl $8, %r10d\n"
	"	movl $14, %eax\n"	/* rt_sigprocmask */
	"	syscall\n"
	"	jmp *%r8\n"
	"5:	movl $202, %eax\n"
	"	syscall\n"
	"	jmp 4b\n"
	"tail_end:\n");

/* Writes a jump from `at` to `target`: e9 rel32 where that reaches, else through the 8 bytes that follow ff 25 00000000. */
static void write_jump(u8 *at, word target)
{
	long distance = target - ((word)at + 5);

	if (distance == (int)distance) {
		at[0] = 0xe9;
		*(int_unaligned *)(at + 1) = distance;
	} else {
		at[0] = 0xff;
		at[1] = 0x25;
		*(int_unaligned *)(at + 2) = 0;
		*(word_unaligned *)(at + 6) = target;
	}
}
