/* SPDX-License-Identifier: Apache-2.0 */
/* How processes end and who inherits from them; signals, switches of the scheduler, page faults. */
#include "facts.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

/* ---- ends ---- */

static char core_folder[] = "/tmp/falco-live-XXXXXX";

static void die_dumping(void)
{
	const struct rlimit small = {4096, 4096};

	if (chdir(core_folder) < 0)
		_exit(1);
	setrlimit(RLIMIT_CORE, &small);
	prctl(PR_SET_DUMPABLE, 1);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void die_killed(void)
{
	raise(SIGKILL);
}

static void die_terminated(void)
{
	raise(SIGTERM);
}

static void (*const deaths[])(void) = {die_dumping, die_killed, die_terminated};

/* Whatever it is called here. */
static void remove_core(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/core", core_folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/core.%d", core_folder, pid);
	unlink(path);
	rmdir(core_folder);
}

static void act_ends(void)
{
	if (!mkdtemp(core_folder))
		_exit(1);
	for (unsigned i = 0; i < 3; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			deaths[i]();
		waitpid(pid, &status, 0);
		live_note(2 * i, pid);
		live_note(2 * i + 1, status);
	}
	remove_core((pid_t)live_noted(0));
}

static void check_ends(void)
{
	if (!WCOREDUMP(live_noted(1)))
		print_message("this machine leaves no core behind\n");
	assert_int_equal(live_noted(1) & 0x7f, SIGSEGV);
	check_exit(live_noted(0), live_noted(1), 0);
	check_exit(live_noted(2), SIGKILL, 0);
	check_exit(live_noted(4), SIGTERM, 0);
}

/* A child that lives until somebody else's process has it. */
static void make_orphan(void)
{
	pid_t parent = getpid();

	if (fork() != 0)
		return;
	while (getppid() == parent)
		usleep(1000);
	_exit(0);
}

/* A process that leaves a child: to the nearest ancestor that wants those. */
static void leave_child(void)
{
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	live_note(0, getpid());
	pid = fork();
	if (pid == 0) {
		live_note(1, getpid());
		make_orphan();
		_exit(7);
	}
	waitpid(pid, NULL, 0);
	wait(NULL);
}

static int outlive(void *unused)
{
	live_note(3, syscall(SYS_gettid));
	while (!strstr(proc_text("/proc/self/stat"), ") Z "))
		usleep(1000);
	syscall(SYS_exit_group, 6);
	return 0;
}

/* A leader that leaves a child to another thread. */
static void leave_thread(void)
{
	live_note(2, getpid());
	make_orphan();
	if (start_thread(outlive, NULL) < 0)
		_exit(1);
	syscall(SYS_exit, 5);
}

static void act_reapers(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	in_child(leave_child);
	in_child(leave_thread);
	wait(NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void check_reapers(void)
{
	check_exit(live_noted(1), 7 << 8, live_noted(0));
	check_exit(live_noted(0), 0, 0);
	check_exit(live_noted(2), 5 << 8, live_noted(3));
	check_exit(live_noted(3), 6 << 8, live_pid());
}

/* ---- signals ---- */

enum { READY, GOT, RECEIVER, OTHER };
enum way { BY_KILL, BY_TGKILL, BY_QUEUE };

static const struct sent {
	int sig;
	enum way way;
	bool told; /* who sent it */
} sent[] = {
	{SIGTERM, BY_KILL, true},
	{SIGHUP, BY_KILL, true},
	{SIGINT, BY_KILL, true},
	{SIGQUIT, BY_KILL, true},
	{SIGTSTP, BY_KILL, true},
	{SIGUSR1, BY_KILL, false},
	{SIGWINCH, BY_KILL, false},
	{SIGTERM, BY_TGKILL, true},
	{SIGINT, BY_QUEUE, true},
	{SIGUSR2, BY_QUEUE, false},
	{34, BY_KILL, true},
	{37, BY_QUEUE, true},
	{64, BY_TGKILL, true},
};
#define NSENT ((int)(sizeof(sent) / sizeof(*sent)))
/* What the kernel sends to the receiver, in this order. */
static const int from_kernel[] = {SIGALRM, SIGTERM, 40, 41};
#define NFROM_KERNEL 4

static void on_signal(int sig)
{
	__atomic_add_fetch(&shared->numbers[GOT], 1, __ATOMIC_SEQ_CST);
}

static void await_number(unsigned i, long n)
{
	while (__atomic_load_n(&shared->numbers[i], __ATOMIC_SEQ_CST) < n)
		usleep(1000);
}

/* The first timer of a process is number 0, as if nobody had sent it; the others are not. */
static void send_by_timer(int sig)
{
	const struct itimerspec soon = {.it_value.tv_nsec = 1};
	struct sigevent how = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &how, &timer) < 0 ||
		timer_create(CLOCK_MONOTONIC, &how, &timer) < 0)
		_exit(1);
	timer_settime(timer, 0, &soon, NULL);
}

/* By a descriptor that has something to read. */
static void send_by_fd(int sig)
{
	int fd[2];

	if (pipe(fd) < 0 || fcntl(fd[0], F_SETOWN, getpid()) < 0 ||
		fcntl(fd[0], F_SETSIG, sig) < 0 || fcntl(fd[0], F_SETFL, O_ASYNC) < 0 ||
		write(fd[1], "", 1) != 1)
		_exit(1);
}

static void receive(void)
{
	const struct itimerval soon = {.it_value.tv_usec = 1};
	pid_t pid;

	for (int i = 0; i < NSENT; i++)
		signal(sent[i].sig, on_signal);
	for (int i = 0; i < NFROM_KERNEL; i++)
		signal(from_kernel[i], on_signal);
	signal(SIGCHLD, on_signal);
	__atomic_store_n(&shared->numbers[READY], 1, __ATOMIC_SEQ_CST);
	await_number(GOT, NSENT);
	setitimer(ITIMER_REAL, &soon, NULL);
	await_number(GOT, NSENT + 1);
	send_by_timer(SIGTERM);
	await_number(GOT, NSENT + 2);
	send_by_timer(40);
	await_number(GOT, NSENT + 3);
	send_by_fd(41);
	await_number(GOT, NSENT + 4);
	pid = fork();
	if (pid == 0)
		_exit(0);
	shared->numbers[OTHER] = pid;
	await_number(GOT, NSENT + 5);
	__atomic_store_n(&shared->numbers[READY], 2, __ATOMIC_SEQ_CST);
	pause();
}

static void act_signals(void)
{
	const union sigval nothing = {0};
	pid_t pid;

	memset(shared->numbers, 0, sizeof(shared->numbers));
	pid = fork();
	if (pid == 0)
		receive();
	shared->numbers[RECEIVER] = pid;
	await_number(READY, 1);
	for (int i = 0; i < NSENT; i++) {
		if (sent[i].way == BY_QUEUE)
			sigqueue(pid, sent[i].sig, nothing);
		else if (sent[i].way == BY_TGKILL)
			syscall(SYS_tgkill, pid, pid, sent[i].sig);
		else
			kill(pid, sent[i].sig);
		await_number(GOT, i + 1);
	}
	await_number(READY, 2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void check_signal(size_t nth, int sig, int64_t from)
{
	const struct event *ev = live_of(EV_SIGNALDELIVER_E, shared->numbers[RECEIVER], nth);

	live_int(ev, 0, from);
	live_int(ev, 1, shared->numbers[RECEIVER]);
	live_uint(ev, 2, (uint64_t)sig);
}

static void check_signals(void)
{
	for (int i = 0; i < NSENT; i++)
		check_signal((size_t)i, sent[i].sig, sent[i].told ? live_pid() : 0);
	for (int i = 0; i < NFROM_KERNEL; i++)
		check_signal((size_t)(NSENT + i), from_kernel[i], 0);
	check_signal(NSENT + 4, SIGCHLD, shared->numbers[OTHER]);
	check_signal(NSENT + 5, SIGKILL, 0);
}

/* ---- the scheduler ---- */

#define ROUNDS 20

/* On one processor, ahead of everybody else: then either of two that wait follows the other. */
static void be_alone(void)
{
	const struct sched_param first = {.sched_priority = 1};
	cpu_set_t cpus, one;

	CPU_ZERO(&one);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	sched_setscheduler(0, SCHED_FIFO, &first);
}

static void take_turns(int in, int out)
{
	char c = 0;

	for (int i = 0; i < ROUNDS; i++)
		if (write(out, &c, 1) != 1 || read(in, &c, 1) != 1)
			_exit(1);
}

static void switch_over(void)
{
	int to[2], back[2];
	pid_t pid;

	be_alone();
	if (pipe(to) < 0 || pipe(back) < 0)
		_exit(1);
	pid = fork();
	note_facts(pid ? BEFORE : SECOND);
	if (pid)
		take_turns(back[0], to[1]);
	else
		take_turns(to[0], back[1]);
	note_facts(pid ? AFTER : THIRD);
	if (pid)
		waitpid(pid, NULL, 0);
}

static void act_switch(void)
{
	in_child(switch_over);
}

static bool switches(const struct event *ev, int64_t from, int64_t to)
{
	return (int64_t)ev->tid == from && event_i64(ev, 0) == to;
}

/* From one of the two to the other, while they took turns. */
static void check_turns(const struct facts *before, const struct facts *after, int64_t to)
{
	uint64_t end = live_of(EV_PROCEXIT_E, before->tid, 0)->ts;
	size_t n = 0;

	for (size_t i = 0; i < live_count(EV_SWITCH_E); i++) {
		const struct event *ev = live_nth(EV_SWITCH_E, i);

		if (!switches(ev, before->tid, to) || ev->ts > end ||
			event_u64(ev, 2) < before->minflt || event_u64(ev, 2) > after->minflt)
			continue;
		n++;
		between(ev, 1, before->majflt, after->majflt);
		live_uint(ev, 3, before->vm_size);
		check_resident(ev, 4, before, after);
		between(ev, 5, before->vm_swap, after->vm_swap);
	}
	assert_true(n > 0);
}

static void check_switch(void)
{
	const struct facts *child = facts_of(SECOND);
	const struct event *last = NULL;

	check_turns(facts_of(BEFORE), facts_of(AFTER), child->tid);
	check_turns(child, facts_of(THIRD), facts_of(BEFORE)->tid);
	for (size_t i = 0; i < live_count(EV_SWITCH_E); i++)
		if ((int64_t)live_nth(EV_SWITCH_E, i)->tid == child->tid)
			last = live_nth(EV_SWITCH_E, i);
	/* What has ended has no memory. */
	assert_true(last && last->ts > live_of(EV_PROCEXIT_E, child->tid, 0)->ts);
	between(last, 2, facts_of(THIRD)->minflt, UINT64_MAX);
	for (unsigned i = 3; i < 6; i++)
		live_uint(last, i, 0);
}

/* ---- page faults ---- */

#ifdef __x86_64__
#define FAULT_MISSING 0x2
#define FAULT_FORBIDDEN 0x1
#define FAULT_WRITE 0x4
#define FAULT_READ 0x8
#define FAULT_USER 0x10
#define FAULT_KERNEL 0x20
#define FAULT_FETCH 0x80

static char *fresh_page(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Writes there; returns the address of the instruction that does. */
static long write_to(char *at)
{
	long ip;

	asm volatile("lea 1f(%%rip), %0\n1:\tmovb $1, (%1)" : "=&r"(ip) : "r"(at) : "memory");
	return ip;
}

static void write_forbidden(void)
{
	char *page = fresh_page();

	*page = 1;
	mprotect(page, 4096, PROT_READ);
	live_note(4, (long)page);
	write_to(page);
}

static void run_data(void)
{
	char *page = fresh_page();

	*page = 1;
	live_note(5, (long)page);
	((void (*)(void))page)();
}

static long die_by(void (*what)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		const struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		what();
	}
	waitpid(pid, NULL, 0);
	return pid;
}

static void act_faults(void)
{
	char *page = fresh_page(), c;
	int fd[2];

	live_note(0, (long)page);
	live_note(1, write_to(page));
	page = fresh_page();
	live_note(2, (long)page);
	c = *(volatile char *)page;
	page = fresh_page();
	live_note(3, (long)page);
	if (c || pipe(fd) < 0 || write(fd[1], "", 1) != 1 || read(fd[0], page, 1) != 1)
		_exit(1);
	live_note(6, die_by(write_forbidden));
	live_note(7, die_by(run_data));
}

/* The last one of the task there: that is behind the one of a first use. */
static const struct event *fault_at(int64_t tid, long addr)
{
	const struct event *last = NULL, *ev;

	for (size_t i = 0; i < live_count(EV_PAGE_FAULT_E); i++) {
		ev = live_nth(EV_PAGE_FAULT_E, i);
		if ((int64_t)ev->tid == tid && event_u64(ev, 0) == (uint64_t)addr)
			last = ev;
	}
	if (!last)
		fail_msg("no page_fault at %#lx", addr);
	return last;
}

static void check_faults(void)
{
	const struct event *ev = fault_at(live_pid(), live_noted(0));

	live_uint(ev, 1, (uint64_t)live_noted(1));
	live_uint(ev, 2, FAULT_MISSING | FAULT_WRITE | FAULT_USER);
	live_uint(fault_at(live_pid(), live_noted(2)), 2, FAULT_MISSING | FAULT_READ | FAULT_USER);
	ev = fault_at(live_pid(), live_noted(3));
	assert_true(event_i64(ev, 1) < 0);
	live_uint(ev, 2, FAULT_MISSING | FAULT_WRITE | FAULT_KERNEL);
	live_uint(fault_at(live_noted(6), live_noted(4)), 2,
		FAULT_FORBIDDEN | FAULT_WRITE | FAULT_USER);
	ev = fault_at(live_noted(7), live_noted(5));
	live_uint(ev, 1, (uint64_t)live_noted(5));
	live_uint(ev, 2, FAULT_FORBIDDEN | FAULT_READ | FAULT_USER | FAULT_FETCH);
}
#else
static void act_faults(void)
{
}

static void check_faults(void)
{
	assert_int_equal(live_count(EV_PAGE_FAULT_E), 0);
}
#endif

static const struct live_case cases[] = {
	{"ends", act_ends, check_ends},
	{"who inherits children", act_reapers, check_reapers},
	{"signals", act_signals, check_signals},
	{"switches", act_switch, check_switch},
	{"page faults", act_faults, check_faults},
};

int main(void)
{
	facts_here();
	return live_run(cases, sizeof(cases) / sizeof(cases[0]));
}
