/*
 * The restorer: an interpreter for the restore program (steps.ts), the first code that runs in an image. It has no libc, no
 * writable data of its own, and runs wherever it is mapped. What it must remember is in the program's slots and on the
 * program's stack, of which it needs 4 KiB.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long word;
typedef int __attribute__((aligned(1), may_alias)) int_unaligned;
typedef word __attribute__((aligned(1), may_alias)) word_unaligned;

#ifdef __x86_64__
#define WIDE "64"	/* of an instruction that has a form with 64-bit pointers */
#include "arch-x86-64.h"
#else
#define WIDE ""
#include "arch-i386.h"
#endif

enum { PAGE = 4096, EXIT_CANNOT_CONTINUE = 126 };
enum { AT_NULL = 0, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33 };
enum { PROT_READ = 1, PROT_RW = 3, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000 };
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };
enum { PR_SET_PDEATHSIG = 1 };
enum { EAGAIN = 11, EFAULT = 14, EINVAL = 22, EADDRINUSE = 98 };

/* As in steps.ts. */
enum op { OP_SYSCALL = 1, OP_CHECK, OP_STORE, OP_COPY, OP_ANONYMISE, OP_VDSO_MOVE, OP_VDSO_FORWARD, OP_CPUID, OP_XGETBV, OP_FAIL, OP_FINISH, OP_FILL,
	OP_THREAD, OP_XSTATE, OP_PARK, OP_KEEP_PID };
enum { EXPECT_ANY, EXPECT_OK, EXPECT_EXACTLY, EXPECT_OK_OR };
enum { RELATION_EQ, RELATION_GE, RELATION_NE, RELATION_HAS };
enum { SLOT_STACK, SLOT_ARGV, SLOT_ENVP, SLOT_EXECFN, SLOT_VDSO, SLOT_PID, SLOT_STDERR, SLOT_STOPS, SLOT_KEEPS_PID, SLOT_REHEARSES };
enum { FLAG_STOP = 1, FLAG_TRACE = 2, FLAG_KEEP_PID = 4, FLAG_CHECK = 8, FLAG_BESIDE = 16 };

struct program {
	u64 magic, step_count, steps, slots, stack_top, tail, seal, sums;
};
struct step {
	u16 op, arg_count;
	u32 nr;
	u64 args[6];
	u32 slot_mask, expect;
	u64 expected;
	int keep, skip;
	u64 sentence, name;
};
_Static_assert(sizeof(struct program) == 64 && sizeof(struct step) == 96, "steps.ts encodes these sizes");
#define PROGRAM_MAGIC 0x315a454552464c45ull
#define DAMAGED "this image is damaged: copy it again, or freeze the process again"
#define SEAL 0x657a656572666c65ull	/* "elfreeze" */

/* -fvisibility does not reach declarations, and an address through the global offset table would be absolute. */
#pragma GCC visibility push(hidden)
extern const struct program program;
extern long syscall6(word nr, word a, word b, word c, word d, word e, word f);
extern _Noreturn void run_on_stack(const struct program *, word flags, word stack_top);
extern _Noreturn void jump_to_tail(word tail, word sp, word start, word length, word gate);
extern long clone_thread(word nr, word first, word second, const struct program *, word flags, const struct step *);
extern _Noreturn void park(word registers, word go, word gate, word tail);
#pragma GCC visibility pop

#define SIX(nr, a, b, c, d, e, f, ...) syscall6(nr, (word)(a), (word)(b), (word)(c), (word)(d), (word)(e), (word)(f))
#define call(...) SIX(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

static int failed(long result)
{
	return (word)result > (word)-4096;
}

static void copy(void *to, const void *from, word length)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static int begins(const char *text, const char *with)
{
	while (*with && *text == *with)
		text++, with++;
	return !*with;
}

/* ---- What is said ---- */

/* A line is built here and written by one write, so that lines of several processes do not mix. */
struct line {
	int fd, length;
	char text[1024];
};
enum { SENTENCE_ROOM = 1024 - 128 };	/* leaves room for the reason behind the longest sentence */

static void put(struct line *line, const char *text)
{
	int limit = line->length < SENTENCE_ROOM ? SENTENCE_ROOM : (int)sizeof(line->text) - 1;

	while (*text && line->length < limit)
		line->text[line->length++] = *text++;
}

static void put_hex(struct line *line, u64 value)
{
	char digits[19] = "0x";
	int at = 2, shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		digits[at++] = "0123456789abcdef"[(value >> shift) & 15];
	digits[at] = 0;
	put(line, digits);
}

static void put_decimal(struct line *line, word value)
{
	char digits[12];
	int at = sizeof(digits) - 1;

	digits[at] = 0;
	do
		digits[--at] = '0' + value % 10;
	while (value /= 10);
	put(line, digits + at);
}

static void flush(struct line *line)
{
	line->text[line->length++] = '\n';
	call(NR_write, line->fd, line->text, line->length);
}

/* Arrays, not pointers: a pointer would have to be relocated. include/uapi/asm-generic/errno{-base,}.h, texts as in strerror(3) */
static const struct {
	u8 number;
	char name[14], text[34];
} errors[] = {
	{ 1, "EPERM", "Operation not permitted" },
	{ 2, "ENOENT", "No such file or directory" },
	{ 3, "ESRCH", "No such process" },
	{ 4, "EINTR", "Interrupted system call" },
	{ 5, "EIO", "Input/output error" },
	{ 6, "ENXIO", "No such device or address" },
	{ 7, "E2BIG", "Argument list too long" },
	{ 8, "ENOEXEC", "Exec format error" },
	{ 9, "EBADF", "Bad file descriptor" },
	{ 10, "ECHILD", "No child processes" },
	{ 11, "EAGAIN", "Resource temporarily unavailable" },
	{ 12, "ENOMEM", "Cannot allocate memory" },
	{ 13, "EACCES", "Permission denied" },
	{ 14, "EFAULT", "Bad address" },
	{ 16, "EBUSY", "Device or resource busy" },
	{ 17, "EEXIST", "File exists" },
	{ 19, "ENODEV", "No such device" },
	{ 20, "ENOTDIR", "Not a directory" },
	{ 21, "EISDIR", "Is a directory" },
	{ 22, "EINVAL", "Invalid argument" },
	{ 23, "ENFILE", "Too many open files in system" },
	{ 24, "EMFILE", "Too many open files" },
	{ 25, "ENOTTY", "Inappropriate ioctl for device" },
	{ 26, "ETXTBSY", "Text file busy" },
	{ 27, "EFBIG", "File too large" },
	{ 28, "ENOSPC", "No space left on device" },
	{ 29, "ESPIPE", "Illegal seek" },
	{ 30, "EROFS", "Read-only file system" },
	{ 32, "EPIPE", "Broken pipe" },
	{ 34, "ERANGE", "Numerical result out of range" },
	{ 36, "ENAMETOOLONG", "File name too long" },
	{ 38, "ENOSYS", "Function not implemented" },
	{ 40, "ELOOP", "Too many levels of symbolic links" },
	{ 75, "EOVERFLOW", "Value too large for defined type" },
	{ 95, "EOPNOTSUPP", "Operation not supported" },
	{ 98, "EADDRINUSE", "Address already in use" },
};

/* Puts "Text (ENAME)", or just the name. */
static void put_error(struct line *line, word number, int name_only)
{
	for (word i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].number != number)
			continue;
		if (!name_only) {
			put(line, errors[i].text);
			put(line, " (");
		}
		put(line, errors[i].name);
		if (!name_only)
			put(line, ")");
		return;
	}
	put(line, "error ");
	put_decimal(line, number);
}

static int stderr_of(const u64 *slots)
{
	return slots[SLOT_STDERR] ? slots[SLOT_STDERR] : 2;
}

static _Noreturn void give_up(struct line *line)
{
	flush(line);
	for (;;)
		call(NR_exit_group, EXIT_CANNOT_CONTINUE);
}

/* Ends the process with `elfreeze: WHAT`, and the reason when `result` is an error. */
static _Noreturn void complain(int fd, const char *what, long result)
{
	struct line line = { .fd = fd };

	put(&line, "elfreeze: ");
	put(&line, what);
	if (failed(result)) {
		put(&line, ": ");
		put_error(&line, -result, 0);
	}
	give_up(&line);
}

static _Noreturn void complain_of_call(const u64 *slots, const struct step *step, long result)
{
	struct line line = { .fd = stderr_of(slots) };

	put(&line, "elfreeze: cannot ");
	put(&line, (const char *)(word)step->sentence);
	put(&line, ": ");
	if (failed(result)) {
		put_error(&line, -result, 0);
	} else {
		put(&line, "got ");
		put_hex(&line, (word)result);
		put(&line, ", not ");
		put_hex(&line, (word)step->expected);
	}
	give_up(&line);
}

static void trace(const u64 *slots, const struct step *step, const u64 *args, long result)
{
	struct line line = { .fd = stderr_of(slots) };

	put(&line, (const char *)(word)step->name);
	for (int i = 0; i < step->arg_count; i++) {
		put(&line, i ? ", " : "(");
		put_hex(&line, args[i]);
	}
	put(&line, step->arg_count ? ")" : "()");
	if (step->op == OP_SYSCALL) {
		put(&line, failed(result) ? " = -" : " = ");
		if (failed(result))
			put_error(&line, -result, 1);
		else
			put_hex(&line, (word)result);
	}
	put(&line, "  ");
	put(&line, (const char *)(word)step->sentence);
	flush(&line);
}

/* ---- Memory ---- */

static u64 load(word address, word size)
{
	switch (size) {
	case 1: return *(const u8 *)address;
	case 2: return *(const u16 *)address;
	case 4: return *(const u32 *)address;
	default: return *(const u64 *)address;
	}
}

static int holds(const u64 *args)
{
	u64 value = load(args[0], args[1]);

	switch (args[2]) {
	case RELATION_EQ: return value == args[3];
	case RELATION_GE: return value >= args[3];
	case RELATION_NE: return value != args[3];
	case RELATION_HAS: return (value & args[3]) == args[3];
	default: return 0;
	}
}

/* Leaves pages alone that would only become zeros: `to` is fresh memory. */
static void copy_sparsely(u8 *to, const u8 *from, word length)
{
	for (word at = 0; at < length; at += PAGE) {
		const word *words = (const void *)(from + at);
		word any = 0;

		for (int i = 0; i < PAGE / (int)sizeof(word) && !any; i++)
			any |= words[i];
		if (any)
			copy(to + at, from + at, PAGE);
	}
}

static long make_anonymous(word address, word length, word flags)
{
	return call(NR_mmap, address, length, PROT_RW, MAP_FIXED | MAP_ANONYMOUS | flags, -1, 0);
}

/* Why a chunk at a time, why MAP_POPULATE and why the file side simply faults: chunk.ts. Leaves the window unmapped. */
static long anonymise(word address, word length, word window, word chunk, word flags, word sparse)
{
	word used = length < chunk ? length : chunk;

	for (word n; length; address += n, length -= n) {
		long result;

		n = length < chunk ? length : chunk;
		result = call(NR_mremap, address, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, window);
		if (failed(result))
			return result;
		result = make_anonymous(address, n, flags | (sparse ? 0 : MAP_POPULATE));
		if (failed(result))
			return result;
		if (sparse)
			copy_sparsely((void *)address, (const void *)window, n);
		else
			copy((void *)address, (const void *)window, n);
	}
	return call(NR_munmap, window, used);
}

/* ---- The vdso ---- */

static long move(word from, word pages, word to)
{
	return call(NR_mremap, from, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

/*
 * Moves the data pages below the vdso's text by the same distance as the text. In pages, up to 6.12: 4; 6.13, 6.14: 2 + 2;
 * from 6.15: 4 + 2 (arch/x86/entry/vdso/vma.c, lib/vdso/datastore.c).
 *
 * Which one it is, is found by trying. Up to 6.16 mremap refuses a range that is not inside one mapping (EFAULT; a hole too)
 * before it moves anything, so a range that starts in a neighbour's mapping or crosses a border is safe. From 6.17 it can move
 * several mappings at once, but there the first guess is right. From 5.11 a special mapping cannot be split (871402e05b24);
 * on 5.10 it could, and the third guess would take half of the four pages: only EFAULT, which the second guess never gives
 * there, leads on to the next.
 */
static long move_vdso_data(word text, word to)
{
	long result;

	result = move(text - 6 * PAGE, 4, to - 6 * PAGE);		/* 6.15 … */
	if (!failed(result))
		return move(text - 2 * PAGE, 2, to - 2 * PAGE);
	if (result != -EFAULT)
		return result;
	result = move(text - 4 * PAGE, 4, to - 4 * PAGE);		/* … 6.12 */
	if (result != -EFAULT)
		return result;
	result = move(text - 4 * PAGE, 2, to - 4 * PAGE);		/* 6.13, 6.14 */
	return failed(result) ? result : move(text - 2 * PAGE, 2, to - 2 * PAGE);
}

static word vdso_pages(const struct elf_header *header)
{
	const struct elf_segment *segment = (const void *)((word)header + header->phoff);
	word end = header->shoff + header->shnum * header->shentsize;

	for (int i = 0; i < header->phnum; i++)
		if (segment[i].type == 1 /* PT_LOAD */ && segment[i].vaddr + segment[i].memsz > end)
			end = segment[i].vaddr + segment[i].memsz;
	return (end + PAGE - 1) / PAGE;
}

/*
 * Whatever goes wrong here costs only speed: without a live vdso its functions become plain system calls. A vdso whose data
 * was moved and whose text was not is never called, because nothing leads there but the slot.
 */
static void move_vdso(u64 *slots, word destination, word room)
{
	word text = slots[SLOT_VDSO], to = destination + 6 * PAGE, pages;

	slots[SLOT_VDSO] = 0;
	if (!text)
		return;
	pages = vdso_pages((const void *)text);
	if ((6 + pages) * PAGE > room || failed(move_vdso_data(text, to)) || failed(move(text, pages, to)))
		return;
	slots[SLOT_VDSO] = to;
}

struct symbols {
	word base;
	const struct elf_symbol *table;
	const char *names;
	u32 count;
};

/* DT_GNU_HASH does not say how many symbols there are: the last chain's last member is the last symbol. */
static u32 count_by_gnu_hash(const u32 *hash)
{
	u32 buckets = hash[0], first = hash[1], last = 0;
	const u32 *bucket = hash + 4 + hash[2] * (sizeof(word) / 4);
	const u32 *chain = bucket + buckets;

	for (u32 i = 0; i < buckets; i++)
		if (bucket[i] > last)
			last = bucket[i];
	if (last < first)
		return first;
	while (!(chain[last - first] & 1))
		last++;
	return last + 1;
}

/* The vdso's dynamic section is not relocated: its addresses count from the vdso's start. From 7.0 it may lack DT_HASH. */
static void read_symbols(word base, struct symbols *symbols)
{
	const struct elf_header *header = (const void *)base;
	const struct elf_segment *segment = (const void *)(base + header->phoff);
	const u32 *hash = 0, *gnu_hash = 0;
	const word *dynamic = 0;

	*symbols = (struct symbols){ .base = base };
	for (int i = 0; i < header->phnum; i++)
		if (segment[i].type == 2 /* PT_DYNAMIC */)
			dynamic = (const void *)(base + segment[i].vaddr);
	for (; dynamic && dynamic[0]; dynamic += 2) {
		const void *at = (const void *)(base + dynamic[1]);

		switch (dynamic[0]) {
		case 4 /* DT_HASH */: hash = at; break;
		case 5 /* DT_STRTAB */: symbols->names = at; break;
		case 6 /* DT_SYMTAB */: symbols->table = at; break;
		case 0x6ffffef5 /* DT_GNU_HASH */: gnu_hash = at; break;
		}
	}
	if (symbols->names && symbols->table)
		symbols->count = hash ? hash[1] : gnu_hash ? count_by_gnu_hash(gnu_hash) : 0;
}

static word find_in_vdso(word vdso, const char *name)
{
	struct symbols symbols;

	if (!vdso)
		return 0;
	read_symbols(vdso, &symbols);
	for (u32 i = 1; i < symbols.count; i++) {
		const struct elf_symbol *symbol = &symbols.table[i];

		if (symbol->shndx && symbol->value && same(symbols.names + symbol->name, name))
			return vdso + symbol->value;
	}
	return 0;
}

static void forward(word vdso, const u64 *args)
{
	word target = find_in_vdso(vdso, (const char *)(word)args[1]);

	if (target)
		write_jump((u8 *)(word)args[0], target);
	else
		copy((void *)(word)args[0], (const void *)(word)args[2], args[3]);
}

/* ---- The processor ---- */

static void cpuid(u32 leaf, u32 subleaf, u32 out[4])
{
	__asm__("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(subleaf));
}

/* A leaf above the highest one answers with another leaf's data, so ask first. Intel SDM vol. 2, CPUID */
static int has_features(const u64 *args)
{
	u32 leaf = args[0], out[4];

	cpuid(leaf & 0x80000000, 0, out);
	if (out[0] < leaf)
		return 0;
	cpuid(leaf, args[1], out);
	return (out[args[2] & 3] & args[3]) == args[3];
}

/* XCR0: the components that the kernel has enabled; 0 where there is none. */
static u64 enabled_xstate(void)
{
	u32 out[4], low, high;

	cpuid(1, 0, out);
	if (!(out[2] & 1u << 27 /* OSXSAVE, without which xgetbv is an invalid instruction */))
		return 0;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (u64)high << 32 | low;
}

/* Takes over the state of an XSAVE area, as rt_sigreturn would: what this processor lacks is left out. No C here changes it later. */
static void load_xstate(u8 *area)
{
	u64 enabled = enabled_xstate();

	if (!enabled) {
		__asm__ volatile("fxrstor" WIDE " (%0)" : : "r"(area) : "memory");
		return;
	}
	*(u64 *)(area + 512 /* XSTATE_BV */) &= enabled;
	__asm__ volatile("xrstor" WIDE " (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
}

/* ---- Rehearsals: ELFREEZE_CHECK ---- */

/* None of the program's own instructions was run. `beside` is what could not be told while the process that was frozen still stands, or 0. */
static _Noreturn void end_rehearsal(int fd, const char *beside)
{
	struct line line = { .fd = fd };

	put(&line, "elfreeze: the process can continue here");
	if (beside) {
		put(&line, ", unless there is more in the way than the process itself when it is to ");
		put(&line, beside);
	}
	flush(&line);
	for (;;)
		call(NR_exit_group, 0);
}

/* Memory is made where it belongs, and not filled. */
static void fill(word flags, const u64 *args)
{
	if (flags & FLAG_CHECK)
		return;
	if (args[3])
		copy_sparsely((u8 *)(word)args[0], (const u8 *)(word)args[1], args[2]);
	else
		copy((void *)(word)args[0], (const void *)(word)args[1], args[2]);
}

static long make_or_anonymise(word flags, const u64 *args)
{
	if (flags & FLAG_CHECK)
		return make_anonymous(args[0], args[1], args[4]);
	return anonymise(args[0], args[1], args[2], args[3], args[4], args[5]);
}

/*
 * Whether only the process that was frozen may be in the way, which stands beside its rehearsal. Of an address that it has bound nothing
 * depends; without the process, thread, timer or signal that is one too many (EAGAIN) what follows would fail for that alone.
 */
static int may_be_beside(const u64 *slots, word flags, const struct step *step, long result)
{
	if (!(flags & FLAG_BESIDE))
		return 0;
	if (result == -EAGAIN)
		end_rehearsal(stderr_of(slots), (const char *)(word)step->sentence);
	return result == -EADDRINUSE;
}

/* ---- Damage ---- */

#include "sum.h"

/* As in sums.ts. */
struct sums {
	u64 magic;
	u32 sum, unused, own, count, note, more;
	struct {
		u64 address;
		u32 size, sum;
	} rows[];
};
_Static_assert(sizeof(struct sums) == 32, "sums.ts encodes this size");
#define SUMS_MAGIC 0x314d55535a45464cull
enum { SUMS_UNSUMMED = 16, MOST_SUMS = 1 << 24 };

/*
 * Nothing here may be trusted to be mapped, nor to lie within the file, where looking would kill us: a system call looks first. prlimit64
 * reads the limit before it finds that there is no such resource (kernel/sys.c).
 */
static int is_readable(word address)
{
	return call(NR_prlimit64, 0, 0xffff, address, 0) == -EINVAL;
}

/* Whether `size` bytes, as if zeros followed up to the end of a page, have this sum. */
static int has_sum(word address, word size, u32 sum)
{
	for (word at = address & -PAGE; at < address + size; at += PAGE)
		if (!is_readable(at < address ? address : at))
			return 0;
	return sum_of((const u32 *)address, size) == sum;
}

static int are_whole(const struct sums *sums, word from, word to)
{
	for (word i = from; i < to; i++)
		if (!has_sum(sums->rows[i].address, sums->rows[i].size, sums->rows[i].sum))
			return 0;
	return 1;
}

static int is_undamaged(const struct sums *sums)
{
	word table = (word)sums + SUMS_UNSUMMED;

	return is_readable((word)sums) && sums->magic == SUMS_MAGIC && sums->own <= sums->count && sums->count <= MOST_SUMS &&
		has_sum(table, sizeof(*sums) - SUMS_UNSUMMED + sums->count * sizeof(sums->rows[0]), sums->sum) && are_whole(sums, 0, sums->own);
}

/* Whatever it is to be protected by later: the process does not go on. */
static int is_memory_undamaged(const struct sums *sums)
{
	for (word i = sums->own; i < sums->count; i++)
		call(NR_mprotect, sums->rows[i].address, sums->rows[i].size, PROT_READ);
	return are_whole(sums, sums->own, sums->count);
}

#include "threads.h"
#include "stop.h"
#include "keep.h"

/* ---- Steps ---- */

static int acceptable(const struct step *step, long result)
{
	switch (step->expect) {
	case EXPECT_ANY: return 1;
	case EXPECT_OK: return !failed(result);
	case EXPECT_EXACTLY: return (word)result == (word)step->expected;
	case EXPECT_OK_OR: return !failed(result) || (word)-result == (word)step->expected;
	default: return 0;
	}
}

static void store(const u64 *args)
{
	copy((void *)(word)args[0], &args[3 - 1], args[1]);
}

static _Noreturn void finish(const struct program *program, u64 *slots, word flags, const u64 *args)
{
	if (flags & FLAG_CHECK)
		end_rehearsal(stderr_of(slots), 0);
	if (flags & FLAG_STOP || slots[SLOT_STOPS])
		stop_after_sigreturn(slots, (struct thread *)(word)args[4], args[5]);
	jump_to_tail(program->tail, args[0], args[1], args[2], args[3]);
}

/* Does what one step says. Returns whether its `skip` applies. */
static int perform(const struct program *program, const struct step *step, u64 *slots, word flags)
{
	u64 args[6];
	long result = 0;
	int good = 1;

	for (int i = 0; i < 6; i++)
		args[i] = step->slot_mask >> i & 1 ? slots[step->args[i]] : step->args[i];
	if ((step->op == OP_FINISH || step->op == OP_PARK) && flags & FLAG_TRACE)
		trace(slots, step, args, 0);

	switch (step->op) {
	case OP_SYSCALL: result = call(step->nr, args[0], args[1], args[2], args[3], args[4], args[5]); break;
	case OP_CHECK: good = holds(args); break;
	case OP_STORE: store(args); break;
	case OP_COPY: copy((void *)(word)args[0], (const void *)(word)args[1], args[2]); break;
	case OP_FILL: fill(flags, args); break;
	case OP_ANONYMISE: result = make_or_anonymise(flags, args); break;
	case OP_VDSO_MOVE: move_vdso(slots, args[0], args[1]); break;
	case OP_VDSO_FORWARD: forward(slots[SLOT_VDSO], args); break;
	case OP_CPUID: good = has_features(args); break;
	case OP_XGETBV: good = (enabled_xstate() & args[0]) == args[0]; break;
	case OP_THREAD: result = start_thread(program, step + 1, flags, args); break;
	case OP_XSTATE: load_xstate((u8 *)(word)args[0]); break;
	case OP_KEEP_PID: keep_pid(slots, args[0], flags); break;
	case OP_PARK: park(args[0], args[1], args[2], program->tail);
	case OP_FINISH: finish(program, slots, flags, args);
	default: good = 0;	/* OP_FAIL, and what a newer builder may know */
	}

	if (flags & FLAG_TRACE)
		trace(slots, step, args, result);
	if (step->op == OP_SYSCALL) {
		if (!acceptable(step, result) && !may_be_beside(slots, flags, step, result))
			complain_of_call(slots, step, result);
		if (step->keep >= 0)
			slots[step->keep] = (long long)result;
		return !failed(result);
	}
	if ((failed(result) && !may_be_beside(slots, flags, step, result)) || (!good && !step->skip))
		complain(stderr_of(slots), (const char *)(word)step->sentence, result);
	return good;
}

_Noreturn void run_from(const struct program *program, word flags, const struct step *step)
{
	const struct step *end = (const struct step *)(word)program->steps + program->step_count;
	u64 *slots = (u64 *)(word)program->slots;

	for (; step < end; step++)
		if (perform(program, step, slots, flags))
			step += step->skip;
	complain(stderr_of(slots), "the restore program has no end", 0);
}

_Noreturn void run(const struct program *program, word flags)
{
	run_from(program, flags, (const void *)(word)program->steps);
}

/* Whether the file is whole: what is loaded from it ends in a seal. A page past the end of a file cannot be read, and one that was cut ends in zeros. */
static int is_sealed(word seal)
{
	return is_readable(seal) && load(seal, 8) == SEAL;
}

/* On the stack that execve made; it may be unmapped by the first step, so what counts is put into slots now. */
_Noreturn void start(const word *stack)
{
	u64 *slots = (u64 *)(word)program.slots;
	const word *at = stack + 1 + stack[0] + 1;
	word flags = 0;

	if (program.magic != PROGRAM_MAGIC)
		complain(2, "the restore program is missing or damaged", 0);
	if (program.seal && !is_sealed(program.seal))
		complain(2, "this image was cut short: copy it again, or freeze the process again", 0);
	if (program.sums && !is_undamaged((const void *)(word)program.sums))
		complain(2, DAMAGED, 0);
	/* From here all that is the restorer's own is as it was written. */
	slots[SLOT_STACK] = (word)stack;
	slots[SLOT_ARGV] = (word)(stack + 1);
	slots[SLOT_ENVP] = (word)at;
	slots[SLOT_PID] = call(NR_getpid);
	for (; *at; at++) {
		const char *variable = (const char *)*at;

		if (same(variable, "ELFREEZE_STOP=1"))
			flags |= FLAG_STOP;
		if (same(variable, "ELFREEZE_TRACE=1"))
			flags |= FLAG_TRACE;
		if (same(variable, "ELFREEZE_CHECK=1"))
			flags |= FLAG_CHECK;
		else if (same(variable, "ELFREEZE_CHECK=beside"))
			flags |= FLAG_CHECK | FLAG_BESIDE;
		else if (begins(variable, "ELFREEZE_CHECK="))
			complain(2, "ELFREEZE_CHECK can be 1, beside, or not set", 0);
		if (same(variable, "ELFREEZE_PID=keep"))
			flags |= FLAG_KEEP_PID;
		else if (begins(variable, "ELFREEZE_PID="))
			complain(2, "ELFREEZE_PID can be keep, or not set for a new pid", 0);
	}
	if (flags & FLAG_CHECK && !(flags & FLAG_BESIDE) && program.sums && !is_memory_undamaged((const void *)(word)program.sums))
		complain(2, DAMAGED, 0);
	if (flags & FLAG_BESIDE)
		call(NR_prctl, PR_SET_PDEATHSIG, SIGKILL);	/* nobody else knows of it */
	slots[SLOT_KEEPS_PID] = !!(flags & FLAG_KEEP_PID);
	slots[SLOT_REHEARSES] = !!(flags & FLAG_CHECK);
	for (at++; at[0] != AT_NULL; at += 2) {
		if (at[0] == AT_EXECFN)
			slots[SLOT_EXECFN] = at[1];
		if (at[0] == AT_SYSINFO_EHDR)
			slots[SLOT_VDSO] = at[1];
	}
	run_on_stack(&program, flags, program.stack_top);
}
