/* SPDX-License-Identifier: Apache-2.0 */
/* Fields: how they are named, what their arguments may be, and what they say of events. */
#include "field_world.h"

#include <stdlib.h>

#include "base/mem.h"

#define O_RDONLY_P 0x1u
#define O_RDWR_P 0x3u
#define O_CREAT_P 0x4u
#define O_TMPFILE_P 0x2000u
#define O_F_CREATED_P 0x4000u
#define O_DIRECTORY_P 0x400u

/* ---- the table ---- */

static void test_table(void **state)
{
	for (size_t i = 0; i < FIELD_MAX; i++) {
		const struct field_info *info = &field_table[i];

		assert_non_null(info->extract);
		assert_true(strlen(info->help) > 8);
		assert_true(info->type < PT_MAX && info->scope <= SCOPE_EVENT);
		/* What counts its uses cannot be remembered. */
		if (info->flags & FF_STATEFUL)
			assert_int_equal(info->scope, SCOPE_EVENT);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(info->name, field_table[k].name);
	}
}

static bool init(struct world *w, const char *name, const char *arg, const char *source,
	struct field *f, char *err, const char **hint)
{
	return field_init(&w->arena, str_c(name), str_c(arg), str_c(source), f, err, hint);
}

/* Every field can be looked up by its name, when it gets the argument that it wants. */
static void test_every_name(void **state)
{
	static const struct {
		enum field_id id;
		const char *suffix, *arg;
	} wanted[] = {
		{FIELD_evt_type_is, ".open", NULL},
		{FIELD_evt_arg, ".fd", NULL},
		{FIELD_evt_rawarg, ".fd", NULL},
		{FIELD_evt_around, "", "1"},
		{FIELD_thread_cgroup, ".cpu", NULL},
	};
	struct world *w = *state;

	for (size_t i = 0; i < FIELD_MAX; i++) {
		bool key = field_table[i].flags & FF_ARG_KEY;
		const char *suffix = "", *arg = key ? "x" : NULL, *hint;
		char name[96], err[FIELD_ERR_MAX];
		struct field f;

		for (size_t k = 0; k < ARRAY_SIZE(wanted); k++) {
			if (wanted[k].id == i) {
				suffix = wanted[k].suffix;
				arg = wanted[k].arg;
			}
		}
		snprintf(name, sizeof(name), "%s%s", field_table[i].name, suffix);
		assert_true(init(w, name, arg, "syscall", &f, err, &hint));
		assert_ptr_equal(f.info, &field_table[i]);
	}
}

static void test_sources(void **state)
{
	struct world *w = *state;
	char err[FIELD_ERR_MAX];
	const char *hint;
	struct field f;

	assert_true(init(w, "evt.num", NULL, "k8s_audit", &f, err, &hint));
	assert_false(init(w, "proc.name", NULL, "k8s_audit", &f, err, &hint));
	assert_string_equal(err, "filter_check called with nonexistent field proc.name");
	assert_true(init(w, "proc.name", NULL, NULL, &f, err, &hint));
}

static void test_refused_names(void **state)
{
	static const struct {
		const char *name, *arg, *err;
	} cases[] = {
		{"proc.nam", NULL, "filter_check called with nonexistent field proc.nam"},
		{"proc.namee", NULL, "filter_check called with nonexistent field proc.namee"},
		{"proc.name", "0", "filter_check called with nonexistent field proc.name[0]"},
		{"proc.aname", "x", "filter_check called with nonexistent field proc.aname[x]"},
		{"proc.aname.x", NULL, "filter_check called with nonexistent field proc.aname.x"},
		{"evt.arg", NULL, "filter syntax error: evt.arg"},
		{"evt.argx", NULL, "filter syntax error: evt.argx"},
		{"evt.arg", "x", "x is not a valid number"},
		{"evt.arg.nosuch", NULL, "unknown event argument nosuch"},
		{"evt.arg.fdx", NULL, "filter_check called with nonexistent field evt.arg.fdx"},
		{"evt.arg.fd", "0", "filter_check called with nonexistent field evt.arg.fd[0]"},
		{"evt.rawarg", "0", "evt.arg fields must be expressed explicitly"},
		{"evt.rawarg", NULL, "filter syntax error: evt.rawarg"},
		{"evt.around", NULL, "filter syntax error: evt.around"},
		{"evt.around", "x", "x is not a valid number"},
		{"evt.around.x", NULL, "wrong syntax for evt.around"},
		{"evt.abspath.x", NULL, "filter_check called with nonexistent field evt.abspath.x"},
		{"evt.type.is", NULL, "filter syntax error: evt.type.is"},
		{"evt.type.is.x", NULL, "filter_check called with nonexistent field evt.type.is.x"},
		{"thread.cgroup", NULL, "filter syntax error: thread.cgroup"},
		{"thread.cgroup", "cpu", "filter syntax error: thread.cgroup[cpu]"},
		{"fd.types", "x", "x is not a valid number"},
		{"container.label", NULL,
			"filter 'container.label': container.label requires an argument but none "
			"provided"},
		{"container.id", "x",
			"filter 'container.id[x]': container.id does not allow nor require an "
			"argument but one is provided: x"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char err[FIELD_ERR_MAX];
		const char *hint;
		struct field f;

		assert_false(init(w, cases[i].name, cases[i].arg, "syscall", &f, err, &hint));
		assert_string_equal(err, cases[i].err);
	}
}

static void test_hint(void **state)
{
	struct world *w = *state;
	char err[FIELD_ERR_MAX];
	const char *hint;
	struct field f;

	assert_false(init(w, "proc.nmae", NULL, "syscall", &f, err, &hint));
	assert_string_equal(hint, "proc.name");
	assert_false(init(w, "zzzzzzzzzz", NULL, "syscall", &f, err, &hint));
	assert_null(hint);
}

static void test_arguments(void **state)
{
	struct world *w = *state;
	struct field f;

	assert_true(field_open(w, "proc.aname[2]", &f));
	assert_int_equal(f.index, 2);
	assert_true(field_open(w, "proc.aname", &f));
	assert_int_equal(f.index, -1);
	assert_true(field_open(w, "proc.env[PATH]", &f));
	assert_true(str_is(f.arg, "PATH") && f.index == -1);
	assert_true(field_open(w, "proc.env[3]", &f));
	assert_int_equal(f.index, 3);
	assert_true(field_open(w, "thread.cgroup.cpu_set", &f));
	assert_true(str_is(f.arg, "cpu_set") && str_is(f.name, "thread.cgroup"));
	assert_true(field_open(w, "evt.rawarg.flags", &f));
	assert_int_equal(f.type, PT_FLAGS32);
	assert_true(field_open(w, "container.mount[0]", &f));
	assert_int_equal(f.index, 0);
	assert_true(field_open(w, "container.mount[01]", &f));
	assert_int_equal(f.index, -1);
}

static void test_exists(void **state)
{
	assert_true(field_exists(STR("proc.pname")));
	assert_true(field_exists(STR("evt.arg.flags")));
	assert_true(field_exists(STR("proc.aname[2]")));
	assert_false(field_exists(STR("proc.aname[2")));
	assert_false(field_exists(STR("proc.pnamex")));
	assert_false(field_exists(STR("evt.arg")));
	assert_false(field_exists(STR("")));
}

static bool extract_answer(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	ret->u = 42;
	return true;
}

static void test_extension(void **state)
{
	static const struct field_class cls = {"my", "", "", "my_source other", false};
	static const struct field_info rows[] = {
		{"my.answer", &cls, "The answer.", extract_answer, FF_ARG_ALLOWED | FF_ARG_INDEX,
			PT_UINT64, PF_DEC, SCOPE_EVENT},
	};
	struct world *w = *state;
	char err[FIELD_ERR_MAX];
	struct field f;

	fields_extend(rows, 1);
	assert_true(init(w, "my.answer", NULL, "other", &f, err, NULL));
	assert_string_equal(shown_of(w, &f, true), "42");
	assert_false(init(w, "my.answer", NULL, "syscall", &f, err, NULL));
	assert_false(init(w, "my.answer", "x", "other", &f, err, NULL));
	assert_string_equal(err, "filter my.answer[x] my.answer has an invalid index argument not "
				 "composed only by digits: x");
	assert_false(init(w, "my.answer", "01", "other", &f, err, NULL));
	assert_string_equal(err, "filter my.answer[01] my.answer has an invalid index argument "
				 "starting with 0: 01");
	fields_forget(rows);
	assert_false(init(w, "my.answer", NULL, "other", &f, err, NULL));
}

/* ---- evt.* ---- */

static void test_times(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_GETUID_X, U32(0));
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_field(w, "evt.num", "2");
	assert_json(w, "evt.num", "2");
	assert_field(w, "evt.time", "22:13:20.000000002");
	assert_json(w, "evt.time", "1700000000000000002");
	assert_field(w, "evt.time.s", "22:13:20");
	assert_json(w, "evt.time.s", "1700000000000000002");
	assert_field(w, "evt.datetime", "2023-11-14 22:13:20.000000002");
	assert_field(w, "evt.datetime.s", "2023-11-14 22:13:20");
	assert_field(w, "evt.time.iso8601", "2023-11-14T22:13:20.000000002+0000");
	assert_field(w, "evt.rawtime", "1700000000000000002");
	assert_field(w, "evt.rawtime.s", "1700000000");
	assert_field(w, "evt.rawtime.ns", "000000002");
	assert_json(w, "evt.rawtime.ns", "2");
	assert_field(w, "evt.reltime", "000000001");
	assert_json(w, "evt.reltime", "1");
	assert_field(w, "evt.reltime.s", "0");
	assert_field(w, "evt.source", "syscall");
	assert_field(w, "evt.latency", "0");
	assert_field(w, "evt.latency.human", "0ns");
	assert_field(w, "evt.pluginname", "-");
}

static void test_counters(void **state)
{
	struct world *w = *state;
	struct field cnt, delta;

	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_true(field_open(w, "util.cnt", &cnt));
	assert_true(field_open(w, "evt.deltatime", &delta));
	assert_string_equal(shown_of(w, &cnt, false), "1");
	assert_string_equal(shown_of(w, &cnt, false), "2");
	assert_string_equal(shown_of(w, &delta, false), "0");
	w->ts += 1499;
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_string_equal(shown_of(w, &delta, false), "1500");
	assert_string_equal(shown_of(w, &delta, false), "0");
	assert_field(w, "evt.count", "1");
}

static void test_around(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_field(w, "evt.around[1700000000000000001]", "0");
	assert_field(w, "evt.around[1700000000000000000]", "1");
	assert_field(w, "evt.around[1700000000002000001]", "2");
	assert_field(w, "evt.around[1700000000002000002]", "3");
}

static void test_type(void **state)
{
	struct world *w = *state;

	open_at(w, 3, -100, "/x", O_RDONLY_P, 0);
	assert_field(w, "evt.type", "openat");
	assert_field(w, "syscall.type", "openat");
	assert_field(w, "evt.type.is.openat", "0"); /* the first pair of that name is an old one */
	assert_field(w, "evt.type.is.307", "1");
	assert_field(w, "evt.dir", "<");
	assert_field(w, "evt.category", "file");
	assert_json(w, "evt.is_async", "false");
	assert_field(w, "evt.asynctype", "-");
	EMIT(w, 100, EV_SYSCALL_X, U16(SC_FUTEX), U16(202));
	assert_field(w, "evt.type", "futex");
	assert_field(w, "syscall.type", "futex");
	assert_field(w, "evt.category", "other");
	assert_field(w, "evt.args", "");
	/* A call that was not known when it was recorded, by its number. */
	EMIT(w, 100, EV_SYSCALL_X, U16(0), U16(202));
	assert_field(w, "evt.type", "futex");
	EMIT(w, 100, EV_SYSCALL_X, U16(60000), U16(0));
	assert_field(w, "evt.type", syscall_table[0].name);
	EMIT(w, 100, EV_ASYNCEVENT_E, U32(0), S("flood"), NONE);
	assert_field(w, "evt.type", "flood");
	assert_field(w, "evt.asynctype", "flood");
	assert_field(w, "syscall.type", "-");
	assert_json(w, "evt.is_async", "true");
	EMIT(w, 100, EV_PROCINFO_E, U64(1), U64(2));
	assert_field(w, "evt.asynctype", "procinfo");
	assert_field(w, "evt.category", "internal");
}

static void test_params(void **state)
{
	struct world *w = *state;

	open_at(w, -2, -100, "x", O_RDONLY_P, 0);
	assert_field(w, "evt.arg.flags", "O_RDONLY");
	assert_field(w, "evt.arg.name", "/home/u/x");
	assert_field(w, "evt.arg[0]", "ENOENT");
	assert_field(w, "evt.arg[6]", "42");
	assert_field(w, "evt.arg[7]", "-");
	assert_field(w, "evt.arg[-1]", "-");
	assert_field(w, "evt.arg.addr", "-");
	assert_field(w, "evt.rawarg.flags", "1");
	assert_json(w, "evt.rawarg.flags", "\"1\"");
	assert_field(w, "evt.rawarg.name", "x");
	assert_field(w, "evt.rawarg.fd", "-2");
	assert_field(w, "evt.rawarg.addr", "-");
	assert_field(w, "evt.info",
		"fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=x(/home/u/x) flags=1(O_RDONLY) mode=0 "
		"dev=FE01 ino=42");
	/* Empty: there for outputs, not for conditions. */
	EMIT(w, 100, EV_OPENAT_X, I64(-2), I64(-100), NONE, NONE, NONE, NONE, NONE);
	assert_field(w, "evt.rawarg.flags", "0");
	{
		struct field f;

		assert_true(field_open(w, "evt.rawarg.flags", &f));
		f.compare = true;
		assert_string_equal(shown_of(w, &f, false), "-");
	}
	EMIT(w, 100, EV_WRITE_X, I64(3), B("a\0b"), I64(1), U32(3));
	assert_field(w, "evt.buffer", "a.b");
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_field(w, "evt.buffer", "-");
}

static void test_result(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_MKDIR_X, I64(-13), S("/x"), U32(0));
	assert_field(w, "evt.res", "EACCES");
	assert_json(w, "evt.rawres", "-13");
	assert_json(w, "evt.failed", "true");
	assert_json(w, "evt.count.error", "1");
	assert_field(w, "evt.count.error.file", "-");
	assert_json(w, "evt.count.error.other", "1");
	EMIT(w, 100, EV_MKDIR_X, I64(0), S("/x"), U32(0));
	assert_field(w, "evt.res", "SUCCESS");
	assert_json(w, "evt.failed", "false");
	open_at(w, -2, -100, "/x", O_RDONLY_P, 0);
	assert_json(w, "evt.count.error.file", "1");
	assert_field(w, "evt.count.error.other", "-");
	EMIT(w, 100, EV_BRK_X, U64(1), U32(0), U32(0), U32(0), U64(1));
	assert_json(w, "evt.count.error.memory", "0");
	assert_field(w, "evt.count.error.other", "-");
	EMIT(w, 100, EV_SYSCALL_X, U16(SC_FUTEX), U16(202));
	assert_field(w, "evt.res", "-");
	assert_field(w, "evt.failed", "-");
}

static void test_io(void **state)
{
	struct world *w = *state;

	open_at(w, 3, -100, "/dev/log", O_RDWR_P, 0);
	EMIT(w, 100, EV_WRITE_X, I64(5), B("hello"), I64(3), U32(5));
	assert_field(w, "evt.io_dir", "write");
	assert_json(w, "evt.is_io", "true");
	assert_json(w, "evt.is_io_write", "true");
	assert_json(w, "evt.is_io_read", "false");
	assert_json(w, "evt.is_syslog", "true");
	assert_field(w, "evt.category", "file");
	assert_json(w, "evt.buflen", "5");
	assert_json(w, "evt.buflen.out", "5");
	assert_json(w, "evt.buflen.file.out", "5");
	assert_field(w, "evt.buflen.in", "-");
	assert_field(w, "evt.buflen.net", "-");
	EMIT(w, 100, EV_WRITE_X, I64(-32), B("hello"), I64(3), U32(5));
	assert_field(w, "evt.buflen", "-");
	EMIT(w, 100, EV_READ_X, I64(1), B("x"), I64(77), U32(1));
	assert_field(w, "evt.io_dir", "read");
	assert_field(w, "evt.category", "unknown");
	assert_field(w, "evt.buflen", "-");
	EMIT(w, 100, EV_MKDIR_X, I64(0), S("/x"), U32(0));
	assert_field(w, "evt.io_dir", "-");
	assert_json(w, "evt.is_wait", "false");
}

static void assert_open(
	struct world *w, const char *read, const char *write, const char *exec, const char *create)
{
	assert_json(w, "evt.is_open_read", read);
	assert_json(w, "evt.is_open_write", write);
	assert_json(w, "evt.is_open_exec", exec);
	assert_json(w, "evt.is_open_create", create);
}

static void test_open(void **state)
{
	struct world *w = *state;

	open_at(w, 3, -100, "/x", O_RDONLY_P, 0);
	assert_open(w, "true", "false", "false", "false");
	open_at(w, 3, -100, "/x", O_RDWR_P, 0);
	assert_open(w, "true", "true", "false", "false");
	open_at(w, 3, -100, "/x", O_RDWR_P | O_CREAT_P | O_F_CREATED_P, 0755);
	assert_open(w, "true", "true", "true", "true");
	open_at(w, 3, -100, "/x", O_RDWR_P | O_CREAT_P, 0644);
	assert_open(w, "true", "true", "false", "false");
	open_at(w, 3, -100, "/tmp", O_RDWR_P | O_TMPFILE_P, 0700);
	assert_open(w, "true", "true", "true", "true");
	open_at(w, -13, -100, "/tmp", O_RDWR_P | O_TMPFILE_P, 0700);
	assert_open(w, "true", "true", "true", "false");
	EMIT(w, 100, EV_CREAT_X, I64(3), S("/x"), U32(0711), U32(0), U64(0), U16(0));
	assert_open(w, "false", "false", "true", "false");
	EMIT(w, 100, EV_MKDIR_X, I64(0), S("/x"), U32(0755));
	assert_open(w, "false", "false", "false", "false");
}

static void test_abspath(void **state)
{
	struct world *w = *state;

	open_at(w, 5, -100, "/srv", O_RDONLY_P | O_DIRECTORY_P, 0);
	EMIT(w, 100, EV_RENAMEAT_X, I64(0), I64(5), S("a"), I64(-100), S("b"));
	assert_field(w, "evt.abspath", "/srv/a");
	assert_field(w, "evt.abspath.src", "/srv/a");
	assert_field(w, "evt.abspath.dst", "/home/u/b");
	EMIT(w, 100, EV_UNLINKAT_X, I64(0), I64(99), S("a"), U32(0));
	assert_field(w, "evt.abspath", "<UNKNOWN>/a");
	EMIT(w, 100, EV_UNLINKAT_X, I64(0), I64(99), S("/a/../b"), U32(0));
	assert_field(w, "evt.abspath", "/b");
	EMIT(w, 100, EV_UNLINKAT_X, I64(0), I64(99), NONE, U32(0));
	assert_field(w, "evt.abspath", "-");
	EMIT(w, 100, EV_UNLINK_X, I64(0), S("/a"));
	assert_field(w, "evt.abspath", "-");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, field_world_setup, field_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		T(test_every_name),
		T(test_sources),
		T(test_refused_names),
		T(test_hint),
		T(test_arguments),
		cmocka_unit_test(test_exists),
		T(test_extension),
		T(test_times),
		T(test_counters),
		T(test_around),
		T(test_type),
		T(test_params),
		T(test_result),
		T(test_io),
		T(test_open),
		T(test_abspath),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
