/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs conditions over events, as *.t files write them down: cases of three lines, with blank
 * lines between them.
 *
 *   proc.name = cat and fd.name startswith /etc     the condition, which may go on in lines that
 *                                                   begin with a blank
 *   openat fd=3 name=/etc/passwd                    the event (tests/lib/event_text.h), or several:
 *                                                   the last one counts
 *   true                                            or false, or what the condition is refused with
 *
 * Process 100 is "cat" (/usr/bin/cat, cat -n x, in /home/u), its parent 50 is "bash", that one's 1
 * is "init"; "@TID " in front of an event makes it that thread's. Lines that begin with # are
 * comments.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "filter/atom.h"
#include "filter/parse.h"

#include "../lib/event_text.h"

#define FILE_LIMIT (1 << 20)
#define RECORD_MAX 65536

struct test_case {
	unsigned line;
	struct buf condition;
	VEC(struct str) events;
	struct str verdict;
};

struct world {
	struct arena arena, event_arena;
	struct state *state;
	struct event event;
	struct event_ctx ctx;
	uint64_t num;
	uint8_t rec[RECORD_MAX];
};

static unsigned ncases, nfailed;

/* ---- the machine ---- */

static void add_process(struct world *w, int64_t pid, int64_t parent, const char *comm,
	const char *exepath, struct str args)
{
	struct machine_sink sink = state_sink(w->state);
	struct machine_proc p = {.tid = pid,
		.pid = pid,
		.ptid = parent,
		.vtid = pid,
		.vpid = pid,
		.sid = 50,
		.pgid = pid,
		.vpgid = pid,
		.comm = str_c(comm),
		.exe = str_c(comm),
		.exepath = str_c(exepath),
		.args = args,
		.cwd = STR("/home/u/"),
		.env = STR("HOME=/home/u\0SHELL=/bin/bash\0"),
		.cgroups = STR(""),
		.root = STR("/"),
		.uid = 1000,
		.gid = 1000,
		.loginuid = 1000};

	sink.proc(sink.arg, &p);
}

static struct world *world_new(void)
{
	struct world *w = mem_zalloc(sizeof(*w));
	struct state_config config = {0};
	struct machine_sink sink;

	arena_init(&w->arena, 0);
	arena_init(&w->event_arena, 0);
	w->state = state_new(&config);
	sink = state_sink(w->state);
	sink.reset(sink.arg);
	add_process(w, 1, 0, "init", "/sbin/init", STR(""));
	add_process(w, 50, 1, "bash", "/usr/bin/bash", STR("-l\0"));
	add_process(w, 100, 50, "cat", "/usr/bin/cat", STR("-n\0x\0"));
	sink.ready(sink.arg);
	return w;
}

static void world_free(struct world *w)
{
	state_free(w->state);
	arena_done(&w->arena);
	arena_done(&w->event_arena);
	free(w);
}

static bool apply(struct world *w, struct str line, char *why, size_t why_size)
{
	struct event_text text = {.arena = &w->arena};
	int64_t tid = 100;
	size_t n;
	char *end;

	if (str_starts(line, STR("@"))) {
		tid = strtoll(arena_strdup(&w->arena, str_from(line, 1)), &end, 10);
		line = str_from(line, (size_t)str_chr(line, ' ') + 1);
	}
	w->num++;
	n = event_text_encode(&text, line, 1700000000000000000 + w->num, tid, w->rec);
	if (!n || event_view(&w->event, w->rec, n)) {
		snprintf(why, why_size, "%s", text.error);
		return false;
	}
	w->event.num = w->num;
	arena_reset(&w->event_arena);
	w->ctx = (struct event_ctx){.arena = &w->event_arena};
	state_apply(w->state, &w->event, &w->ctx);
	return true;
}

/* ---- conditions: the plainest evaluation there can be ---- */

typedef VEC(struct atom *) atom_list;

/* Atoms of the checks, left to right. */
static bool compile(struct world *w, const struct node *n, atom_list *atoms, char *why, size_t size)
{
	struct atom_error err;
	struct atom *a;

	if (n->kind == NODE_CHECK) {
		a = atom_compile(&w->arena, n, STR("syscall"), &err, NULL, NULL);
		if (a)
			vec_push(atoms, a);
		else
			snprintf(why, size, "%s", err.message);
		return a != NULL;
	}
	for (size_t i = 0; i < n->nkids; i++)
		if (!compile(w, n->kids[i], atoms, why, size))
			return false;
	return true;
}

static bool eval(struct world *w, const struct node *n, struct atom ***next)
{
	bool ret, one;

	if (n->kind == NODE_CHECK)
		return atom_eval(*(*next)++, &w->ctx);
	ret = n->kind != NODE_OR;
	for (size_t i = 0; i < n->nkids; i++) {
		one = eval(w, n->kids[i], next);
		ret = n->kind == NODE_OR ? ret || one : ret && one;
	}
	return n->kind == NODE_NOT ? !ret : ret;
}

static void answer(struct world *w, const struct test_case *c, char *ret, size_t size)
{
	struct parse_error err;
	struct node *n = filter_parse(&w->arena, buf_view(&c->condition), &err);
	atom_list atoms = {0};
	struct atom **next;
	bool ok = n && compile(w, n, &atoms, ret, size);

	if (!n)
		snprintf(ret, size, "%s", err.message);
	for (size_t i = 0; ok && i < c->events.n; i++)
		ok = apply(w, c->events.v[i], ret, size);
	next = atoms.v;
	if (ok)
		snprintf(ret, size, "%s", eval(w, n, &next) ? "true" : "false");
	for (size_t i = 0; i < atoms.n; i++)
		atom_done(atoms.v[i]);
	vec_done(&atoms);
}

/* ---- files ---- */

static void run_case(const char *file, struct test_case *c)
{
	struct world *w = world_new();
	char got[600] = "";
	bool good;

	answer(w, c, got, sizeof(got));
	good = str_is(c->verdict, got);
	printf("%sok %u - %s:%u %.*s\n", good ? "" : "not ", ++ncases, file, c->line,
		STR_ARG(buf_view(&c->condition)));
	if (!good)
		printf("# got:  %s\n# want: %.*s\n", got, STR_ARG(c->verdict));
	nfailed += !good;
	world_free(w);
}

static void end_case(const char *file, struct test_case *c)
{
	if (c->condition.n) {
		if (c->verdict.p) /* the last line is not an event */
			(void)vec_pop(&c->events);
		run_case(file, c);
	}
	c->condition.n = 0;
	vec_clear(&c->events);
	c->verdict = STR_NONE;
}

static void run_file(const char *path)
{
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct test_case c = {0};
	struct arena arena;
	struct str rest, line;
	unsigned number = 0;

	arena_init(&arena, 0);
	if (file_read(&arena, path, FILE_LIMIT, &rest)) {
		printf("not ok %u - %s cannot be read\n", ++ncases, path);
		nfailed++;
		rest = STR("");
	}
	while (str_split(&rest, '\n', &line)) {
		number++;
		if (str_starts(line, STR("#")))
			continue;
		if (!str_trim(line).n) {
			end_case(file, &c);
		} else if (!c.condition.n) {
			c.line = number;
			buf_str(&c.condition, line);
		} else if (line.p[0] == ' ' && !c.events.n) {
			buf_char(&c.condition, ' ');
			buf_str(&c.condition, str_trim(line));
		} else {
			vec_push(&c.events, line);
			c.verdict = line;
		}
	}
	end_case(file, &c);
	buf_done(&c.condition);
	vec_done(&c.events);
	arena_done(&arena);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	printf("1..%u\n", ncases);
	return nfailed || !ncases;
}
