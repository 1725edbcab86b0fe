/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two states see the same events: one applies them all, the other absorbs those that it can.  They
 * must stay the same: on the bundled capture, on those in $FALCO_SHARED/oracle/captures (skipped
 * when absent), and with random events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <glob.h>

#include "base/mem.h"
#include "capture/scap_read.h"
#include "event/convert.h"
#include "random_event.h"
#include "state/state.h"

struct pair {
	struct state *applying, *absorbing;
	struct machine_sink sinks[2];
	struct arena arena;
	size_t absorbed[EV_MAX];
};

/* ---- lists go to both ---- */

#define BOTH(name, type)                                                                           \
	static void both_##name(void *arg, const struct machine_##type *x)                         \
	{                                                                                          \
		struct pair *p = arg;                                                              \
                                                                                                   \
		for (int i = 0; i < 2; i++)                                                        \
			p->sinks[i].name(p->sinks[i].arg, x);                                      \
	}

BOTH(info, info)
BOTH(proc, proc)
BOTH(fd, fd)
BOTH(user, user)
BOTH(iface, iface)

static void both_reset(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 2; i++)
		p->sinks[i].reset(p->sinks[i].arg);
}

static void both_ready(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 2; i++)
		p->sinks[i].ready(p->sinks[i].arg);
}

static struct machine_sink pair_sink(struct pair *p)
{
	return (struct machine_sink){
		.arg = p,
		.reset = both_reset,
		.info = both_info,
		.proc = both_proc,
		.fd = both_fd,
		.user = both_user,
		.iface = both_iface,
		.ready = both_ready,
	};
}

static struct pair *pair_new(const struct state_config *config)
{
	struct pair *p = mem_zalloc(sizeof(*p));

	p->applying = state_new(config);
	p->absorbing = state_new(config);
	p->sinks[0] = state_sink(p->applying);
	p->sinks[1] = state_sink(p->absorbing);
	arena_init(&p->arena, 0);
	return p;
}

static void pair_free(struct pair *p)
{
	state_free(p->applying);
	state_free(p->absorbing);
	arena_done(&p->arena);
	free(p);
}

/* ---- events ---- */

/* As a reader offers them. */
static bool offered(const struct pair *p, const struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;

	return state_needs(p->absorbing, ev->type) == NEED_OFFERED &&
	       h->nparams == convert_usual[ev->type] && !(ev->flags & EVENT_STATE_ONLY);
}

static void apply(struct pair *p, struct state *s, struct event *ev)
{
	struct event_ctx ctx = {.arena = &p->arena};

	arena_reset(&p->arena);
	state_apply(s, ev, &ctx);
}

static void feed(struct pair *p, struct event *ev)
{
	apply(p, p->applying, ev);
	if (offered(p, ev) && state_absorb(p->absorbing, (const void *)ev->rec))
		p->absorbed[ev->type]++;
	else
		apply(p, p->absorbing, ev);
}

/* ---- whether they are the same ---- */

struct fds {
	VEC(const struct fd *) v;
	VEC(int64_t) nums;
};

static void collect(void *arg, int64_t num, struct fd *fd)
{
	struct fds *fds = arg;

	vec_push(&fds->v, fd);
	vec_push(&fds->nums, num);
}

static void check_fds(const struct thread *a, const struct thread *b)
{
	struct fds fa = {0}, fb = {0};

	fd_table_each(a->group->fds, collect, &fa);
	fd_table_each(b->group->fds, collect, &fb);
	assert_int_equal(fa.v.n, fb.v.n);
	for (size_t i = 0; i < fa.v.n; i++) {
		const struct fd *x = fa.v.v[i], *y = fb.v.v[i];

		assert_int_equal(fa.nums.v[i], fb.nums.v[i]);
		assert_int_equal(x->type, y->type);
		assert_int_equal(x->l4, y->l4);
		assert_int_equal(x->naming, y->naming);
		assert_int_equal(x->flags, y->flags);
		assert_int_equal(x->open_flags, y->open_flags);
		assert_int_equal(x->dev, y->dev);
		assert_int_equal(x->ino, y->ino);
		assert_ptr_equal(x->name_raw, y->name_raw);
		assert_true(str_eq(fd_name((struct fd *)x), fd_name((struct fd *)y)));
	}
	vec_done(&fa.v);
	vec_done(&fb.v);
	vec_done(&fa.nums);
	vec_done(&fb.nums);
}

static void check_proc(void *arg, const struct machine_proc *proc)
{
	const struct pair *p = arg;
	const struct thread *a = state_thread(p->applying, proc->tid);
	const struct thread *b = state_thread(p->absorbing, proc->tid);

	assert_non_null(b);
	assert_int_equal(a->invalid, b->invalid);
	assert_int_equal(a->lastevent_ts, b->lastevent_ts);
	check_fds(a, b);
}

/* One event that nobody absorbs, so that nothing is left for the next. */
static void settle(struct pair *p, uint64_t ts)
{
	uint8_t rec[64];
	struct event ev = {0};
	size_t len = event_encode(rec, ts, -1, EV_DROP_E, NULL, 0);

	assert_int_equal(event_view(&ev, rec, len), 0);
	feed(p, &ev);
}

static void check(struct pair *p)
{
	const struct machine_sink out = {.arg = p, .proc = check_proc};
	struct state_stats a, b;

	state_get_stats(p->applying, &a);
	state_get_stats(p->absorbing, &b);
	assert_int_equal(a.threads, b.threads);
	assert_int_equal(a.fds, b.fds);
	assert_int_equal(a.fds_added, b.fds_added);
	assert_int_equal(a.fds_removed, b.fds_removed);
	assert_int_equal(a.missing_fds, b.missing_fds);
	assert_int_equal(a.missing_threads, b.missing_threads);
	state_dump(p->applying, &out);
}

/* ---- captures ---- */

static void replay(const char *path, size_t absorbed[EV_MAX])
{
	const struct state_config config = {0};
	struct pair *p = pair_new(&config);
	struct machine_sink sink = pair_sink(p);
	struct source *source;
	struct event ev;
	char error[512];

	source = scap_open(path, &sink, error);
	if (!source)
		fail_msg("%s", error);
	for (size_t n = 1; source_next(source, &ev) == SOURCE_EVENT; n++) {
		uint64_t ts = ev.ts;

		feed(p, &ev);
		if (n % 20000 == 0) {
			settle(p, ts);
			check(p);
		}
	}
	settle(p, UINT64_MAX);
	check(p);
	for (size_t i = 0; i < EV_MAX; i++)
		absorbed[i] += p->absorbed[i];
	source_close(source);
	pair_free(p);
}

static void test_bundled(void **unused)
{
	size_t absorbed[EV_MAX] = {0};

	replay(BUILD_ROOT "/demo.scap", absorbed);
	assert_true(absorbed[EV_CLOSE_X] > 0);
}

static void test_shared(void **unused)
{
	const char *shared = getenv("FALCO_SHARED");
	size_t absorbed[EV_MAX] = {0};
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/oracle/captures/*.scap*",
		shared ? shared : SOURCE_ROOT "/../shared");
	if (glob(pattern, 0, NULL, &found) != 0) {
		print_message("SKIP: no captures at %s\n", pattern);
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		replay(found.gl_pathv[i], absorbed);
	assert_true(absorbed[EV_OPENAT_X] > 10000);
	assert_true(absorbed[EV_CLOSE_X] > 10000);
	assert_true(absorbed[EV_READ_X] > 1000);
	assert_true(absorbed[EV_RECVFROM_X] > 1000);
	assert_true(absorbed[EV_SENDTO_X] > 1000);
	globfree(&found);
}

/* ---- random events ---- */

static const uint16_t types[] = {EV_OPEN_E, EV_OPEN_X, EV_OPENAT_E, EV_OPENAT_X, EV_OPENAT2_X,
	EV_CLOSE_X, EV_READ_X, EV_READV_X, EV_WRITE_X, EV_PWRITE_X, EV_RECVFROM_X, EV_RECVMSG_X,
	EV_SENDTO_X, EV_SENDMSG_X, EV_SOCKET_X, EV_CONNECT_X, EV_ACCEPT4_X, EV_DUP2_X, EV_FORK_X,
	EV_CLONE3_X, EV_EXECVE_X, EV_PROCEXIT_E, EV_CHDIR_X};

static void run_random(uint64_t seed, const struct state_config *config, size_t *absorbed)
{
	struct pair *p = pair_new(config);
	struct random_events *r = mem_zalloc(sizeof(*r));
	struct event ev = {0};

	both_reset(p);
	both_ready(p);
	r->seed = seed;
	r->ts = 1000;
	for (int n = 1; n <= 20000; n++) {
		random_event(r, types, ARRAY_SIZE(types), &ev);
		feed(p, &ev);
		if (n % 100 == 0) {
			settle(p, ev.ts);
			check(p);
		}
	}
	for (size_t i = 0; i < EV_MAX; i++)
		*absorbed += p->absorbed[i];
	free(r);
	pair_free(p);
}

static void test_random(void **unused)
{
	size_t absorbed = 0;

	for (uint64_t seed = 1; seed <= 6; seed++) {
		run_random(seed, &(struct state_config){0}, &absorbed);
		run_random(seed, &(struct state_config){.max_fds = 4}, &absorbed);
	}
	assert_true(absorbed > 1000);
}

/* Whatever the lengths are, nothing outside of the record is touched (sanitizers watch). */
static void test_hostile_lengths(void **unused)
{
	const struct machine_proc proc = {.tid = 7, .pid = 7, .ptid = 1, .comm = STR("x")};
	struct pair *p = pair_new(&(struct state_config){0});
	unsigned seed = 1;

	both_reset(p);
	both_proc(p, &proc);
	both_ready(p);
	settle(p, 1);
	for (int n = 0; n < 100000; n++) {
		uint16_t type = types[(unsigned)rand_r(&seed) % ARRAY_SIZE(types)];
		uint32_t len = EVENT_HEADER_SIZE + (uint32_t)rand_r(&seed) % 80;
		struct event_header h = {.ts = (uint64_t)n,
			.tid = 7,
			.len = len,
			.type = type,
			.nparams = convert_usual[type]};
		uint8_t *rec = mem_alloc(len);

		for (uint32_t i = EVENT_HEADER_SIZE; i < len; i++)
			rec[i] = rand_r(&seed) % 3 ? 8 * !(i & 1) : (uint8_t)rand_r(&seed);
		memcpy(rec, &h, sizeof(h));
		if (state_needs(p->absorbing, type) == NEED_OFFERED)
			state_absorb(p->absorbing, (const void *)rec);
		free(rec);
	}
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundled),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_hostile_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
