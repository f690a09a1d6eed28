/*
 * The errand: what a copy of the process does for elfreeze, all in one go. It makes the system calls of a table and writes each
 * result over the call's number; two kinds of calls, which the kernel does not have, write memory to a file and leave pages of
 * zeros out, and search memory. Then it stops for its tracer. It has no libc and no data, and runs wherever it is mapped.
 */
typedef unsigned long word;
typedef unsigned long long u64;

/* As in table.ts. */
enum { END = -1, WRITE_SPARSELY = -2, SEARCH = -3 };
enum { PAGE = 4096, MAX_FOUND = 1024, UNIT = 1 << 20 };
#include "../restorer/sum.h"

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

static long write_unit(word fd, word address, word size, u64 offset)
{
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

/*
 * (fd, address, size, offset, its upper half on i386, sums): whole pages that can be read. The checksum of each UNIT goes to `sums`, unsigned words of 32 bits.
 * 0, or -1 when not all is written.
 */
static long write_sparsely(const word *args)
{
	word fd = args[0], address = args[1], size = args[2];
	u64 offset = sizeof(word) == 8 ? args[3] : args[3] | (u64)args[4] << 32;
	unsigned *sums = (unsigned *)args[5];

	for (word at = 0; at < size; at += UNIT) {
		word length = size - at < UNIT ? size - at : UNIT;

		*sums++ = sum_of((const unsigned *)(address + at), length);
		if (write_unit(fd, address + at, length, offset + at))
			return -1;
	}
	return 0;
}

typedef unsigned words __attribute__((vector_size(16)));
typedef int signs __attribute__((vector_size(16)));
struct range {
	words mask, least;
	signs span;
};

static words all_of(unsigned word)
{
	return (words){ word, word, word, word };
}

/* All ones for each word that is not of the range. Vectors are compared as signed numbers: half of all is taken from both sides. */
static signs is_outside(words four, const struct range *range)
{
	return (signs)((four & range->mask) - range->least) > range->span;
}

static int are_all(signs lanes)
{
	return __builtin_ia32_pmovmskb128((__attribute__((vector_size(16))) char)lanes) == 0xffff;
}

/*
 * (address, size, mask, least, span, found): words of 32 bits that are at least `least` and at most `span` more, masked; memory
 * that can be read, whole pages. Their addresses go to `found`, as words. Their number, or -1 when there are too many.
 */
static long search(const word *args)
{
	const words *at = (const words *)args[0], *end = (const words *)(args[0] + args[1]);
	unsigned mask = args[2], least = args[3], span = args[4];
	const unsigned half = 1u << 31;
	const struct range range = { all_of(mask), all_of(least + half), (signs)all_of(span + half) };
	word *found = (word *)args[5];
	long count = 0;

	for (; at < end; at += 4) {
		if (are_all(is_outside(at[0], &range) & is_outside(at[1], &range) & is_outside(at[2], &range) & is_outside(at[3], &range)))
			continue;
		for (const unsigned *one = (const unsigned *)at; one < (const unsigned *)(at + 4); one++) {
			if ((*one & mask) - least > span)
				continue;
			if (count == MAX_FOUND)
				return -1;
			found[count++] = (word)one;
		}
	}
	return count;
}

static long run(const struct call *call)
{
	if (call->nr == (word)WRITE_SPARSELY)
		return write_sparsely(call->args);
	if (call->nr == (word)SEARCH)
		return search(call->args);
	return system_call(call);
}

void errand(struct call *call)
{
	for (; call->nr != (word)END; call++)
		call->nr = run(call);
}
