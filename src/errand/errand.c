/*
 * The errand: what a copy of the process does for elfreeze, all in one go. It makes the system calls of a table and writes each
 * result over the call's number; one kind of call, which the kernel does not have, writes memory to a file and leaves pages of
 * zeros out. Then it stops for its tracer. It has no libc and no data, and runs wherever it is mapped.
 */
typedef unsigned long word;
typedef unsigned long long u64;

/* As in table.ts. */
enum { END = -1, WRITE_SPARSELY = -2 };
enum { PAGE = 4096 };
struct call {
	word nr;
	word args[6];
};

/* The stack pointer is the table: what grows down from it has room of its own. */
#ifdef __x86_64__
enum { NR_pwrite64 = 18 };
__asm__(
	".section .text.entry, \"ax\", @progbits\n"
	".globl entry\n"
	"entry:\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call errand\n"
	"	int3\n"

	".text\n"
	".globl system_call\n"	/* (call) */
	"system_call:\n"
	"	movq %rdi, %r11\n"
	"	movq (%r11), %rax\n"
	"	movq 8(%r11), %rdi\n"
	"	movq 16(%r11), %rsi\n"
	"	movq 24(%r11), %rdx\n"
	"	movq 32(%r11), %r10\n"
	"	movq 40(%r11), %r8\n"
	"	movq 48(%r11), %r9\n"
	"	syscall\n"
	"	ret\n");
#else
enum { NR_pwrite64 = 181 };
__asm__(
	".section .text.entry, \"ax\", @progbits\n"
	".globl entry\n"
	"entry:\n"
	"	movl %esp, %eax\n"
	"	andl $-16, %esp\n"
	"	subl $12, %esp\n"
	"	pushl %eax\n"
	"	call errand\n"
	"	int3\n"

	".text\n"
	".globl system_call\n"	/* (call) */
	"system_call:\n"
	"	pushl %ebp\n"
	"	pushl %edi\n"
	"	pushl %esi\n"
	"	pushl %ebx\n"
	"	movl 20(%esp), %ebp\n"
	"	movl (%ebp), %eax\n"
	"	movl 4(%ebp), %ebx\n"
	"	movl 8(%ebp), %ecx\n"
	"	movl 12(%ebp), %edx\n"
	"	movl 16(%ebp), %esi\n"
	"	movl 20(%ebp), %edi\n"
	"	movl 24(%ebp), %ebp\n"
	"	int $0x80\n"
	"	popl %ebx\n"
	"	popl %esi\n"
	"	popl %edi\n"
	"	popl %ebp\n"
	"	ret\n");
#endif

#pragma GCC visibility push(hidden)
extern long system_call(const struct call *);
#pragma GCC visibility pop

static int is_zero(const word *page)
{
	for (word i = 0; i < PAGE / sizeof(word); i++)
		if (page[i])
			return 0;
	return 1;
}

static long write_all(word fd, word from, word size, u64 offset)
{
	while (size > 0) {
		struct call call = { NR_pwrite64, { fd, from, size, offset, offset >> 32 } };	/* x86-64 takes the offset whole */
		long written = system_call(&call);

		if (written <= 0)
			return -1;
		from += written;
		offset += written;
		size -= written;
	}
	return 0;
}

/* (fd, address, size, offset, its upper half on i386): whole pages that can be read. 0, or -1 when not all is written. */
static long write_sparsely(const word *args)
{
	word fd = args[0], address = args[1], size = args[2];
	u64 offset = sizeof(word) == 8 ? args[3] : args[3] | (u64)args[4] << 32;

	for (word at = 0, end; at < size; at = end) {
		end = at;
		while (end < size && !is_zero((const word *)(address + end)))
			end += PAGE;
		if (write_all(fd, address + at, end - at, offset + at))
			return -1;
		while (end < size && is_zero((const word *)(address + end)))
			end += PAGE;
	}
	return 0;
}

void errand(struct call *call)
{
	for (; call->nr != (word)END; call++)
		call->nr = call->nr == (word)WRITE_SPARSELY ? write_sparsely(call->args) : system_call(call);
}
