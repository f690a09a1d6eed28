/*
 * Threads other than the first. They are made one after the other: each takes its own steps on the stack that all of them have in
 * turn, and then waits, on no stack, in memory that stays. The first thread opens the gate when nothing else is left to do.
 */
enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000 };
enum { FUTEX_WAIT_PRIVATE = 128 };

/* As in steps.ts. The tid and the mask are filled in here. */
struct thread {
	u64 tid, registers, mask;
};
struct gate {
	volatile int open, parked;
};

/* `step` is the new thread's first; args: end of its stack, the gate, its struct thread. Returns an error or 0. */
static long start_thread(const struct program *program, const struct step *step, word flags, const u64 *args)
{
	struct gate *gate = (struct gate *)(word)args[1];
	long tid;

	gate->parked = 0;
	tid = clone_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, args[0], program, flags, step);
	if (failed(tid))
		return tid;
	((struct thread *)(word)args[2])->tid = tid;
	while (!gate->parked)
		call(NR_futex, &gate->parked, FUTEX_WAIT_PRIVATE, 0);
	return 0;
}
