/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's iterators against /proc: of the same processes, both tell the same.  Needs the right
 * to load programs into the kernel, else it is skipped.  Only our own children are looked at.
 */
#include "../lib/scan_child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/machine_log.h"
#include "capture/iter_scan.h"
#include "capture/proc_scan.h"

#define CHILDREN 3

struct world {
	struct scan_child children[CHILDREN];
	struct proc_pids pids; /* all but the last one */
	struct machine_log by_proc, by_iterator;
	struct proc_scan_stats stats;
};

static void nothing(void *arg, const struct scan_file *f)
{
}

static bool have_iterators(void)
{
	struct imap nobody = {0};

	if (iter_scan_fits("") && iter_scan_files(&nobody, false, nothing, NULL) == 0)
		return true;
	fprintf(stderr, "SKIPPED: no iterators here, or no right to use them: nothing tried\n");
	return false;
}

static void scan(struct world *w, struct machine_log *log, bool iterate, uint32_t max_fds)
{
	struct machine_sink sink = machine_log_sink(log);
	struct proc_scan *ps = proc_scan_new(&(struct proc_scan_config){.pids = &w->pids,
		.no_iterators = !iterate,
		.iterator_from = 1,
		.max_fds = max_fds});

	machine_log_init(log);
	assert_int_equal(proc_scan_all(ps, &sink, &w->stats), 0);
	assert_int_equal(w->stats.by_iterator, iterate);
	proc_scan_free(ps);
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	char *envp[] = {"A=1", "B=two words", NULL};

	for (int i = 0; i < CHILDREN; i++) {
		struct scan_child *c = &w->children[i];
		char *argv[] = {"odd name", "--child", c->dir, "", "more", NULL};

		scan_child_dir(c);
		scan_child_start(c, i == 1, argv, envp);
		if (i < CHILDREN - 1)
			vec_push(&w->pids.list, c->pid);
	}
	scan(w, &w->by_proc, false, 0);
	scan(w, &w->by_iterator, true, 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < CHILDREN; i++)
		scan_child_stop(&w->children[i]);
	machine_log_done(&w->by_proc);
	machine_log_done(&w->by_iterator);
	proc_pids_done(&w->pids);
	free(w);
	return 0;
}

static void test_same_fds(void **state)
{
	const struct world *w = *state;

	assert_true(w->by_proc.fds.n > 2 * (CFD_END - CFD_FILE - 2));
	assert_int_equal(w->by_iterator.fds.n, w->by_proc.fds.n);
	for (size_t i = 0; i < w->by_proc.fds.n; i++) {
		const struct machine_fd *a = &w->by_proc.fds.v[i];
		const struct machine_fd *b = machine_log_find_fd(&w->by_iterator, a->tid, a->fd);

		if (!b)
			fail_msg("descriptor %d is missing", (int)a->fd);
		if (a->type != b->type || a->ino != b->ino || a->open_flags != b->open_flags ||
			a->dev != b->dev || a->mnt_id != b->mnt_id || a->l4 != b->l4 ||
			a->unix_source != b->unix_source || !str_eq(a->name, b->name) ||
			memcmp(&a->inet, &b->inet, sizeof(a->inet)))
			fail_msg("descriptor %d: type %d, %d ino %lu, %lu flags %x, %x dev %x, %x "
				 "mnt %u, %u name %.*s, %.*s",
				(int)a->fd, a->type, b->type, a->ino, b->ino, a->open_flags,
				b->open_flags, a->dev, b->dev, a->mnt_id, b->mnt_id,
				STR_ARG(a->name), STR_ARG(b->name));
	}
}

static void count(void *arg, const struct scan_file *f)
{
	struct world *w = arg;

	assert_int_equal(f->tgid, w->children[CHILDREN - 1].pid);
	assert_true(f->name_len > 0);
	w->stats.fds++;
}

/* The kernel itself hands out nothing of others. */
static void test_scope(void **state)
{
	struct world *w = *state;
	struct imap one = {0};

	for (size_t i = 0; i < w->by_iterator.fds.n; i++)
		assert_true(w->by_iterator.fds.v[i].tid != w->children[CHILDREN - 1].pid);
	w->stats.fds = 0;
	imap_put(&one, (uint64_t)w->children[CHILDREN - 1].pid, w);
	assert_int_equal(iter_scan_files(&one, false, count, w), 0);
	assert_true(w->stats.fds >= CFD_END - CFD_FILE);
	imap_done(&one);
}

static void test_most_fds(void **state)
{
	struct world *w = *state;
	struct machine_log log;

	scan(w, &log, true, 4);
	assert_true(log.fds.n <= 2 * 4 && log.fds.n >= 2);
	machine_log_done(&log);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_fds),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_most_fds),
	};

	if (argc > 2 && strcmp(argv[1], "--child") == 0)
		child_main(argv[2]);
	if (!have_iterators())
		return 77;
	return cmocka_run_group_tests(tests, setup, teardown);
}
