/* x86-64: call numbers, ELF records and the four pieces of assembly that C cannot say. Numbers: arch/x86/entry/syscalls/syscall_64.tbl */
enum {
	NR_read = 0, NR_write = 1, NR_close = 3, NR_mmap = 9, NR_munmap = 11, NR_rt_sigreturn = 15, NR_mremap = 25,
	NR_getpid = 39, NR_clone = 56, NR_wait4 = 61, NR_ptrace = 101, NR_prctl = 157,
	NR_exit_group = 231, NR_tgkill = 234, NR_pipe2 = 293, NR_prlimit64 = 302,
};

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

	".globl jump_to_tail\n"	/* (tail, sp, start, length) */
	"jump_to_tail:\n"
	"	movq %rdi, %rax\n"
	"	movq %rsi, %r8\n"
	"	movq %rdx, %rdi\n"
	"	movq %rcx, %rsi\n"
	"	jmp *%rax\n"

	/* Copied by the builder to memory that stays. Uses no stack but the frame: rdi, rsi = what to unmap, r8 = the signal frame. */
	".globl tail_start, tail_end\n"
	"tail_start:\n"
	"	testq %rsi, %rsi\n"
	"	jz 1f\n"
	"	movl $11, %eax\n"	/* munmap */
	"	syscall\n"
	"	testl %eax, %eax\n"
	"	jnz 2f\n"
	"1:	movq %r8, %rsp\n"
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
