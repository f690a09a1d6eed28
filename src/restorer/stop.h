/*
 * ELFREEZE_STOP: the process ends up stopped by SIGSTOP with the registers that rt_sigreturn gives it, before its first
 * own instruction. Only a tracer can stop it there, so a helper traces it from here to the exit of rt_sigreturn, and is gone.
 */
enum { PTRACE_CONT = 7, PTRACE_DETACH = 17, PTRACE_SYSCALL = 24, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207,
       PTRACE_LISTEN = 0x4208, PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK = 0x420b, PTRACE_GET_SYSCALL_INFO = 0x420e };
enum { PTRACE_O_TRACESYSGOOD = 1, PTRACE_EVENT_STOP = 128, SYSCALL_ENTRY = 1, SYSCALL_EXIT = 2 };
enum { SIGTRAP = 5, SIGSTOP = 19, WALL = 0x40000000, O_CLOEXEC = 02000000 };
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

/* Lets it run from stop to stop until it leaves rt_sigreturn; passes on whatever else stops it on the way. */
static void run_to_end_of_sigreturn(long pid)
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
			if (info.op == SYSCALL_EXIT && nr == NR_rt_sigreturn)
				return;
			signal = 0;
		} else if (stop >> 8 == PTRACE_EVENT_STOP) {
			request = signal == SIGTRAP ? PTRACE_SYSCALL : PTRACE_LISTEN;
			signal = 0;
		}
		call(NR_ptrace, request, pid, 0, signal);
	}
}

/* All signals are blocked until the stop has happened, so that one that is pending does not run a handler first. */
static void stop_for_good(long pid)
{
	u64 mask, all = -1;
	u32 stop;

	call(NR_ptrace, PTRACE_GETSIGMASK, pid, sizeof(mask), &mask);
	call(NR_ptrace, PTRACE_SETSIGMASK, pid, sizeof(all), &all);
	call(NR_tgkill, pid, pid, SIGSTOP);
	call(NR_ptrace, PTRACE_CONT, pid, 0, 0);
	while ((stop = next_stop(pid)) != (PTRACE_EVENT_STOP << 8 | SIGSTOP))
		call(NR_ptrace, PTRACE_CONT, pid, 0, stop >> 8 == PTRACE_EVENT_STOP ? 0 : stop & 0xff);
	call(NR_ptrace, PTRACE_SETSIGMASK, pid, sizeof(mask), &mask);
	call(NR_ptrace, PTRACE_DETACH, pid, 0, 0);
}

static _Noreturn void help(long pid, int report)
{
	long result = call(NR_ptrace, PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);

	if (!result) {
		call(NR_ptrace, PTRACE_INTERRUPT, pid, 0, 0);
		next_stop(pid);
	}
	call(NR_write, report, &result, sizeof(result));
	if (!result) {
		run_to_end_of_sigreturn(pid);
		stop_for_good(pid);
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
static long make_helper(long pid, int report)
{
	int subreaper = 0;
	long child;

	call(NR_prctl, PR_GET_CHILD_SUBREAPER, &subreaper);
	call(NR_prctl, PR_SET_CHILD_SUBREAPER, 0);
	child = fork_silently();
	if (!child) {
		if (pid == 1 || !fork_silently())
			help(pid, report);
		helper_exit();
	}
	if (!failed(child) && pid != 1)
		call(NR_wait4, child, 0, WALL);
	call(NR_prctl, PR_SET_CHILD_SUBREAPER, subreaper);
	return failed(child) ? child : 0;
}

/* Yama lets only ancestors trace: PR_SET_PTRACER makes the exception while the helper attaches (prctl(2)). */
static void stop_after_sigreturn(const u64 *slots)
{
	long result;
	int ends[2];

	call(NR_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	result = call(NR_pipe2, ends, O_CLOEXEC);
	if (!failed(result))
		result = make_helper(slots[SLOT_PID], ends[1]);
	if (failed(result))
		complain(stderr_of(slots), "ELFREEZE_STOP needs a helper process, which cannot be made here", result);
	call(NR_close, ends[1]);
	result = -EAGAIN;	/* stays when the helper ends without a word */
	call(NR_read, ends[0], &result, sizeof(result));
	call(NR_close, ends[0]);
	call(NR_prctl, PR_SET_PTRACER, 0);
	if (failed(result))
		complain(stderr_of(slots), "ELFREEZE_STOP needs to trace itself, which is not permitted here", result);
}
