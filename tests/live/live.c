/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child waits until the probe is attached, then runs case after case.  Behind each it closes a
 * descriptor that nobody has: that event ends the case in the stream of records.
 */
#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "capture/live.h"
#include "capture/probe_check.h"
#include "capture/probe_targets.h"

#define SKIPPED 77
#define MARK (-100000)
#define OPEN_MARK 500
#define TIMEOUT_S 60
#define MAX_NOTES 64

struct recorded {
	struct event ev;
	size_t of; /* the case */
};

struct live_setup live_setup = {.resolve = true};

static VEC(struct recorded) records;
static long *notes; /* MAX_NOTES of each case, shared with the child */
static size_t current;
static pid_t child;

size_t live_current(void)
{
	return current;
}

/* ---- the child ---- */

long live_note(unsigned i, long value)
{
	notes[current * MAX_NOTES + i] = value;
	return value;
}

/*
 * The probe reads what a call is given where it is, without bringing it into memory, and a child
 * has no page of a file that it has not touched: a text of ours that the kernel did not look at,
 * because the call failed before, would be missing in the event now and then.
 */
static void bring_texts_into_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], may_read, slash;
	unsigned long from, to;

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %c%*3s %*x %*s %*u %c", &from, &to, &may_read, &slash) ==
				4 &&
			may_read == 'r' && slash == '/')
			madvise((void *)from, to - from, MADV_POPULATE_READ);
	if (maps)
		fclose(maps);
}

/* What is closed at the beginning and behind each case: not a descriptor, unless that is not told.
 */
static int mark_of(size_t i)
{
	return live_setup.drop_failed ? OPEN_MARK + (int)i : MARK - (int)i;
}

static void mark(size_t i)
{
	if (live_setup.drop_failed)
		dup2(STDERR_FILENO, mark_of(i));
	close(mark_of(i));
}

/* Without a probe the other end is closed, and there is nothing to do. */
static void run_child(const struct live_case *cases, size_t n, const int start[2])
{
	char c;

	close(start[1]);
	if (read(start[0], &c, 1) != 1)
		_exit(1);
	close(start[0]);
	bring_texts_into_memory();
	mark(0);
	for (current = 0; current < n; current++) {
		cases[current].act();
		mark(current + 1);
	}
	_exit(0);
}

#ifdef __x86_64__
const bool live_32 = true;

long live_call32(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	unsigned long e, unsigned long f)
{
	long ret;

	asm volatile("push %%rbp\n\tmov %[f], %%rbp\n\tint $0x80\n\tpop %%rbp"
		     : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [f] "r"(f)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}
#else
const bool live_32 = false;

long live_call32(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	unsigned long e, unsigned long f)
{
	return -1;
}
#define MAP_32BIT 0
#endif

void *live_low(const void *data, size_t n)
{
	void *p = mmap(
		NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return memcpy(p, data, n);
}

/* ---- the parent ---- */

long live_noted(unsigned i)
{
	return notes[current * MAX_NOTES + i];
}

pid_t live_pid(void)
{
	return child;
}

static bool missing[EV_MAX];

/* Types of events that no call makes are made by something else, on any machine. */
bool live_makes(uint16_t type)
{
	bool by_call = false, here = false;

	for (unsigned code = 1; code < SC_MAX; code++)
		if (syscall_table[code].event == (type | 1)) {
			by_call = true;
			here |= native_nr(code) >= 0;
		}
	missing[type] = by_call && !here;
	return !missing[type];
}

static void say_missing(void)
{
	for (unsigned type = 0; type < EV_MAX; type++)
		if (missing[type])
			print_message("SKIPPED: this machine has no %s\n", event_table[type].name);
	memset(missing, 0, sizeof(missing));
}

size_t live_count(uint16_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < records.n; i++)
		n += records.v[i].of == current && records.v[i].ev.type == type;
	return n;
}

const struct event *live_nth(uint16_t type, size_t nth)
{
	for (size_t i = 0; i < records.n; i++)
		if (records.v[i].of == current && records.v[i].ev.type == type && nth-- == 0)
			return &records.v[i].ev;
	fail_msg("no such event as %s (type %u)", event_table[type].name, type);
	return NULL;
}

const struct event *live_of(uint16_t type, int64_t tid, size_t nth)
{
	for (size_t i = 0; i < records.n; i++)
		if (records.v[i].of == current && records.v[i].ev.type == type &&
			(int64_t)records.v[i].ev.tid == tid && nth-- == 0)
			return &records.v[i].ev;
	fail_msg("no such event as %s (type %u) of %lld", event_table[type].name, type,
		(long long)tid);
	return NULL;
}

static const char *param_name(const struct event *ev, unsigned i)
{
	assert_true(i < ev->info->nparams);
	return ev->info->params[i].name;
}

void live_int(const struct event *ev, unsigned i, int64_t want)
{
	if (event_i64(ev, i) != want)
		fail_msg("%s.%s is %lld, not %lld", ev->info->name, param_name(ev, i),
			(long long)event_i64(ev, i), (long long)want);
}

void live_uint(const struct event *ev, unsigned i, uint64_t want)
{
	if (event_u64(ev, i) != want)
		fail_msg("%s.%s is %#llx, not %#llx", ev->info->name, param_name(ev, i),
			(unsigned long long)event_u64(ev, i), (unsigned long long)want);
}

void live_bytes(const struct event *ev, unsigned i, const void *want, size_t n)
{
	struct param p = event_param(ev, i);

	if (p.n != n || memcmp(p.p, want, n) != 0)
		fail_msg("%s.%s has %u bytes \"%.*s\", not the %zu expected", ev->info->name,
			param_name(ev, i), p.n, (int)p.n, (const char *)p.p, n);
}

void live_text(const struct event *ev, unsigned i, const char *want)
{
	live_bytes(ev, i, want, strlen(want) + 1);
}

void live_empty(const struct event *ev, unsigned i)
{
	if (event_param(ev, i).n)
		fail_msg("%s.%s is not empty", ev->info->name, param_name(ev, i));
}

/* Keeps a copy, from the first mark on. True: it was the mark of the last case. */
static bool keep(const struct event *ev, size_t ncases, size_t *marks)
{
	struct recorded r = {.of = *marks - 1};
	uint8_t *copy = mem_alloc(ev->len);
	bool mark = false;

	memcpy(copy, ev->rec, ev->len);
	if (event_view(&r.ev, copy, ev->len) == 0 && event_decode(&r.ev) == 0) {
		mark = ev->type == EV_CLOSE_X && event_i64(&r.ev, 1) == mark_of(*marks);
		if (!mark && *marks) {
			vec_push(&records, r);
			return false;
		}
	}
	free(copy);
	return mark && (*marks)++ == ncases;
}

static bool record(struct source *s, size_t ncases)
{
	time_t deadline = time(NULL) + TIMEOUT_S;
	struct event ev;
	size_t marks = 0;

	while (time(NULL) < deadline)
		if (source_next(s, &ev) == SOURCE_EVENT && keep(&ev, ncases, &marks))
			return true;
	fprintf(stderr, "the events of case %zu of %zu did not come\n", marks, ncases);
	return false;
}

static const struct live_case *all_cases;

static void check_case(void **state)
{
	const struct live_case *c = *state;

	current = (size_t)(c - all_cases);
	c->check();
	say_missing();
}

static int check_all(const struct live_case *cases, size_t n)
{
	struct CMUnitTest *tests = mem_zalloc(n * sizeof(*tests));
	int status;

	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){.name = cases[i].name,
			.test_func = check_case,
			.initial_state = (void *)&cases[i]};
	all_cases = cases;
	status = _cmocka_run_group_tests("live", tests, n, NULL, NULL);
	free(tests);
	return status;
}

static void warn(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* FALCO_LIVE_ATTACH=per_call: attached to the functions of calls (tools/kernels). */
static int attach_mode(void)
{
	const char *mode = getenv("FALCO_LIVE_ATTACH");

	return mode && strcmp(mode, "per_call") == 0 ? PER_CALL : PER_KERNEL;
}

/* Codes of what is told by tracepoints of its own have no number of a call. */
static bool is_tracepoint(unsigned code)
{
	const struct syscall_info *call = &syscall_table[code];

	return call->nr_x86_64 < 0 && call->nr_i386 < 0 && call->nr_aarch64 < 0;
}

/*
 * FALCO_LIVE_CALLS: names with blanks between, of calls or of the events that they make, of the
 * only ones wanted; else all are.
 */
static void want(bool wanted[SC_MAX])
{
	const char *asked = getenv("FALCO_LIVE_CALLS"), *names = asked ? asked : live_setup.calls;
	char *copy = names ? mem_strdup(names) : NULL, *next = copy, *name;

	for (unsigned code = 0; code < SC_MAX; code++)
		wanted[code] = !names || code == SC_CLOSE || is_tracepoint(code);
	while ((name = strsep(&next, " ")) && names)
		for (unsigned code = 1; code < SC_MAX; code++)
			wanted[code] |=
				strcmp(syscall_table[code].name, name) == 0 ||
				strcmp(event_table[syscall_table[code].event].name, name) == 0;
	free(copy);
}

static struct source *open_probe(void)
{
	struct live_config c = {.probe = {.scope = PROBE_PID,
					.cpus_per_ring = 1,
					.ring_bytes = 1 << 20,
					.drop_failed = live_setup.drop_failed,
					.detail = {.snaplen = 80, .resolve = live_setup.resolve},
					.per_call = attach_mode(),
					.warn = warn},
		.scope = {.kind = PROC_SCOPE_PID, .pid = child}};
	const struct machine_sink sink = {0};
	struct source *s;
	bool wanted[SC_MAX];
	char err[512];

	want(wanted);
	s = live_open(&c, wanted, &sink, err);
	if (!s)
		fprintf(stderr, "%s\n", err);
	return s;
}

bool live_sees_beginnings(void)
{
	return probe_check_beginnings();
}

int live_run(const struct live_case *cases, size_t n)
{
	int start[2], status = 1;
	struct source *s;

	if (geteuid() != 0 || access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		printf("SKIPPED: live capture takes root and a kernel with BTF\n");
		return SKIPPED;
	}
	notes = mmap(NULL, n * MAX_NOTES * sizeof(*notes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (notes == MAP_FAILED || pipe(start) < 0)
		return 1;
	child = fork();
	if (child == 0)
		run_child(cases, n, start);
	s = open_probe();
	if (s && write(start[1], "", 1) == 1 && record(s, n))
		status = check_all(cases, n);
	close(start[1]);
	source_close(s);
	waitpid(child, NULL, 0);
	for (size_t i = 0; i < records.n; i++)
		free((void *)records.v[i].ev.rec);
	vec_done(&records);
	return status;
}
