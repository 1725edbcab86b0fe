/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event types and system calls of conditions: by example, and against a plain evaluator that knows
 * nothing but names, over random conditions.
 */
#include "rules_world.h"

#include "filter/parse.h"

struct analysis {
	struct arena arena;
	struct event_set events;
	struct syscall_set calls;
};

static void analyse(struct analysis *a, const char *condition)
{
	struct parse_error err;
	struct node *n;

	arena_init(&a->arena, 0);
	n = filter_parse(&a->arena, str_c(condition), &err);
	assert_non_null(n);
	ast_types(n, &a->events, &a->calls);
	arena_done(&a->arena);
}

static size_t nevents(const struct analysis *a)
{
	size_t n = 0;

	for (unsigned i = 0; i < EV_MAX; i++)
		n += event_set_has(&a->events, (uint16_t)i);
	return n;
}

static size_t ncalls(const struct analysis *a)
{
	size_t n = 0;

	for (unsigned i = 0; i < SC_MAX; i++)
		n += syscall_set_has(&a->calls, (uint16_t)i);
	return n;
}

/* The condition has exactly these event types (all called name) and this many system calls. */
static void assert_only(const char *condition, const char *name, size_t calls)
{
	struct analysis a;

	analyse(&a, condition);
	for (unsigned i = EV_SYSCALL_X + 1; i < EV_MAX; i++)
		assert_int_equal(
			event_set_has(&a.events, (uint16_t)i), !strcmp(event_table[i].name, name));
	assert_int_equal(ncalls(&a), calls);
}

static void assert_all(const char *condition)
{
	struct analysis a;

	analyse(&a, condition);
	assert_int_equal(nevents(&a), EV_MAX);
	assert_true(ncalls(&a) > 300);
}

static void assert_none(const char *condition)
{
	struct analysis a;

	analyse(&a, condition);
	assert_int_equal(nevents(&a), 0);
	assert_int_equal(ncalls(&a), 0);
}

static void test_named(void **state)
{
	assert_only("evt.type = open", "open", 1);
	assert_only("evt.type == open and proc.name = x", "open", 1);
	assert_only("evt.type in (open)", "open", 1);
	assert_only("syscall.type = execve", "execve", 1);
	assert_only("not evt.type != open", "open", 1);
	assert_only("not (evt.type != open or proc.name = x)", "open", 1);
	assert_only("evt.type = anyof (open)", "open", 1);
	assert_only("evt.type = procexit", "procexit", 1);
}

static void test_neutral(void **state)
{
	assert_all("proc.name = cat");
	assert_all("not proc.name = cat");
	assert_all("evt.type = open or proc.name = cat");
	assert_all("evt.type startswith op");
	assert_all("evt.type = open or not evt.type = open");
	assert_all("evt.type exists");
	assert_all("tolower(evt.type) = open");
	assert_all("evt.type = val(syscall.type)");
	assert_all("evt.num != 0 and evt.num > 0 and evt.num >= 1 and not evt.num <= 0");
	assert_all("evt.num in (0, 7) and evt.num < 2 and evt.num = -1");
}

static void test_nothing(void **state)
{
	assert_none("evt.type = open and evt.type = close");
	assert_none("evt.num = 0");
	assert_none("evt.num < 1 or evt.num in (0) or evt.num in ()");
	assert_none("not (evt.num > 0 or evt.type = open)");
	assert_none("not evt.type exists");
}

/* A generic event may be any of the calls without a type of their own. */
static void test_generic(void **state)
{
	struct analysis a;

	analyse(&a, "evt.type = getpid");
	assert_int_equal(nevents(&a), 2);
	assert_true(event_set_has(&a.events, EV_SYSCALL_X));
	assert_int_equal(ncalls(&a), 1);
	assert_true(syscall_set_has(&a.calls, SC_GETPID));
	analyse(&a, "evt.type != getpid and evt.type != open");
	assert_true(event_set_has(&a.events, EV_SYSCALL_X));
	assert_false(event_set_has(&a.events, EV_OPEN_X));
	assert_false(syscall_set_has(&a.calls, SC_GETPID));
	assert_false(syscall_set_has(&a.calls, SC_OPEN));
	assert_true(syscall_set_has(&a.calls, SC_UMASK));
}

/* Old captures have old types of the same name. */
static void test_all_versions_of_a_type(void **state)
{
	struct analysis a;

	analyse(&a, "evt.type in (execve, clone)");
	assert_true(event_set_has(&a.events, EV_EXECVE_X));
	assert_true(event_set_has(&a.events, EV_EXECVE_8_X));
	assert_true(event_set_has(&a.events, EV_CLONE_11_X));
	assert_int_equal(ncalls(&a), 2);
}

static void test_rules_always_see_async_events(void **state)
{
	struct world *w = world_load(RULE("r", "evt.type = open"));

	assert_true(event_set_has(&world_rule(w, "r")->events, EV_ASYNCEVENT_E));
	assert_false(event_set_has(&world_rule(w, "r")->events, EV_CLOSE_X));
	world_free(w);
}

static void test_warning(void **state)
{
	struct world *w = world_load(RULE("broad", "proc.name = x") RULE("none", "evt.num = 0")
			RULE("quiet", "proc.name = x") "  warn_evttypes: false\n" RULE(
				"narrow", "evt.type = open"));

	assert_warnings(w, 1);
	assert_warning(w, "LOAD_NO_EVTTYPE", "Rule matches too many evt.type values.");
	assert_string_equal(w->results[0]->diags.list.v[0].frames[1].item_name, "broad");
	world_free(w);
}

/* ---- random conditions ---- */

static const char *const names[] = {"open", "close", "getpid", "execve", "umask"};

/* What proc.name = x stands for in this round. */
static bool neutral_value;

static bool holds(const struct node *n, struct str name)
{
	bool found = false;

	switch (n->kind) {
	case NODE_NOT:
		return !holds(n->kids[0], name);
	case NODE_AND:
		for (size_t i = 0; i < n->nkids; i++)
			if (!holds(n->kids[i], name))
				return false;
		return true;
	case NODE_OR:
		for (size_t i = 0; i < n->nkids; i++)
			if (holds(n->kids[i], name))
				return true;
		return false;
	default:
		break;
	}
	if (!str_is(n->left.text, "evt.type"))
		return neutral_value;
	if (n->op == OP_EQ)
		return str_eq(n->right.text, name);
	if (n->op == OP_NE)
		return !str_eq(n->right.text, name);
	for (size_t i = 0; i < n->right.nitems; i++)
		found |= str_eq(n->right.items[i].text, name);
	return found;
}

static void random_condition(struct buf *b, unsigned depth)
{
	unsigned n = depth ? (unsigned)rand() % 7 : 3 + (unsigned)rand() % 4;
	const char *a = names[(unsigned)rand() % ARRAY_SIZE(names)];
	const char *c = names[(unsigned)rand() % ARRAY_SIZE(names)];

	switch (n) {
	case 0:
		buf_puts(b, "not (");
		random_condition(b, depth - 1);
		buf_puts(b, ")");
		break;
	case 1:
	case 2:
		buf_puts(b, "(");
		random_condition(b, depth - 1);
		buf_puts(b, n == 1 ? " and " : " or ");
		random_condition(b, depth - 1);
		buf_puts(b, ")");
		break;
	case 3:
		buf_puts(b, "proc.name = x");
		break;
	case 4:
		buf_printf(b, "evt.type in (%s, %s)", a, c);
		break;
	default:
		buf_printf(b, "evt.type %s %s", n == 5 ? "=" : "!=", a);
	}
}

static bool has_named(const struct analysis *a, struct str name)
{
	uint16_t code = event_name_find(name)->call;
	uint16_t event = syscall_table[code].event;

	return event_set_has(&a->events, event) && syscall_set_has(&a->calls, code);
}

/* The sets are never too small; for one name at a time they have what holds for it. */
static void test_random(void **state)
{
	struct parse_error err;
	struct analysis a;
	struct buf b = {0};
	struct node *n;

	srand(4711);
	for (unsigned round = 0; round < 20000; round++) {
		b.n = 0;
		random_condition(&b, 5);
		arena_init(&a.arena, 0);
		n = filter_parse(&a.arena, buf_view(&b), &err);
		assert_non_null(n);
		ast_types(n, &a.events, &a.calls);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			for (unsigned v = 0; v < 2; v++) {
				neutral_value = v;
				if (holds(n, str_c(names[i])))
					assert_true(has_named(&a, str_c(names[i])));
			}
		arena_done(&a.arena);
	}
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_neutral),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_all_versions_of_a_type),
		cmocka_unit_test(test_rules_always_see_async_events),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
