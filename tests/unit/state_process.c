/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about processes: what exec and the smaller calls change, versions, lists, budgets. */
#include "state_clone.h"

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

static void assert_cwd(struct world *w, int64_t tid, const char *want)
{
	struct str cwd = thread_cwd(state_thread(w->s, tid));

	assert_int_equal(cwd.n, strlen(want));
	assert_memory_equal(cwd.p, want, cwd.n);
}

static void emit_chdir(struct world *w, int64_t tid, const char *path)
{
	EMIT(w, tid, EV_CHDIR_X, I64(0), text_param(path));
}

/* ---- exec ---- */

static void test_exec(void **state)
{
	struct world *w = *state;
	struct thread *t;

	fork_child(w, 100, 200, 0);
	emit_exec(w, 200, 100, "ls", "/usr/bin/ls (deleted)");
	t = state_thread(w->s, 200);
	assert_text(t->comm, "ls");
	assert_text(t->exe, "ls");
	assert_text(t->exepath, "/usr/bin/ls");
	assert_true(str_is(thread_cmdline(t), "ls x y z"));
	assert_true(str_eq(istr_str(t->args), STR("x\0y z\0")));
	assert_true(str_eq(istr_str(t->group->env), STR("PATH=/bin\0A=b\0")));
	assert_true(str_eq(istr_str(t->cgroups), STR("cpu=/a\0memory=/b\0blkio=/c\0")));
	assert_int_equal(t->tty, 34816);
	assert_int_equal(t->vpgid, 77);
	assert_int_equal(t->pgid, 76);
	assert_int_equal(t->loginuid, 1000);
	assert_int_equal(t->uid, 33);
	assert_int_equal(t->gid, 44);
	assert_int_equal(t->fdlimit, 512);
	assert_int_equal(t->vmrss_kb, 200);
	assert_true(t->exe_writable && t->exe_from_memfd);
	assert_false(t->exe_upper_layer || t->exe_lower_layer);
	assert_int_equal(t->cap_permitted, 2);
	assert_int_equal(t->exe_ino, 99);
	assert_int_equal(t->exe_ino_ctime_clone, t->clone_ts - 1111);
	assert_int_equal(t->lastexec_ts, w->ts);
	assert_cwd(w, 200, "/home/u/");
	assert_text(state_thread(w->s, 100)->comm, "proc");
}

static void test_failed_exec(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_EXECVE_X, I64(-2), S("no"), S(""), I64(100), I64(100), I64(1));
	assert_text(state_thread(w->s, 100)->exe, "/bin/proc");
}

/* Captures from before the kernel told the path: it is made from what the program asked for. */
static void test_exec_path_from_enter_event(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_EXECVE_E, S("bin/../ls"));
	emit_exec(w, 100, 1, "ls", NULL);
	assert_text(state_thread(w->s, 100)->exepath, "/home/u/ls");
	EMIT(w, 100, EV_OPENAT_X, I64(5), I64(-100), S("/opt/d"), U32(0x400), U32(0), U32(0),
		U64(0));
	EMIT(w, 100, EV_EXECVEAT_E, I64(5), S("run"), U32(0));
	emit_exec(w, 100, 1, "run", NULL);
	assert_text(state_thread(w->s, 100)->exepath, "/opt/d/run");
	EMIT(w, 100, EV_OPENAT_X, I64(6), I64(-100), S("/opt/f"), U32(1), U32(0), U32(0), U64(0));
	EMIT(w, 100, EV_EXECVEAT_E, I64(6), NONE, U32(1));
	emit_exec(w, 100, 1, "f", NULL);
	assert_text(state_thread(w->s, 100)->exepath, "/opt/f");
	EMIT(w, 100, EV_EXECVEAT_E, I64(77), S("run"), U32(0));
	emit_exec(w, 100, 1, "run", NULL);
	assert_text(state_thread(w->s, 100)->exepath, "<NA>");
	/* Without an enter event nothing is known to have changed. */
	emit_exec(w, 100, 1, "again", NULL);
	assert_text(state_thread(w->s, 100)->exepath, "<NA>");
}

/* ---- folders ---- */

static void test_chdir(void **state)
{
	struct world *w = *state;

	emit_chdir(w, 100, "sub/./x/..");
	assert_cwd(w, 100, "/home/u/sub/");
	EMIT(w, 100, EV_CHDIR_X, I64(-2), S("/nowhere"));
	assert_cwd(w, 100, "/home/u/sub/");
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("/opt/d"), U32(0x400), U32(0), U32(0),
		U64(0));
	EMIT(w, 100, EV_FCHDIR_X, I64(0), I64(3));
	assert_cwd(w, 100, "/opt/d/");
	EMIT(w, 100, EV_GETCWD_X, I64(9), S("/really"));
	assert_cwd(w, 100, "/really/");
	emit_chdir(w, 100, "/");
	assert_cwd(w, 100, "/");
}

static void test_chdir_of_a_thread(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 101, CL_PTHREAD);
	emit_chdir(w, 101, "sub");
	assert_cwd(w, 100, "/home/u/sub/");
	assert_cwd(w, 101, "/home/u/sub/");
	EMIT(w, 101, EV_UNSHARE_X, I64(0), U32(CL_FS));
	emit_chdir(w, 101, "own");
	assert_cwd(w, 101, "/home/u/sub/own/");
	assert_cwd(w, 100, "/home/u/sub/");
	fork_child(w, 101, 300, 0);
	assert_cwd(w, 300, "/home/u/sub/own/");
}

static void test_shared_folder(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 200, CL_FS);
	fork_child(w, 200, 300, CL_FS);
	fork_child(w, 100, 400, 0);
	emit_chdir(w, 300, "/tmp");
	assert_cwd(w, 100, "/tmp/");
	assert_cwd(w, 200, "/tmp/");
	assert_cwd(w, 400, "/home/u/");
	emit_exit(w, 200, 0);
	EMIT(w, 300, EV_UNSHARE_X, I64(0), U32(CL_NEWNS));
	emit_chdir(w, 300, "/var");
	assert_cwd(w, 100, "/tmp/");
	emit_chdir(w, 100, "/etc");
	assert_cwd(w, 300, "/var/");
}

static void test_chroot(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_CHROOT_X, I64(0), S("jail"));
	assert_text(state_thread(w->s, 100)->root, "/home/u/jail");
}

/* ---- identity, capabilities, limits, memory ---- */

static void test_identity(void **state)
{
	struct world *w = *state;
	struct thread *t = state_thread(w->s, 100);

	EMIT(w, 100, EV_SETUID_X, I64(0), U32(5));
	assert_int_equal(t->uid, 5);
	EMIT(w, 100, EV_SETUID_X, I64(-1), U32(6));
	assert_int_equal(t->uid, 5);
	EMIT(w, 100, EV_SETRESUID_X, I64(0), U32(1), U32(2), U32(3));
	assert_int_equal(t->uid, 2);
	EMIT(w, 100, EV_SETREUID_X, I64(0), U32(1), U32(9));
	assert_int_equal(t->uid, 9);
	EMIT(w, 100, EV_SETGID_X, I64(0), U32(5));
	assert_int_equal(t->gid, 5);
	EMIT(w, 100, EV_SETRESGID_X, I64(0), U32(1), U32(6), U32(3));
	assert_int_equal(t->gid, 6);
	EMIT(w, 100, EV_SETSID_X, I64(42));
	assert_int_equal(t->sid, 42);
}

static void test_capabilities(void **state)
{
	struct world *w = *state;
	struct thread *t = state_thread(w->s, 100);

	EMIT(w, 100, EV_CAPSET_X, I64(0), U64(1), U64(2), U64(4));
	assert_int_equal(t->cap_inheritable, 1);
	assert_int_equal(t->cap_permitted, 2);
	assert_int_equal(t->cap_effective, 4);
	EMIT(w, 100, EV_UNSHARE_X, I64(0), U32(CL_NEWNET));
	assert_int_equal(t->cap_effective, 4);
	EMIT(w, 100, EV_UNSHARE_X, I64(0), U32(CL_NEWUSER));
	assert_int_equal(t->cap_effective, (UINT64_C(1) << CAP_BITS) - 1);
}

static void test_limits(void **state)
{
	struct world *w = *state;

	fork_child(w, 100, 101, CL_PTHREAD);
	EMIT(w, 101, EV_SETRLIMIT_X, I64(0), I64(99), I64(100), U8(7));
	assert_int_equal(state_thread(w->s, 100)->fdlimit, 99);
	EMIT(w, 101, EV_SETRLIMIT_X, I64(0), I64(5), I64(100), U8(3));
	assert_int_equal(state_thread(w->s, 100)->fdlimit, 99);
	EMIT(w, 1, EV_PRLIMIT_X, I64(0), I64(77), I64(0), I64(0), I64(0), I64(101), U8(7));
	assert_int_equal(state_thread(w->s, 100)->fdlimit, 77);
	EMIT(w, 1, EV_PRLIMIT_X, I64(0), I64(66), I64(0), I64(0), I64(0), I64(0), U8(7));
	assert_int_equal(state_thread(w->s, 1)->fdlimit, 66);
}

static void test_memory(void **state)
{
	struct world *w = *state;
	struct thread *t = state_thread(w->s, 100);

	EMIT(w, 100, EV_BRK_X, U64(0), U32(11), U32(12), U32(13), U64(0));
	assert_int_equal(t->vmsize_kb, 11);
	assert_int_equal(t->vmswap_kb, 13);
	EMIT(w, 100, EV_SWITCH_E, I64(1), U64(5), U64(6), U32(21), U32(22), U32(23));
	assert_int_equal(t->pfminor, 6);
	assert_int_equal(t->vmrss_kb, 22);
}

/* ---- versions ---- */

static void test_versions(void **state)
{
	struct world *w = *state;
	uint32_t parent, child, thread, other;

	fork_child(w, 100, 101, CL_PTHREAD);
	fork_child(w, 101, 200, 0);
	fork_child(w, 1, 300, 0);
	parent = state_thread(w->s, 100)->version;
	thread = state_thread(w->s, 101)->version;
	child = state_thread(w->s, 200)->version;
	other = state_thread(w->s, 300)->version;
	EMIT(w, 100, EV_SETUID_X, I64(0), U32(5));
	assert_int_not_equal(state_thread(w->s, 100)->version, parent);
	assert_int_equal(state_thread(w->s, 200)->version, child);
	emit_chdir(w, 101, "/x");
	assert_int_not_equal(state_thread(w->s, 101)->version, thread);
	assert_int_equal(state_thread(w->s, 200)->version, child);
	emit_exec(w, 100, 1, "new", "/bin/new");
	assert_int_not_equal(state_thread(w->s, 200)->version, child);
	assert_int_equal(state_thread(w->s, 300)->version, other);
	child = state_thread(w->s, 200)->version;
	emit_exit(w, 100, 1);
	emit_nothing(w);
	assert_int_not_equal(state_thread(w->s, 200)->version, child);
	parent = state_thread(w->s, 200)->version;
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_int_equal(state_thread(w->s, 200)->version, parent);
}

/* ---- lists ---- */

static void test_list_in_any_order(void **state)
{
	struct world *w = *state;

	w->sink.reset(w->sink.arg);
	assert_null(state_thread(w->s, 100));
	world_add_proc(w, 30, 20, "/c");
	world_add_proc(w, 20, 10, "/b");
	world_add_proc(w, 10, 0, "");
	world_add_proc(w, 40, 99, "/d");
	/* A loop, which no machine has. */
	world_add_proc(w, 50, 51, "/");
	world_add_proc(w, 51, 50, "/");
	world_add_proc(w, 52, 52, "/");
	world_ready(w);
	assert_ptr_equal(thread_parent(state_thread(w->s, 30)), state_thread(w->s, 20));
	assert_ptr_equal(thread_parent(state_thread(w->s, 20)), state_thread(w->s, 10));
	assert_int_equal(state_thread(w->s, 40)->ptid, 0);
	assert_null(state_thread(w->s, 52)->parent);
	assert_true(!state_thread(w->s, 50)->parent || !state_thread(w->s, 51)->parent);
}

static void test_dump(void **state)
{
	struct world *w = *state;
	struct state *copy = state_new(&(struct state_config){0});
	struct machine_sink sink = state_sink(copy);
	struct thread *a, *b;

	fork_child(w, 100, 200, 0);
	emit_exec(w, 200, 100, "ls", "/usr/bin/ls");
	fork_child(w, 200, 201, CL_PTHREAD);
	state_dump(w->s, &sink);
	a = state_thread(w->s, 200);
	b = state_thread(copy, 200);
	assert_ptr_equal(a->comm, b->comm);
	assert_ptr_equal(a->exepath, b->exepath);
	assert_ptr_equal(a->args, b->args);
	assert_ptr_equal(a->cgroups, b->cgroups);
	assert_ptr_equal(a->group->env, b->group->env);
	assert_ptr_equal(a->group->cwd, b->group->cwd);
	assert_int_equal(a->clone_ts, b->clone_ts);
	assert_int_equal(a->cap_effective, b->cap_effective);
	assert_int_equal(b->ptid, 100);
	assert_ptr_equal(state_thread(copy, 201)->group, b->group);
	state_free(copy);
}

/* ---- budgets ---- */

static int gone;

static void count_gone(struct thread *t)
{
	gone++;
}

static void test_full_table(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct state_stats st;

	world_init(w, &(struct state_config){.max_threads = 3});
	world_ready(w);
	gone = 0;
	state_on_thread_gone(w->s, count_gone);
	fork_child(w, 100, 200, 0);
	fork_child(w, 100, 300, 0);
	assert_non_null(state_thread(w->s, 200));
	assert_null(state_thread(w->s, 300));
	EMIT(w, 400, EV_GETUID_X, U32(0));
	assert_null(w->ctx.thread);
	state_get_stats(w->s, &st);
	assert_int_equal(st.threads, 3);
	assert_true(st.threads_refused >= 2);
	emit_exit(w, 200, 0);
	emit_nothing(w);
	fork_child(w, 100, 300, 0);
	assert_non_null(state_thread(w->s, 300));
	world_done(w);
	assert_true(gone >= 4);
	free(w);
}

/* Cold processes go first, their parents stay as long as others can go. */
static void test_byte_budget(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct state_stats st;
	char comm[16];

	world_init(w, &(struct state_config){.budget_bytes = 256 * 1024});
	world_ready(w);
	for (int64_t tid = 1000; tid < 2000; tid++) {
		fork_child(w, 100, tid, 0);
		snprintf(comm, sizeof(comm), "p%d", (int)tid);
		emit_exec(w, tid, 100, comm, "/bin/p");
		EMIT(w, 1000, EV_GETUID_X, U32(0));
	}
	state_get_stats(w->s, &st);
	assert_true(st.bytes <= 256 * 1024);
	assert_true(st.threads_evicted > 100);
	assert_int_equal(st.threads_refused, 0);
	assert_non_null(state_thread(w->s, 100));
	assert_non_null(state_thread(w->s, 1000));
	assert_non_null(state_thread(w->s, 1999));
	assert_null(state_thread(w->s, 1005));
	world_done(w);
	free(w);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_exec),
		T(test_failed_exec),
		T(test_exec_path_from_enter_event),
		T(test_chdir),
		T(test_chdir_of_a_thread),
		T(test_shared_folder),
		T(test_chroot),
		T(test_identity),
		T(test_capabilities),
		T(test_limits),
		T(test_memory),
		T(test_versions),
		T(test_list_in_any_order),
		T(test_dump),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_byte_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
