/*
 * The reaper: a thread of elfreeze's own that waits for dead threads of the target while the tracer cannot.
 *
 * A thread that executes a program holds cred_guard_mutex until all other threads have ended, and one that is traced has ended
 * only when its tracer has waited for it (fs/exec.c de_thread, kernel/exit.c exit_notify). PTRACE_SEIZE of that thread waits
 * for the mutex (kernel/ptrace.c ptrace_attach): each would wait for the other for ever. Any thread of the tracer may wait
 * for its tracees, so this one does when a PTRACE_SEIZE lasts.
 */
typedef unsigned long word;

/* As in src/sys/reaper.ts. */
struct reaper {
	volatile int over;	/* a futex: 1 ends the thread */
	volatile int seizes;	/* counts the begins and the ends of PTRACE_SEIZE: odd while one is under way */
	volatile int count;
	volatile int tids[];
};

enum { NR_futex = 202, NR_waitid = 247 };
enum { FUTEX_WAIT_PRIVATE = 128, P_PID = 1, WNOHANG = 1, WEXITED = 4, __WALL = 0x40000000 };

static long system_call(word nr, word a, word b, word c, word d, word e)
{
	register word r10 __asm__("r10") = d;
	register word r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return result;
}

/* For pthread_create(3). */
__attribute__((section(".text.entry"))) void *entry(struct reaper *reaper)
{
	struct { long seconds, nanoseconds; } while_it_may_last = { 0, 20 * 1000 * 1000 };

	for (int before = 0; !reaper->over; before = reaper->seizes) {
		system_call(NR_futex, (word)&reaper->over, FUTEX_WAIT_PRIVATE, 0, (word)&while_it_may_last, 0);
		if (!(reaper->seizes & 1) || reaper->seizes != before)
			continue;
		for (int i = 0; i < reaper->count; i++)
			system_call(NR_waitid, P_PID, reaper->tids[i], 0, WEXITED | WNOHANG | __WALL, 0);
	}
	return 0;
}
