/* SPDX-License-Identifier: Apache-2.0 */
/* Threads come and go: clones from both sides, exits, reaping, ids used again, events missed. */
#include "state_clone.h"

#define SECOND UINT64_C(1000000000)

static int setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, &(struct state_config){0});
	world_ready(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

static void caller_side(struct world *w, int64_t child, uint32_t flags)
{
	emit_clone(w, EV_CLONE_X, 100,
		&(struct clone_args){.res = child, .pid = 100, .ptid = 1, .flags = flags});
}

static void child_side(struct world *w, int64_t child, uint32_t flags)
{
	emit_clone(w, EV_CLONE_X, child,
		&(struct clone_args){.pid = child, .ptid = 100, .flags = flags});
}

static void assert_child(struct world *w, int64_t tid)
{
	struct thread *t = state_thread(w->s, tid);

	assert_non_null(t);
	assert_int_equal(t->pid, tid);
	assert_int_equal(t->ptid, 100);
	assert_ptr_equal(t->parent, state_thread(w->s, 100));
	assert_ptr_equal(thread_parent(t), state_thread(w->s, 100));
	assert_text(t->comm, "proc");
	assert_text(t->exe, "/bin/proc");
	assert_text(t->exepath, "/bin/proc");
	assert_text(t->group->cwd, "/home/u/");
	assert_int_equal(t->uid, 7);
	assert_int_equal(t->gid, 8);
	assert_int_equal(t->fdlimit, 1024);
	assert_int_equal(t->vmsize_kb, 30);
	assert_int_equal(t->sid, 100);
	assert_int_equal(t->vpid, tid);
	assert_int_equal(t->group->nalive, 1);
	assert_int_equal(t->parent->nchildren, 1);
	assert_true(str_is(thread_cmdline(t), "proc -a b"));
}

static void test_caller_first(void **state)
{
	struct world *w = *state;

	caller_side(w, 200, 0);
	assert_child(w, 200);
	assert_ptr_equal(w->ctx.thread, state_thread(w->s, 100));
	child_side(w, 200, 0);
	assert_child(w, 200);
	assert_ptr_equal(w->ctx.thread, state_thread(w->s, 200));
	assert_false(w->ctx.thread->flags & CL_INVERTED);
}

static void test_child_first(void **state)
{
	struct world *w = *state;

	child_side(w, 200, 0);
	assert_child(w, 200);
	assert_ptr_equal(w->ctx.thread, state_thread(w->s, 200));
	caller_side(w, 200, 0);
	assert_child(w, 200);
	assert_true(state_thread(w->s, 200)->flags & CL_INVERTED);
}

static void test_failed_clone(void **state)
{
	struct world *w = *state;

	caller_side(w, -11, 0);
	assert_null(state_thread(w->s, -11));
	assert_int_equal(state_thread(w->s, 100)->nchildren, 0);
}

/* The child may be gone before its parent's vfork returns. */
static void test_vfork(void **state)
{
	struct world *w = *state;

	emit_clone(w, EV_VFORK_X, 200,
		&(struct clone_args){.pid = 200, .ptid = 100, .flags = CL_VFORK | CL_VM});
	emit_exec(w, 200, 100, "ls", "/bin/ls");
	emit_exit(w, 200, 0);
	emit_clone(w, EV_VFORK_X, 100,
		&(struct clone_args){.res = 200, .pid = 100, .ptid = 1, .flags = CL_VFORK});
	assert_null(state_thread(w->s, 200));
	assert_int_equal(state_thread(w->s, 100)->nchildren, 0);
	/* So it is never the parent that makes it. */
	caller_side(w, 201, CL_VFORK | CL_VM);
	assert_null(state_thread(w->s, 201));
}

static void test_exit_before_callers_event(void **state)
{
	struct world *w = *state;

	child_side(w, 200, 0);
	emit_exit(w, 200, 0);
	caller_side(w, 200, 0);
	assert_null(state_thread(w->s, 200));
	/* Long after, the same ids are a new child. */
	w->ts += 3 * SECOND;
	caller_side(w, 200, 0);
	assert_child(w, 200);
}

/* The parent of a thread is that of the caller. */
static void test_exit_of_thread_before_callers_event(void **state)
{
	struct world *w = *state;
	uint32_t flags = CL_THREAD | CL_FILES | CL_VM;

	emit_clone(
		w, EV_CLONE3_X, 101, &(struct clone_args){.pid = 100, .ptid = 1, .flags = flags});
	assert_non_null(state_thread(w->s, 101));
	emit_exit(w, 101, 0);
	caller_side(w, 101, flags);
	assert_null(state_thread(w->s, 101));
}

static void test_pid_namespace(void **state)
{
	struct world *w = *state;
	struct thread *t;

	caller_side(w, 2, CL_NEWPID);
	assert_null(state_thread(w->s, 2));
	emit_clone(w, EV_CLONE_X, 200,
		&(struct clone_args){
			.pid = 200, .ptid = 100, .flags = CL_NEWPID, .vtid = 1, .vpid = 1});
	t = state_thread(w->s, 200);
	assert_int_equal(t->vpid, 1);
	assert_int_equal(t->pidns_init_start_ts, 5000);
	assert_true(t->group->reaper);
	/* Its own children's tids are not the host's. */
	emit_clone(w, EV_CLONE_X, 200,
		&(struct clone_args){.res = 2,
			.pid = 200,
			.ptid = 100,
			.flags = CL_CHILD_IN_PIDNS,
			.vtid = 1,
			.vpid = 1});
	assert_null(state_thread(w->s, 2));
	/* Old captures do not say so in the flags. */
	emit_clone(w, EV_CLONE_X, 200,
		&(struct clone_args){.res = 3, .pid = 200, .ptid = 100, .vtid = 1, .vpid = 1});
	assert_null(state_thread(w->s, 3));
}

/* Process 200 makes one with tid 202 of the host, 3 in their namespace; it tells so itself. */
static void child_in_namespace(struct world *w, int64_t res)
{
	emit_clone(w, EV_CLONE_X, res ? 200 : 202,
		&(struct clone_args){.res = res,
			.pid = res ? 200 : 202,
			.ptid = res ? 100 : 200,
			.flags = CL_CHILD_IN_PIDNS,
			.vtid = res ? 2 : 3,
			.vpid = res ? 2 : 3});
}

static void start_namespace(struct world *w)
{
	emit_clone(w, EV_CLONE_X, 200,
		&(struct clone_args){
			.pid = 200, .ptid = 100, .flags = CL_NEWPID, .vtid = 2, .vpid = 2});
	assert_text(state_thread(w->s, 200)->exepath, "/bin/proc");
}

static uint64_t threads_known(struct world *w)
{
	struct state_stats stats;

	state_get_stats(w->s, &stats);
	return stats.threads;
}

static void test_parent_in_namespace_ends_first(void **state)
{
	struct world *w = *state;
	struct thread *t;

	start_namespace(w);
	child_in_namespace(w, 3);
	emit_exit(w, 200, 100);
	emit_nothing(w);
	child_in_namespace(w, 0);
	t = state_thread(w->s, 202);
	assert_text(t->exepath, "/bin/proc");
	assert_text(t->group->cwd, "/home/u/");
	emit_nothing(w);
	assert_null(state_thread(w->s, 200));
	assert_ptr_equal(t->parent, state_thread(w->s, 100));
}

static void test_child_in_namespace_came_before(void **state)
{
	struct world *w = *state;

	start_namespace(w);
	child_in_namespace(w, 0);
	child_in_namespace(w, 3);
	emit_exit(w, 200, 100);
	emit_nothing(w);
	assert_null(state_thread(w->s, 200));
}

static void test_child_in_namespace_never_comes(void **state)
{
	struct world *w = *state;
	uint64_t before = threads_known(w);

	for (int64_t i = 0; i < 500; i++) {
		start_namespace(w);
		child_in_namespace(w, 3);
		emit_exit(w, 200, 100);
		if (i % 2) /* else the pid comes around at once */
			emit_nothing(w);
	}
	assert_int_equal(threads_known(w), before + 1);
	w->ts += 2 * SECOND;
	emit_nothing(w);
	assert_null(state_thread(w->s, 200));
	assert_int_equal(threads_known(w), before);
}

static void test_few_wait_for_children(void **state)
{
	struct world *w = *state;
	uint64_t before = threads_known(w);

	for (int64_t tid = 300; tid < 800; tid++) {
		emit_clone(w, EV_CLONE_X, tid,
			&(struct clone_args){
				.pid = tid, .ptid = 100, .flags = CL_NEWPID, .vtid = 2, .vpid = 2});
		emit_clone(w, EV_CLONE_X, tid,
			&(struct clone_args){
				.res = 3, .pid = tid, .ptid = 100, .vtid = 2, .vpid = 2});
		emit_exit(w, tid, 100);
	}
	emit_nothing(w);
	assert_in_range(threads_known(w), before + 1, before + 100);
	assert_non_null(state_thread(w->s, 799));
	assert_null(state_thread(w->s, 300));
}

static void test_stale_thread_is_replaced(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 200, 0);
	fork_child(w, 200, 201, CL_PTHREAD);
	emit_exec(w, 200, 100, "old", "/bin/old");
	fork_child(w, 200, 202, CL_PTHREAD);
	/* Their exits are missed; the pid comes around again. */
	w->ts += 3 * SECOND;
	child_side(w, 200, 0);
	assert_child(w, 200);
	assert_null(state_thread(w->s, 202));
	w->ts += 3 * SECOND;
	caller_side(w, 200, 0);
	assert_true(state_thread(w->s, 200)->flags & CL_INVERTED);
	assert_child(w, 200);
}

/* ---- threads of a process ---- */

static void test_threads(void **state)
{
	struct world *w = *state;
	struct thread *leader, *t;

	fork_child(w, 100, 101, CL_PTHREAD);
	fork_child(w, 101, 102, CL_PTHREAD);
	leader = state_thread(w->s, 100);
	t = state_thread(w->s, 102);
	assert_int_equal(t->pid, 100);
	assert_int_equal(t->ptid, 1);
	assert_ptr_equal(t->group, leader->group);
	assert_ptr_equal(thread_leader(t), leader);
	assert_ptr_equal(thread_parent(t), state_thread(w->s, 1));
	assert_int_equal(leader->group->nalive, 3);
	emit_exit(w, 101, -1);
	assert_int_equal(leader->group->nalive, 2);
	emit_nothing(w);
	assert_null(state_thread(w->s, 101));
	assert_int_equal(leader->group->nthreads, 2);
}

static void test_leader_dies_first(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 101, CL_PTHREAD);
	emit_exit(w, 100, -1);
	emit_nothing(w);
	assert_non_null(state_thread(w->s, 100));
	assert_true(state_thread(w->s, 100)->dead);
	assert_true(str_is(thread_cwd(state_thread(w->s, 101)), "/home/u/"));
	emit_exit(w, 101, -1);
	emit_nothing(w);
	assert_null(state_thread(w->s, 101));
	assert_null(state_thread(w->s, 100));
}

static void test_exec_of_non_leader(void **state)
{
	struct world *w = *state;
	struct thread *t;

	fork_child(w, 100, 101, CL_PTHREAD);
	fork_child(w, 100, 102, CL_PTHREAD);
	fork_child(w, 101, 300, 0);
	emit_exit(w, 100, -1);
	emit_exec(w, 100, 1, "new", "/bin/new");
	t = state_thread(w->s, 100);
	assert_false(t->dead);
	assert_text(t->comm, "new");
	assert_null(state_thread(w->s, 101));
	assert_null(state_thread(w->s, 102));
	assert_int_equal(t->group->nalive, 1);
	assert_int_equal(t->group->nthreads, 1);
	assert_ptr_equal(state_thread(w->s, 300)->parent, t);
}

/* What a child's clone3 says of its flags may be left-over memory; its ids are facts. */
static void test_clone3_flags_of_child(void **state)
{
	struct world *w = *state;
	struct thread *t;

	emit_clone(w, EV_CLONE3_X, 101,
		&(struct clone_args){.pid = 100, .ptid = 1, .flags = CL_FS | CL_NEWNS});
	t = state_thread(w->s, 101);
	assert_ptr_equal(t->group, state_thread(w->s, 100)->group);
	assert_text(t->group->cwd, "/home/u/");
	emit_clone(w, EV_CLONE3_X, 200,
		&(struct clone_args){.pid = 200, .ptid = 100, .flags = CL_THREAD | CL_FS});
	t = state_thread(w->s, 200);
	assert_ptr_not_equal(t->group, state_thread(w->s, 100)->group);
	assert_ptr_equal(t->parent, state_thread(w->s, 100));
}

/* ---- reaping ---- */

static void test_kernel_names_reaper(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 200, 0);
	fork_child(w, 200, 300, 0);
	fork_child(w, 100, 201, 0);
	emit_exit(w, 200, 201);
	emit_nothing(w);
	assert_int_equal(state_thread(w->s, 300)->ptid, 201);
	assert_ptr_equal(state_thread(w->s, 300)->parent, state_thread(w->s, 201));
	assert_true(state_thread(w->s, 201)->group->reaper);
}

static void test_sibling_thread_reaps(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 101, CL_PTHREAD);
	fork_child(w, 101, 300, 0);
	assert_int_equal(state_thread(w->s, 300)->ptid, 101);
	emit_exit(w, 101, 0);
	emit_nothing(w);
	assert_int_equal(state_thread(w->s, 300)->ptid, 100);
}

static void test_subreaper(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 200, 0);
	fork_child(w, 200, 300, 0);
	fork_child(w, 300, 400, 0);
	EMIT(w, 100, EV_PRCTL_X, I64(0), U32(36), S(""), I64(1));
	emit_exit(w, 300, -1);
	emit_nothing(w);
	assert_int_equal(state_thread(w->s, 400)->ptid, 100);
	EMIT(w, 100, EV_PRCTL_X, I64(0), U32(36), S(""), I64(0));
	emit_exit(w, 100, -1);
	emit_nothing(w);
	assert_int_equal(state_thread(w->s, 400)->ptid, 1);
}

static void test_no_reaper(void **state)
{
	struct world *w = *state;

	emit_exit(w, 1, -1);
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_int_equal(state_thread(w->s, 100)->ptid, 0);
	assert_null(state_thread(w->s, 100)->parent);
}

static void test_reaper_below_its_children(void **state)
{
	struct world *w = *state;
	int steps = 0;

	fork_child(w, 100, 200, 0);
	fork_child(w, 200, 300, 0);
	/* 300 as the parent of 200 would close a loop. */
	emit_exit(w, 100, 300);
	emit_nothing(w);
	for (struct thread *t = state_thread(w->s, 300); t; t = t->parent)
		assert_true(++steps < 10);
}

/* ---- what is not known ---- */

static void test_placeholder(void **state)
{
	struct world *w = *state;
	struct thread *t;
	struct state_stats before, after;

	state_get_stats(w->s, &before);
	EMIT(w, 500, EV_GETUID_X, U32(0));
	t = state_thread(w->s, 500);
	assert_ptr_equal(w->ctx.thread, t);
	assert_true(t->invalid);
	assert_text(t->comm, "<NA>");
	assert_text(t->exe, "<NA>");
	assert_int_equal(t->pid, -1);
	assert_int_equal(t->uid, UINT32_MAX);
	assert_int_equal(t->group->nalive, 0);
	assert_true(str_is(thread_cwd(t), "./"));
	state_get_stats(w->s, &after);
	assert_int_equal(after.missing_threads, before.missing_threads + 1);
	emit_exit(w, 500, -1);
	emit_nothing(w);
	assert_null(state_thread(w->s, 500));
}

static void test_placeholder_execs(void **state)
{
	struct world *w = *state;
	struct thread *t;

	EMIT(w, 500, EV_OPENAT_X, I64(3), I64(-100), S("/etc/hosts"), U32(1), U32(0), U32(0),
		U64(0));
	emit_exec(w, 500, 100, "ls", "/bin/ls");
	t = state_thread(w->s, 500);
	assert_false(t->invalid);
	assert_int_equal(t->pid, 500);
	assert_int_equal(t->vpid, 500);
	assert_ptr_equal(t->parent, state_thread(w->s, 100));
	assert_ptr_equal(t->group->leader, t);
	assert_int_equal(t->group->nalive, 1);
	assert_fd_name(w, 500, 3, "/etc/hosts");
}

static void test_placeholder_clones(void **state)
{
	struct world *w = *state;

	emit_clone(w, EV_CLONE_X, 500,
		&(struct clone_args){.res = 501, .pid = 500, .ptid = 100, .comm = "sh"});
	assert_text(state_thread(w->s, 500)->comm, "sh");
	assert_ptr_equal(state_thread(w->s, 500)->parent, state_thread(w->s, 100));
	assert_ptr_equal(state_thread(w->s, 501)->parent, state_thread(w->s, 500));
	/* A thread's event tells of its leader too. */
	emit_clone(w, EV_CLONE_X, 601,
		&(struct clone_args){.pid = 600, .ptid = 100, .flags = CL_PTHREAD, .comm = "th"});
	assert_ptr_equal(thread_leader(state_thread(w->s, 601)), state_thread(w->s, 600));
	assert_text(state_thread(w->s, 600)->comm, "th");
	assert_int_equal(state_thread(w->s, 600)->group->nalive, 2);
}

static void test_events_without_thread(void **state)
{
	struct world *w = *state;

	EMIT(w, 500, EV_SWITCH_E, I64(1), U64(0), U64(0), U32(0), U32(0), U32(0));
	assert_null(w->ctx.thread);
	emit_exit(w, 501, 0);
	assert_null(state_thread(w->s, 501));
	EMIT(w, 502, EV_DROP_E, U32(1));
	assert_null(state_thread(w->s, 502));
	EMIT(w, -1, EV_GETUID_X, U32(0));
	assert_null(w->ctx.thread);
}

static bool fetch(void *arg, int64_t tid, const struct machine_sink *sink)
{
	struct world *w = arg;

	if (tid != 500)
		return false;
	assert_ptr_equal(sink->arg, w->s);
	world_add_proc(w, 500, 100, "/srv");
	return true;
}

static void test_missing_thread_is_fetched(void **state)
{
	struct world *w = *state;

	state_on_missing_thread(w->s, fetch, w);
	EMIT(w, 500, EV_GETUID_X, U32(0));
	assert_text(w->ctx.thread->comm, "proc");
	assert_text(w->ctx.thread->group->cwd, "/srv/");
	assert_ptr_equal(w->ctx.thread->parent, state_thread(w->s, 100));
	EMIT(w, 501, EV_GETUID_X, U32(0));
	assert_true(w->ctx.thread->invalid);
}

static void test_last_events(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_GETUID_X, U32(0));
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_int_equal(w->ctx.thread->lastevent_ts, w->ts);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_caller_first),
		T(test_child_first),
		T(test_failed_clone),
		T(test_vfork),
		T(test_exit_before_callers_event),
		T(test_exit_of_thread_before_callers_event),
		T(test_pid_namespace),
		T(test_parent_in_namespace_ends_first),
		T(test_child_in_namespace_came_before),
		T(test_child_in_namespace_never_comes),
		T(test_few_wait_for_children),
		T(test_stale_thread_is_replaced),
		T(test_threads),
		T(test_leader_dies_first),
		T(test_exec_of_non_leader),
		T(test_clone3_flags_of_child),
		T(test_kernel_names_reaper),
		T(test_sibling_thread_reaps),
		T(test_subreaper),
		T(test_no_reaper),
		T(test_reaper_below_its_children),
		T(test_placeholder),
		T(test_placeholder_execs),
		T(test_placeholder_clones),
		T(test_events_without_thread),
		T(test_missing_thread_is_fetched),
		T(test_last_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
