/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random events that contradict each other, and what has to hold after every one of them: groups
 * and relations are sound, lines of ancestors end, and a thread's version says whether anything
 * that fields show of its process has changed.
 */
#include "state_clone.h"

#include "base/buf.h"
#include "random_event.h"

static void check_thread(struct world *w, struct thread *t, size_t nthreads)
{
	size_t steps = 0, children = 0;

	for (struct thread *p = t; p; p = p->parent)
		assert_true(steps++ <= nthreads);
	steps = 0;
	for (struct thread *p = t; p; p = thread_parent(p))
		assert_true(steps++ <= nthreads);
	for (struct thread *c = t->children; c; c = c->sibling, children++) {
		assert_ptr_equal(c->parent, t);
		assert_int_equal(c->ptid, t->tid);
	}
	assert_int_equal(children, t->nchildren);
	assert_ptr_equal(state_thread(w->s, t->tid), t);
}

static void check_group(struct group *g)
{
	uint32_t n = 0, alive = 0;

	for (struct thread *t = g->threads; t; t = t->peers, n++) {
		assert_ptr_equal(t->group, g);
		alive += !t->dead && !t->invalid;
	}
	assert_int_equal(n, g->nthreads);
	assert_int_equal(alive, g->nalive);
	if (g->leader)
		assert_ptr_equal(g->threads, g->leader);
}

/* ---- everything that fields show of a process, as text ---- */

static void put_text(struct buf *b, const struct istr *i)
{
	buf_str(b, istr_str(i));
	buf_char(b, '|');
}

static void put_ancestor(struct buf *b, const struct thread *t)
{
	buf_printf(b, "%lld %lld %lld %llu ", (long long)t->tid, (long long)t->pid,
		(long long)t->vpid, (unsigned long long)t->clone_ts);
	put_text(b, t->comm);
	put_text(b, t->exe);
	put_text(b, t->exepath);
	put_text(b, t->args);
	put_text(b, t->group->env);
}

static struct buf describe(struct thread *t)
{
	struct buf b = {0};

	put_ancestor(&b, t);
	buf_str(&b, thread_cwd(t));
	put_text(&b, t->container_id);
	put_text(&b, t->cgroups);
	buf_printf(&b, "%lld %lld %lld %lld %u %u %u %u %llx %llx %llx %llu", (long long)t->vtid,
		(long long)t->sid, (long long)t->pgid, (long long)t->vpgid, t->uid, t->gid,
		t->loginuid, t->tty, (unsigned long long)t->cap_inheritable,
		(unsigned long long)t->cap_permitted, (unsigned long long)t->cap_effective,
		(unsigned long long)t->exe_ino);
	for (struct thread *p = t->parent; p; p = p->parent)
		put_ancestor(&b, p);
	buf_char(&b, '/');
	for (struct thread *p = thread_parent(t); p; p = thread_parent(p))
		put_ancestor(&b, p);
	for (size_t i = 0; i < b.n; i++)
		if (!b.p[i])
			b.p[i] = '~';
	return b;
}

struct seen {
	uint32_t version;
	struct buf text;
};

static void forget_seen(struct thread *t)
{
	struct seen *seen = t->verdicts;

	if (seen)
		buf_done(&seen->text);
	free(seen);
	t->verdicts = NULL;
}

/* The same version has to mean the same facts. */
static void check_version(struct thread *t)
{
	struct seen *seen = t->verdicts;
	struct buf now = describe(t);

	if (seen && seen->version == t->version && !str_eq(buf_view(&seen->text), buf_view(&now)))
		fail_msg("thread %lld has changed from\n%s\nto\n%s", (long long)t->tid,
			buf_cstr(&seen->text), buf_cstr(&now));
	forget_seen(t);
	t->verdicts = seen = mem_zalloc(sizeof(*seen));
	seen->version = t->version;
	seen->text = now;
}

static void check_all(struct world *w)
{
	struct state_stats st;
	size_t found = 0;

	state_get_stats(w->s, &st);
	for (int64_t tid = 0; tid < 1200; tid++) {
		struct thread *t = state_thread(w->s, tid);

		if (!t)
			continue;
		found++;
		check_thread(w, t, st.threads);
		check_version(t);
		check_group(t->group);
	}
	assert_true(found <= st.threads);
}

static const uint16_t types[] = {EV_CLONE_X, EV_CLONE3_X, EV_FORK_X, EV_VFORK_X, EV_EXECVE_X,
	EV_EXECVE_E, EV_EXECVEAT_X, EV_EXECVEAT_E, EV_PROCEXIT_E, EV_PRCTL_X, EV_CHDIR_X,
	EV_FCHDIR_X, EV_GETCWD_X, EV_CHROOT_X, EV_UNSHARE_X, EV_SETNS_X, EV_SETUID_X,
	EV_SETRESGID_X, EV_CAPSET_X, EV_SETSID_X, EV_PRLIMIT_X, EV_SWITCH_E, EV_OPENAT_X,
	EV_DUP_1_X, EV_CLOSE_X, EV_USERADDED_E, EV_GROUPDELETED_E, EV_GETUID_X};

static void run_stream(uint64_t seed, const struct state_config *config)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct random_events *r = mem_zalloc(sizeof(*r));

	world_init(w, config);
	world_ready(w);
	state_on_thread_gone(w->s, forget_seen);
	r->seed = seed;
	r->ts = w->ts;
	for (int i = 0; i < 5000; i++) {
		random_event(r, types, ARRAY_SIZE(types), &w->ev);
		arena_reset(&w->arena);
		w->ctx = (struct event_ctx){.arena = &w->arena};
		state_apply(w->s, &w->ev, &w->ctx);
		check_all(w);
	}
	free(r);
	world_done(w);
	free(w);
}

static void test_random(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++)
		run_stream(seed, &(struct state_config){0});
}

static void test_random_small(void **state)
{
	for (uint64_t seed = 11; seed <= 14; seed++) {
		run_stream(seed, &(struct state_config){.max_threads = 5, .max_fds = 4});
		run_stream(seed, &(struct state_config){.budget_bytes = 100000});
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
