/*
 * ELFREEZE_PID=keep: the process goes on under the ids that it had, in a pid namespace of its own; who may not make one makes it in
 * a user namespace of its own. What was started stays outside and stands for it (the supervisor): signals go in, stops and the end
 * come out. All are in the caller's process group, so job control reaches the process itself; what is sent to the group must
 * not be passed on, or it would arrive twice. Whether a signal was sent to the group, a witness tells: another member of it, outside
 * too, which gets nothing else. The namespace needs a pid 1: a helper, unless that is what the process was.
 */
enum { CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000 };
enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8, P_PID = 1 };
enum { SIGKILL = 9, SIGCHLD = 17, SIGCONT = 18, SI_QUEUE = -1, SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_IGN = 1, SIGSET_SIZE = 8 };
enum { AT_FDCWD = -100, O_WRONLY = 1, AF_UNIX = 1, SOCK_STREAM = 1, RLIMIT_CORE = 4, PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24 };

struct signal_info {
	int signo, error, code, more[29];
};

static const u64 all_signals = -1;
static const word default_action[6] = { 0 }, ignore_action[6] = { SIG_IGN };	/* struct sigaction */

static u64 only(int signo)
{
	return 1ull << (signo - 1);
}

/* ---- Helpers ---- */

/* Starts one, which sees 0. Both have an end of a channel then. Returns its pid or an error. */
static long start_helper(int *channel)
{
	int ends[2];
	long pid = call(NR_socketpair, AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, ends);

	if (!failed(pid))
		pid = fork_silently();
	if (!failed(pid)) {
		*channel = ends[pid != 0];
		call(NR_close, ends[pid == 0]);
	}
	return pid;
}

static void keep_only(int low, int high)
{
	if (low > high)
		return keep_only(high, low);
	if (low > 0)
		call(NR_close_range, 0, low - 1, 0);
	if (high > low + 1)
		call(NR_close_range, low + 1, high - 1, 0);
	call(NR_close_range, high + 1, -1, 0);
}

static u64 take_pending(u64 set)
{
	const u64 now[2] = { 0, 0 };
	u64 taken = 0;
	long signo;

	while (!failed(signo = call(NR_rt_sigtimedwait, &set, 0, now, SIGSET_SIZE)))
		taken |= only(signo);
	return taken;
}

/* Asked with the pid of the namespace's pid 1, it answers what came to the group since. If the supervisor is killed, it ends the namespace. */
static _Noreturn void be_witness(int channel)
{
	int init = 0;

	keep_only(channel, channel);
	while (call(NR_read, channel, &init, sizeof(init)) == sizeof(init)) {
		u64 taken = take_pending(all_signals);

		call(NR_write, channel, &taken, sizeof(taken));
	}
	if (init)
		call(NR_kill, init, SIGKILL);
	helper_exit();
}

enum { PROCESS_STOPPED = 's', PROCESS_ENDED = 'e' };

static void wait_for_all(void)
{
	call(NR_wait4, -1, 0, WALL, 0);	/* SIGCHLD is ignored: it returns when there is no child any more */
}

/*
 * Takes away the dead of the namespace. Told that the process has stopped, it answers once the helper that stopped it is gone. Told that
 * the process has ended, it answers only if that has left something behind, and waits for it.
 */
static _Noreturn void be_init(int channel)
{
	char told = PROCESS_ENDED;

	keep_only(channel, channel);
	call(NR_rt_sigaction, SIGCHLD, ignore_action, 0, SIGSET_SIZE);
	while (call(NR_read, channel, &told, 1) == 1 && told == PROCESS_STOPPED) {
		wait_for_all();
		call(NR_write, channel, &told, 1);
	}
	if (told == PROCESS_ENDED && !call(NR_wait4, -1, 0, WNOHANG | WALL, 0)) {
		call(NR_write, channel, &told, 1);
		wait_for_all();
	}
	helper_exit();
}

/* ---- The supervisor ---- */

struct supervisor {
	int pid, witness, to_witness;
	int init, to_init;	/* to_init is -1 where the process is pid 1 itself */
	int waits_for_helper;	/* that stops the process, which nobody can look at before the helper is gone */
	u64 to_group;	/* what the witness has seen and the supervisor not yet */
};

/* A witness that is stopped still, when the supervisor is not, was not continued with the group. */
static void ask_witness(struct supervisor *self)
{
	int is_stopped = call(NR_wait4, self->witness, 0, WNOHANG | WUNTRACED | WALL, 0) == self->witness;
	u64 seen = 0;

	if (is_stopped)
		call(NR_kill, self->witness, SIGCONT);
	call(NR_write, self->to_witness, &self->init, sizeof(self->init));
	call(NR_read, self->to_witness, &seen, sizeof(seen));
	self->to_group |= is_stopped ? seen & ~only(SIGCONT) : seen;
}

/* A signal of its own is blocked until it is let through, and acts then as it would on a program that does nothing about it. */
static void raise(int signo)
{
	call(NR_rt_sigaction, signo, default_action, 0, SIGSET_SIZE);
	call(NR_kill, call(NR_getpid), signo);
}

static void let_through(int signo)
{
	u64 set = only(signo);

	call(NR_rt_sigprocmask, SIG_UNBLOCK, &set, 0, SIGSET_SIZE);
	call(NR_rt_sigprocmask, SIG_BLOCK, &set, 0, SIGSET_SIZE);
}

/* Returns whether there is an answer. */
static int tell_init(const struct supervisor *self, char what)
{
	call(NR_kill, self->init, SIGCONT);
	call(NR_write, self->to_init, &what, 1);
	return call(NR_read, self->to_init, &what, 1) == 1;
}

static void dismiss_helpers(const struct supervisor *self)
{
	call(NR_kill, self->witness, SIGKILL);
	call(NR_wait4, self->witness, 0, WALL, 0);
	if (self->to_init >= 0 && !tell_init(self, PROCESS_ENDED))
		call(NR_wait4, self->init, 0, WALL, 0);
}

static _Noreturn void end_alike(const struct supervisor *self, int status)
{
	const u64 no_core[2] = { 0, 0 };
	int signo = status & 0x7f;

	dismiss_helpers(self);
	if (signo) {
		call(NR_prlimit64, 0, RLIMIT_CORE, no_core, 0);
		raise(signo);
		let_through(signo);
	}
	for (;;)	/* a container's pid 1 outlives the signal */
		call(NR_exit_group, signo ? 128 + signo : status >> 8 & 0xff);
}

static int was_continued(int pid)
{
	struct signal_info info = { 0 };

	return !failed(call(NR_waitid, P_PID, pid, &info, WCONTINUED | WNOHANG, 0)) && info.signo;
}

/*
 * A SIGCONT for the group reaches the process first. If that was before the look, the stop is taken back; if later, the kernel does
 * so. SIGSTOP alone cannot be blocked, and is looked at before.
 */
static void stop_alike(int pid, int signo)
{
	if (was_continued(pid))
		return;
	raise(signo);
	if (was_continued(pid))
		take_pending(only(signo));
	else
		let_through(signo);
}

static void look_at_process(struct supervisor *self)
{
	int status;

	while (call(NR_wait4, self->pid, &status, WNOHANG | WUNTRACED, 0) == self->pid) {
		if ((status & 0xff) != 0x7f)
			end_alike(self, status);
		if (self->waits_for_helper)
			tell_init(self, PROCESS_STOPPED);
		self->waits_for_helper = 0;
		stop_alike(self->pid, status >> 8 & 0xff);
	}
}

static void pass_on(struct supervisor *self, const struct signal_info *info)
{
	u64 signal = only(info->signo);

	ask_witness(self);
	if (self->to_group & signal)
		self->to_group &= ~signal;
	else if (info->code == SI_QUEUE)
		call(NR_rt_sigqueueinfo, self->pid, info->signo, info);
	else
		call(NR_kill, self->pid, info->signo);
}

/* All signals are blocked. */
static _Noreturn void supervise(struct supervisor *self)
{
	struct signal_info info;

	/* The caller may have ignored it: then nobody can wait for the process. */
	call(NR_rt_sigaction, SIGCHLD, default_action, 0, SIGSET_SIZE);
	keep_only(self->to_witness, self->to_init < 0 ? self->to_witness : self->to_init);
	ask_witness(self);	/* and tell it the pid 1 */
	for (;;) {
		look_at_process(self);
		if (!failed(call(NR_rt_sigtimedwait, &all_signals, &info, 0, SIGSET_SIZE)) && (info.signo != SIGCHLD || info.code <= 0))
			pass_on(self, &info);
	}
}

/* ---- Namespaces ---- */

static void write_to(int fd, const char *path, const char *text, int length)
{
	long file = call(NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	long result = failed(file) ? file : call(NR_write, file, text, length);

	if (failed(result))
		complain(fd, "ELFREEZE_PID=keep must write the id maps of its user namespace in /proc/self, which cannot be done here", result);
	call(NR_close, file);
}

/* The caller's own id is the same inside; others are not known there. user_namespaces(7) */
static void map_id(int fd, const char *path, word id)
{
	struct line line = { 0 };

	put_decimal(&line, id);
	put(&line, " ");
	put_decimal(&line, id);
	put(&line, " 1");
	write_to(fd, path, line.text, line.length);
}

/* Capabilities that no program may gain: a new user namespace begins with all again. */
static u64 bounding_set(void)
{
	u64 set = 0;

	for (int capability = 0; capability < 64; capability++)
		set |= (u64)(call(NR_prctl, PR_CAPBSET_READ, capability) == 1) << capability;
	return set;
}

static void bound_to(u64 set)
{
	for (int capability = 0; capability < 64; capability++)
		if (!(set >> capability & 1))
			call(NR_prctl, PR_CAPBSET_DROP, capability);
}

/* For what is made from here on. */
static void enter_namespaces(int fd)
{
	word uid = call(NR_geteuid), gid = call(NR_getegid);
	u64 bound = bounding_set();
	long result = call(NR_unshare, CLONE_NEWPID);

	if (!failed(result))
		return;
	result = call(NR_unshare, CLONE_NEWUSER | CLONE_NEWPID);
	if (failed(result))
		complain(fd, "ELFREEZE_PID=keep needs a user and a pid namespace of its own, which cannot be made here", result);
	write_to(fd, "/proc/self/setgroups", "deny", 4);
	map_id(fd, "/proc/self/uid_map", uid);
	map_id(fd, "/proc/self/gid_map", gid);
	bound_to(bound);
}

/* Only the process itself returns from here. */
static void keep_pid(u64 *slots, int pid, word flags)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (word)&pid, .set_tid_size = 1 };
	struct supervisor self = { .to_init = -1, .waits_for_helper = (flags & FLAG_STOP || slots[SLOT_STOPS]) && pid != 1 };
	int fd = stderr_of(slots);
	long result = start_helper(&self.to_witness);

	if (!result)
		be_witness(self.to_witness);
	self.witness = result;
	if (!failed(result))
		enter_namespaces(fd);
	if (!failed(result) && pid != 1) {
		self.init = result = start_helper(&self.to_init);
		if (!result)
			be_init(self.to_init);
	}
	if (failed(result))
		complain(fd, "ELFREEZE_PID=keep needs more processes, which cannot be made here", result);
	ask_witness(&self);
	self.to_group = 0;	/* came before there was a process, which is given it now */

	result = call(NR_clone3, &args, sizeof(args));
	if (failed(result))
		complain(fd, "ELFREEZE_PID=keep cannot start a process with the old pid", result);
	if (result) {
		self.pid = result;
		self.init = pid == 1 ? self.pid : self.init;
		supervise(&self);
	}
	call(NR_close, self.to_witness);
	if (self.to_init >= 0)
		call(NR_close, self.to_init);
	slots[SLOT_PID] = pid;
}
