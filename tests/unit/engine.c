/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The specialised engine must answer exactly as the plain evaluator: over random conditions and
 * random events, and over every capture at hand with real rules.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "filter/parse.h"
#include "random_event.h"
#include "rules/engine.h"

#define NRULES 150 /* several words of a slot */
#define NEVENTS 2500

static const uint16_t types[] = {EV_OPEN_X, EV_OPENAT_X, EV_OPENAT2_X, EV_CREAT_X,
	EV_OPEN_BY_HANDLE_AT_X, EV_READ_X, EV_WRITE_X, EV_CLOSE_X, EV_EXECVE_X, EV_CLONE_X,
	EV_CONNECT_X, EV_ACCEPT4_X, EV_SETUID_X, EV_CHDIR_X, EV_SYSCALL_X, EV_UNLINK_X, EV_DUP2_X,
	EV_PROCEXIT_E, EV_SOCKET_X, EV_SENDTO_X, EV_SETSID_X, EV_RENAME_X, EV_SETPGID_X,
	EV_CHROOT_X, EV_MOUNT_X};

static void append_check(struct random_events *r, struct buf *b)
{
	static const char *const checks[] = {"evt.type = open", "evt.type in (openat, execve)",
		"evt.type = close", "proc.name = cat", "proc.name in (sh, nginx)",
		"proc.pname = sh", "proc.aname = nginx", "proc.aname[2] = cat",
		"fd.name startswith /etc", "fd.name = /tmp/x", "fd.num >= 3", "fd.num >= 0",
		"fd.num < 0", "evt.is_open_exec = true", "evt.is_open_create = true",
		"fd.typechar = f", "evt.is_open_write = true", "evt.is_open_read = true",
		"user.uid = 0", "user.uid != 100", "proc.exepath contains bin",
		"proc.cmdline contains sh", "evt.rawres < 0", "evt.res = ENOENT",
		"evt.arg.flags contains O_RDONLY", "container.id = host", "container.id != host",
		"proc.cwd startswith /tmp", "fd.sport = 80", "fd.sip = \"10.0.0.1\"",
		"fd.net = \"10.0.0.0/8\"", "proc.args contains \"a b\"",
		"proc.is_sid_leader = true", "proc.sid = 1", "group.gid = 5",
		"proc.env contains cat", "fd.name exists", "evt.arg.name exists", "proc.tty != 0",
		"thread.cap_effective contains CAP", "proc.exe glob *sh*",
		"tolower(proc.name) = sh", "fs.path.name contains shadow", "proc.vpid = 1",
		"evt.dir = <", "evt.category = file", "evt.failed = true", "proc.duration > 500",
		"syscall.type = open", "fd.directory = /etc", "proc.loginshellid > 0"};

	buf_puts(b, checks[random_next(r, ARRAY_SIZE(checks))]);
}

static void append_condition(struct random_events *r, struct buf *b, int depth)
{
	uint32_t n;

	if (depth == 0 || random_next(r, 4) == 0) {
		append_check(r, b);
		return;
	}
	if (random_next(r, 4) == 0) {
		buf_puts(b, "not (");
		append_condition(r, b, depth - 1);
		buf_puts(b, ")");
		return;
	}
	n = 2 + random_next(r, 3);
	buf_puts(b, "(");
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_puts(b, " and ");
		append_condition(r, b, depth - 1);
		if (i + 1 < n && random_next(r, 2)) {
			buf_puts(b, " or ");
			append_condition(r, b, depth - 1);
		}
	}
	buf_puts(b, ")");
}

static struct ruleset *random_ruleset(struct random_events *r)
{
	struct rules_config config = {.min_priority = PRIORITY_DEBUG};
	struct rules_loader *l = rules_loader_new(&config);
	struct ruleset *set;
	struct buf b = {0};

	for (unsigned i = 0; i < NRULES; i++) {
		buf_printf(&b, "- rule: r%u\n  desc: none\n  output: x\n  priority: INFO\n", i);
		buf_puts(&b, "  condition: >\n    ");
		append_condition(r, &b, 3);
		buf_puts(&b, "\n");
	}
	rules_loader_add(l, "random", buf_view(&b));
	set = rules_loader_compile(l);
	assert_int_equal(set->nrules, NRULES);
	rules_loader_free(l);
	buf_done(&b);
	return set;
}

/* A rule that is in only one of two sorted answers. */
static const char *odd_one(
	const struct rule *const *a, size_t na, const struct rule *const *b, size_t nb)
{
	for (size_t i = 0;; i++) {
		if (i >= na)
			return b[i]->condition;
		if (i >= nb || a[i]->index < b[i]->index)
			return a[i]->condition;
		if (a[i] != b[i])
			return b[i]->condition;
	}
}

static void expect_same(
	struct engine *all, struct engine *first, struct plain_engine *plain, struct event_ctx *ctx)
{
	const struct rule *const *a, *const *f, *const *p;
	size_t np = plain_engine_match(plain, ctx, &p);
	size_t na = engine_match(all, ctx, &a);
	struct thread *t = ctx->thread;
	void *verdicts = NULL;
	size_t nf;

	if (na != np || memcmp(a, p, np * sizeof(*a)) != 0)
		fail_msg("event %llu (%s): %zu rules match, plainly %zu; wrong about %s",
			(unsigned long long)ctx->ev->num, ctx->ev->info->name, na, np,
			odd_one(a, na, p, np));
	/* Two engines look at one thread here: each has to find its own verdicts. */
	if (t) {
		verdicts = t->verdicts;
		t->verdicts = NULL;
	}
	nf = engine_match(first, ctx, &f);
	if (t) {
		engine_forget_thread(t);
		t->verdicts = verdicts;
	}
	assert_int_equal(nf, np > 0);
	if (nf)
		assert_ptr_equal(f[0], p[0]);
}

static void run_stream(struct random_events *r, struct ruleset *set)
{
	struct state_config config = {0};
	struct state *state = state_new(&config);
	struct atom_error err;
	struct engine *all = engine_new(set, "syscall", true);
	struct engine *first = engine_new(set, "syscall", false);
	struct plain_engine *plain = plain_engine_new(set, "syscall", &err);
	struct arena arena;
	struct event ev;

	if (!all || !first || !plain)
		fail_msg("%s", err.message);
	arena_init(&arena, 0);
	state_on_thread_gone(state, engine_forget_thread);
	for (int i = 0; i < NEVENTS; i++) {
		struct event_ctx ctx = {.arena = &arena};

		arena_reset(&arena);
		random_event(r, types, ARRAY_SIZE(types), &ev);
		state_apply(state, &ev, &ctx);
		assert_int_equal(event_decode(&ev), 0);
		expect_same(all, first, plain, &ctx);
	}
	state_free(state);
	engine_free(all);
	engine_free(first);
	plain_engine_free(plain);
	arena_done(&arena);
}

static void test_random(void **unused)
{
	struct random_events *r = mem_zalloc(sizeof(*r));

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct ruleset *set;

		r->seed = seed;
		r->ts = UINT64_C(1700000000000000000);
		set = random_ruleset(r);
		run_stream(r, set);
		ruleset_free(set);
	}
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
