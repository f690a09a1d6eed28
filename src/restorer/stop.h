/*
 * With ELFREEZE_STOP, or as it was stopped by job control, the process ends up stopped by SIGSTOP with the registers that it goes on with, before its first own instruction.
 * Only a tracer can stop it there, so a helper traces the first thread from here to the exit of rt_sigreturn, and any other one
 * from where it waits to the exit of rt_sigprocmask, after which only registers are left to be loaded. Then the helper is gone.
 */
enum { PTRACE_CONT = 7, PTRACE_DETACH = 17, PTRACE_SYSCALL = 24, PTRACE_SETREGSET = 0x4205, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207,
       PTRACE_LISTEN = 0x4208, PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK = 0x420b, PTRACE_GET_SYSCALL_INFO = 0x420e };
enum { PTRACE_O_TRACESYSGOOD = 1, PTRACE_EVENT_STOP = 128, SYSCALL_ENTRY = 1, SYSCALL_EXIT = 2 };
enum { NT_PRSTATUS = 1, SIGTRAP = 5, SIGSTOP = 19, WALL = 0x40000000, O_CLOEXEC = 02000000 };
enum { PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER = 37, PR_SET_PTRACER = 0x59616d61, PR_SET_PTRACER_ANY = -1 };

/* include/uapi/linux/ptrace.h, struct ptrace_syscall_info: of the union only the entry's number matters here */
struct syscall_info {
	u8 op, pad[3];
	u32 arch;
	u64 instruction_pointer, stack_pointer, nr, args[6], more[2];
};

static _Noreturn void helper_exit(void)
{
	for (;;)
		call(NR_exit_group, 0);
}

/* Waits for the next stop of `pid`, after which the helper is its master again. Returns the wait status. */
static u32 next_stop(long pid)
{
	u32 status;

	if (call(NR_wait4, pid, &status, WALL) != pid || (status & 0xff) != 0x7f)
		helper_exit();	/* it was killed */
	return status >> 8;
}

/* Lets it run from stop to stop until it leaves system call `last`; passes on whatever else stops it on the way. */
static void run_to_exit_of(word last, long pid)
{
	struct syscall_info info;
	u64 nr = -1;

	call(NR_ptrace, PTRACE_SYSCALL, pid, 0, 0);
	for (;;) {
		u32 stop = next_stop(pid);
		u32 signal = stop & 0xff, request = PTRACE_SYSCALL;

		if (stop == (SIGTRAP | 0x80)) {
			call(NR_ptrace, PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
			if (info.op == SYSCALL_ENTRY)
				nr = info.nr;
			if (info.op == SYSCALL_EXIT && nr == last)
				return;
			signal = 0;
		} else if (stop >> 8 == PTRACE_EVENT_STOP) {
			request = signal == SIGTRAP ? PTRACE_SYSCALL : PTRACE_LISTEN;
			signal = 0;
		}
		call(NR_ptrace, request, pid, 0, signal);
	}
}

static void set_registers(const struct thread *thread)
{
	struct { word base, length; } registers = { thread->registers, REGISTERS_SIZE };

	call(NR_ptrace, PTRACE_SETREGSET, thread->tid, NT_PRSTATUS, &registers);
}

static void block_all(struct thread *thread)
{
	u64 all = -1;

	call(NR_ptrace, PTRACE_GETSIGMASK, thread->tid, sizeof(thread->mask), &thread->mask);
	call(NR_ptrace, PTRACE_SETSIGMASK, thread->tid, sizeof(all), &all);
}

/* On its way a thread meets the stop of the whole process. */
static void run_to_stop(long tid)
{
	u32 stop;

	call(NR_ptrace, PTRACE_CONT, tid, 0, 0);
	while ((stop = next_stop(tid)) != (PTRACE_EVENT_STOP << 8 | SIGSTOP))
		call(NR_ptrace, PTRACE_CONT, tid, 0, stop >> 8 == PTRACE_EVENT_STOP ? 0 : stop & 0xff);
}

static void release(const struct thread *thread)
{
	call(NR_ptrace, PTRACE_SETSIGMASK, thread->tid, sizeof(thread->mask), &thread->mask);
	call(NR_ptrace, PTRACE_DETACH, thread->tid, 0, 0);
}

/*
 * All signals are blocked until the stop has happened, so that one that is pending does not run a handler first. The first thread
 * is let go last: whoever waits for the process to be stopped looks at that one.
 */
static void stop_for_good(struct thread *first, struct thread *others, word count)
{
	block_all(first);
	for (word i = 0; i < count; i++)
		block_all(&others[i]);
	call(NR_tgkill, first->tid, first->tid, SIGSTOP);
	run_to_stop(first->tid);
	for (word i = 0; i < count; i++)
		run_to_stop(others[i].tid);
	for (word i = 0; i < count; i++)
		release(&others[i]);
	release(first);
}

static long attach(long tid)
{
	long result = call(NR_ptrace, PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD);

	if (!failed(result)) {
		call(NR_ptrace, PTRACE_INTERRUPT, tid, 0, 0);
		next_stop(tid);
	}
	return result;
}

static _Noreturn void help(long pid, int report, struct thread *others, word count)
{
	struct thread first = { .tid = pid };
	long result = attach(pid);

	for (word i = 0; i < count && !failed(result); i++)
		result = attach(others[i].tid);
	call(NR_write, report, &result, sizeof(result));
	if (!failed(result)) {
		run_to_exit_of(NR_rt_sigreturn, pid);
		for (word i = 0; i < count; i++) {
			run_to_exit_of(NR_rt_sigprocmask, others[i].tid);
			set_registers(&others[i]);
		}
		stop_for_good(&first, others, count);
	}
	helper_exit();
}

/* A fork whose end sends no signal and which only a wait for clones can see. */
static long fork_silently(void)
{
	return call(NR_clone, 0, 0, 0, 0, 0);
}

/*
 * Makes the helper, which reports to `report`. It is a grandchild whose parent has gone, so that its end is not this process's
 * business; a subreaper stops being one meanwhile, or the orphan would come back to it. Pid 1 cannot avoid that: there it is
 * a child with no exit signal, whose remains only a wait with __WALL or __WCLONE finds. Returns an error or 0.
 */
static long make_helper(long pid, int report, struct thread *others, word count)
{
	int subreaper = 0;
	long child;

	call(NR_prctl, PR_GET_CHILD_SUBREAPER, &subreaper);
	call(NR_prctl, PR_SET_CHILD_SUBREAPER, 0);
	child = fork_silently();
	if (!child) {
		if (pid == 1 || !fork_silently())
			help(pid, report, others, count);
		helper_exit();
	}
	if (!failed(child) && pid != 1)
		call(NR_wait4, child, 0, WALL);
	call(NR_prctl, PR_SET_CHILD_SUBREAPER, subreaper);
	return failed(child) ? child : 0;
}

/* Yama lets only ancestors trace: PR_SET_PTRACER makes the exception while the helper attaches (prctl(2)). */
static void stop_after_sigreturn(const u64 *slots, struct thread *others, word count)
{
	long result;
	int ends[2];

	call(NR_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	result = call(NR_pipe2, ends, O_CLOEXEC);
	if (!failed(result))
		result = make_helper(slots[SLOT_PID], ends[1], others, count);
	if (failed(result))
		complain(stderr_of(slots), "starting stopped needs a helper process, which cannot be made here", result);
	call(NR_close, ends[1]);
	result = -EAGAIN;	/* stays when the helper ends without a word */
	call(NR_read, ends[0], &result, sizeof(result));
	call(NR_close, ends[0]);
	call(NR_prctl, PR_SET_PTRACER, 0);
	if (failed(result))
		complain(stderr_of(slots), "starting stopped needs tracing, which is not permitted here", result);
}
