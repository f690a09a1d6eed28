/*
 * Threads other than the first. They are made one after the other: each takes its own steps on the stack that all of them have in
 * turn, and then waits, on no stack, in memory that stays. The first thread opens the gate when nothing else is left to do.
 */
enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000 };
enum { THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, FUTEX_WAIT_PRIVATE = 128 };

/* clone(2): the second version of the struct, Linux 5.5 */
struct clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size;
};

/* As in steps.ts. The tid and the mask are filled in here. */
struct thread {
	u64 tid, registers, mask;
};
struct gate {
	volatile int open, parked;
};

/* clone3, which can choose the id, only where that is asked for: some containers forbid it. */
static long make_thread(const struct program *program, const struct step *step, word flags, word stack_end, int tid)
{
	struct clone_args args = { .flags = THREAD_FLAGS, .stack = stack_end - PAGE, .stack_size = PAGE, .set_tid = (word)&tid, .set_tid_size = 1 };

	if (flags & FLAG_KEEP_PID)
		return clone_thread(NR_clone3, (word)&args, sizeof(args), program, flags, step);
	return clone_thread(NR_clone, THREAD_FLAGS, stack_end, program, flags, step);
}

/* `step` is the new thread's first; args: end of its stack, the gate, its struct thread, the id that it had. Returns an error or 0. */
static long start_thread(const struct program *program, const struct step *step, word flags, const u64 *args)
{
	struct gate *gate = (struct gate *)(word)args[1];
	long tid;

	gate->parked = 0;
	tid = make_thread(program, step, flags, args[0], args[3]);
	if (failed(tid))
		return tid;
	((struct thread *)(word)args[2])->tid = tid;
	while (!gate->parked)
		call(NR_futex, &gate->parked, FUTEX_WAIT_PRIVATE, 0);
	return 0;
}
