/*
 * i386: call numbers, ELF records and the pieces of assembly that C cannot say. Numbers: arch/x86/entry/syscalls/syscall_32.tbl
 * Calls go by int $0x80, never through the vdso, because the restorer moves the vdso.
 */
enum {
	NR_read = 3, NR_write = 4, NR_close = 6, NR_getpid = 20, NR_ptrace = 26, NR_kill = 37, NR_munmap = 91, NR_mprotect = 125, NR_wait4 = 114,
	NR_clone = 120, NR_mremap = 163, NR_prctl = 172, NR_rt_sigreturn = 173, NR_rt_sigaction = 174, NR_rt_sigprocmask = 175,
	NR_rt_sigtimedwait = 177, NR_rt_sigqueueinfo = 178, NR_mmap = 192 /* mmap2 */, NR_geteuid = 201 /* geteuid32 */,
	NR_getegid = 202 /* getegid32 */, NR_futex = 240, NR_exit_group = 252, NR_tgkill = 270, NR_waitid = 284, NR_openat = 295,
	NR_unshare = 310, NR_dup3 = 330, NR_pipe2 = 331, NR_prlimit64 = 340, NR_socketpair = 360, NR_clone3 = 435, NR_close_range = 436,
};
enum { REGISTERS_SIZE = 17 * 4 };	/* user_regs_struct, arch/x86/include/asm/user_32.h */

/* Elf32_*: elf(5) */
struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version, entry, phoff, shoff, flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
	u32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};
struct elf_symbol {
	u32 name, value, size;
	u8 info, other;
	u16 shndx;
};

__asm__(
	".section .text.entry, \"ax\", @progbits\n"
	".globl entry\n"
	"entry:\n"
	"	xorl %ebp, %ebp\n"
	"	movl %esp, %eax\n"
	"	andl $-16, %esp\n"
	"	subl $12, %esp\n"
	"	pushl %eax\n"
	"	call start\n"

	".text\n"
	".globl syscall6\n"	/* (nr, six arguments) */
	"syscall6:\n"
	"	pushl %ebp\n"
	"	pushl %edi\n"
	"	pushl %esi\n"
	"	pushl %ebx\n"
	"	movl 20(%esp), %eax\n"
	"	movl 24(%esp), %ebx\n"
	"	movl 28(%esp), %ecx\n"
	"	movl 32(%esp), %edx\n"
	"	movl 36(%esp), %esi\n"
	"	movl 40(%esp), %edi\n"
	"	movl 44(%esp), %ebp\n"
	"	int $0x80\n"
	"	popl %ebx\n"
	"	popl %esi\n"
	"	popl %edi\n"
	"	popl %ebp\n"
	"	ret\n"

	".globl run_on_stack\n"	/* (program, flags, stack top) */
	"run_on_stack:\n"
	"	movl 4(%esp), %eax\n"
	"	movl 8(%esp), %ecx\n"
	"	movl 12(%esp), %esp\n"
	"	andl $-16, %esp\n"
	"	subl $8, %esp\n"
	"	pushl %ecx\n"
	"	pushl %eax\n"
	"	call run\n"

	".globl jump_to_tail\n"	/* (tail, sp, start, length, gate) */
	"jump_to_tail:\n"
	"	movl 4(%esp), %eax\n"
	"	movl 8(%esp), %edx\n"
	"	movl 12(%esp), %ebx\n"
	"	movl 16(%esp), %ecx\n"
	"	movl 20(%esp), %esi\n"
	"	jmp *%eax\n"

	/* (clone or clone3, its two arguments, program, flags, step): the new thread goes on in run_from(program, flags, step) */
	".globl clone_thread\n"
	"clone_thread:\n"
	"	pushl %edi\n"
	"	pushl %esi\n"
	"	pushl %ebx\n"
	"	movl 16(%esp), %eax\n"
	"	movl 20(%esp), %ebx\n"
	"	movl 24(%esp), %ecx\n"
	"	movl 28(%esp), %edx\n"
	"	movl 32(%esp), %esi\n"
	"	movl 36(%esp), %edi\n"
	"	int $0x80\n"
	"	testl %eax, %eax\n"
	"	jz 1f\n"
	"	popl %ebx\n"
	"	popl %esi\n"
	"	popl %edi\n"
	"	ret\n"
	"1:	xorl %ebp, %ebp\n"
	"	andl $-16, %esp\n"
	"	subl $4, %esp\n"
	"	pushl %edi\n"
	"	pushl %esi\n"
	"	pushl %edx\n"
	"	call run_from\n"

	/* Whatever neither a system call clobbers nor the tail uses is the thread's own from here. */
	".globl park\n"	/* (registers, go, gate, tail) */
	"park:\n"
	"	movl 4(%esp), %eax\n"
	"	movl 8(%esp), %edi\n"
	"	movl 12(%esp), %ebx\n"
	"	movl 16(%esp), %edx\n"
	"	leal thread_tail - tail_start(%edx), %edx\n"
	"	movw 32(%eax), %es\n"
	"	movw 36(%eax), %fs\n"
	"	movw 40(%eax), %gs\n"
	"	pushl 56(%eax)\n"
	"	popfl\n"
	"	movl 20(%eax), %ebp\n"
	"	movl 60(%eax), %esp\n"
	"	movw 28(%eax), %ds\n"
	"	jmp *%edx\n"

	/*
	 * Copied by the builder to memory that stays. Uses no stack but the frame: ebx, ecx = what to unmap, edx = the signal frame,
	 * esi = the gate behind which the other threads wait, or 0.
	 */
	".globl tail_start, tail_end\n"
	"tail_start:\n"
	"	jecxz 1f\n"
	"	movl $91, %eax\n"	/* munmap */
	"	int $0x80\n"
	"	testl %eax, %eax\n"
	"	jnz 2f\n"
	"1:	testl %esi, %esi\n"
	"	jz 3f\n"
	"	movl $1, (%esi)\n"
	"	movl %esi, %ebx\n"
	"	movl $129, %ecx\n"	/* FUTEX_WAKE_PRIVATE */
	"	movl %edx, %edi\n"
	"	movl $0x7fffffff, %edx\n"
	"	movl $240, %eax\n"	/* futex */
	"	int $0x80\n"
	"	movl %edi, %edx\n"
	"3:	movl %edx, %esp\n"
	"	movl 224(%esp), %eax\n"	/* eflags in the frame: rt_sigreturn restores all of them but ID */
	"	andl $0x200000, %eax\n"
	"	pushl %eax\n"	/* over the frame's first word, the handler's return address, which nobody reads */
	"	popfl\n"
	"	movl $173, %eax\n"	/* rt_sigreturn */
	"	int $0x80\n"
	"2:	movl $126, %ebx\n"
	"	movl $252, %eax\n"	/* exit_group */
	"	int $0x80\n"
	"	ud2\n"

	/*
	 * Where any other thread waits until the gate opens: ebx = the gate, edi = the code that loads what is changed here. The flags
	 * are the thread's own, so nothing here changes any.
	 */
	"thread_tail:\n"
	"	movl $1, 4(%ebx)\n"	/* off the restorer's stack */
	"	leal 4(%ebx), %ebx\n"
	"	movl $129, %ecx\n"	/* FUTEX_WAKE_PRIVATE */
	"	movl $1, %edx\n"
	"	movl $240, %eax\n"
	"	int $0x80\n"
	"	leal -4(%ebx), %ebx\n"
	"	movl $0, %edx\n"
	"	movl $0, %esi\n"
	"4:	movl (%ebx), %ecx\n"
	"	jecxz 5f\n"
	"	movl $2, %ebx\n"	/* SIG_SETMASK */
	"	leal -8(%edi), %ecx\n"	/* the mask lies before the code */
	"	movl $8, %esi\n"
	"	movl $175, %eax\n"	/* rt_sigprocmask */
	"	int $0x80\n"
	"	jmp *%edi\n"
	"5:	movl $128, %ecx\n"	/* FUTEX_WAIT_PRIVATE */
	"	movl $240, %eax\n"
	"	int $0x80\n"
	"	jmp 4b\n"
	"tail_end:\n");

/* Writes a jump from `at` to `target`. Over __kernel_vsyscall its 5 bytes are exactly push ecx; push edx; push ebp; mov ebp, esp. */
static void write_jump(u8 *at, word target)
{
	at[0] = 0xe9;
	*(int_unaligned *)(at + 1) = target - ((word)at + 5);
}
