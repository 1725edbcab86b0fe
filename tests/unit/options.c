/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: forms of options, those of both generations, mistakes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "app/list.h"
#include "app/options.h"

static struct options o;
static char err[512];

/* Parses "falco" and the given words, NULL-terminated. */
static bool parse(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	err[0] = 0;
	return options_parse(argc, argv, &o, err);
}

#define PARSE(...) parse((char *[]){"falco", __VA_ARGS__, NULL})

static int begin(void **state)
{
	memset(&o, 0, sizeof(o));
	return 0;
}

static int end(void **state)
{
	options_done(&o);
	return 0;
}

static void nothing(void **state)
{
	char *argv[] = {"falco", NULL};

	assert_true(parse(argv));
	assert_null(o.config_file);
	assert_null(o.list_fields_value);
	assert_false(o.list_fields);
	assert_int_equal(o.overrides.n, 0);
	assert_int_equal(o.argc, 1);
	assert_ptr_equal(o.argv, argv);
}

static void short_forms(void **state)
{
	assert_true(PARSE("-c", "f.yaml", "-Lv", "-UP/run/p", "-pcontainer", "-vr", "a", "-rb"));
	assert_string_equal(o.config_file, "f.yaml");
	assert_true(o.describe_all && o.verbose && o.unbuffered);
	assert_string_equal(o.pidfile, "/run/p");
	assert_string_equal(o.print, "container");
	assert_int_equal(o.rules.n, 2);
	assert_string_equal(o.rules.v[0], "a");
	assert_string_equal(o.rules.v[1], "b");
}

static void long_forms(void **state)
{
	assert_true(PARSE("--option", "a=b", "--option=c=d,e", "--pidfile=", "--validate", "-x",
		"--dry-run", "--version=false", "--help=TRUE"));
	assert_int_equal(o.overrides.n, 2);
	assert_string_equal(o.overrides.v[1], "c=d,e");
	assert_string_equal(o.pidfile, "");
	assert_string_equal(o.validate.v[0], "-x");
	assert_true(o.dry_run && o.help);
	assert_false(o.version);
}

static void optional_values(void **state)
{
	assert_true(PARSE("--list", "syscall"));
	assert_true(o.list_fields);
	assert_string_equal(o.list_fields_value, "");
	assert_int_equal(o.operands.n, 1);
	options_done(&o);
	assert_true(PARSE("--list=k8s_audit", "-N"));
	assert_string_equal(o.list_fields_value, "k8s_audit");
	assert_true(o.names_only);
}

static void the_last_value_counts(void **state)
{
	assert_true(PARSE("-c", "a", "-cb"));
	assert_string_equal(o.config_file, "b");
}

static void operands(void **state)
{
	assert_true(PARSE("x", "-v", "-", "--", "-L"));
	assert_true(o.verbose);
	assert_false(o.describe_all);
	assert_int_equal(o.operands.n, 3);
	assert_string_equal(o.operands.v[2], "-L");
}

static void earlier_versions(void **state)
{
	assert_true(PARSE("-A", "-b", "-e", "x.scap", "-D", "a", "-Db", "-T", "t", "-d", "-S", "80",
		"-u", "-k", "http://k", "-K", "tok", "--k8s-node", "n", "-m", "x", "-s", "st",
		"--stats_interval", "7", "--cri=/a", "--cri", "/b", "--disable-cri-async", "-F",
		"-w", "out.scap", "--alternate-lua-dir", "d", "--modern-bpf", "--nodriver",
		"--list-syscall-events", "-g", "x", "--gvisor-generate-config"));
	assert_true(o.all_events && o.print_base64 && o.daemon && o.userspace && o.modern_bpf);
	assert_true(o.nodriver && o.list_events && o.disable_cri_async);
	assert_string_equal(o.events_file, "x.scap");
	assert_int_equal(o.disable_rules.n, 2);
	assert_string_equal(o.disable_tags.v[0], "t");
	assert_string_equal(o.snaplen, "80");
	assert_string_equal(o.k8s_node, "n");
	assert_string_equal(o.stats_interval, "7");
	assert_int_equal(o.cri_sockets.n, 2);
	assert_string_equal(o.write_file, "out.scap");
	assert_int_equal(o.operands.n, 0);
}

static void mistakes(void **state)
{
	assert_false(PARSE("--list-evnts"));
	assert_string_equal(
		err, "Option '--list-evnts' does not exist. Did you mean '--list-events'?");
	options_done(&o);
	assert_false(PARSE("--qqqqqqqqq=1"));
	assert_string_equal(err, "Option '--qqqqqqqqq' does not exist. Try --help.");
	options_done(&o);
	assert_false(PARSE("-vZ"));
	assert_string_equal(err, "Option '-Z' in '-vZ' does not exist. Try --help.");
	options_done(&o);
	assert_false(PARSE("-v", "-c"));
	assert_string_equal(err, "Option '-c' is missing an argument: <path>");
	options_done(&o);
	assert_false(PARSE("--option"));
	assert_non_null(strstr(err, "Option '--option' is missing an argument"));
	options_done(&o);
	assert_false(PARSE("--dry-run=perhaps"));
	assert_string_equal(err, "Option '--dry-run' takes no value");
}

static void formats(void **state)
{
	enum list_format f;

	assert_true(PARSE("--format", "JSON"));
	assert_true(list_format_of(&o, &f));
	assert_int_equal(f, LIST_JSON);
	assert_true(PARSE("--markdown"));
	assert_true(list_format_of(&o, &f));
	assert_int_equal(f, LIST_MARKDOWN);
	assert_true(PARSE("--markdown", "--format=text"));
	assert_false(list_format_of(&o, &f));
	assert_true(PARSE("--format=xml"));
	assert_false(list_format_of(&o, &f));
}

static void usage(void **state)
{
	static const char *const parts[] = {"Usage:", "falco [OPTION...]", "-h, --help",
		"--list[=<source>]", "-o, --option <key>=<value>", "--stats-interval <msec>"};
	struct buf b = {0};
	struct str rest, line;

	options_usage(&b);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		assert_non_null(strstr(buf_cstr(&b), parts[i]));
	rest = buf_view(&b);
	while (str_split(&rest, '\n', &line))
		assert_true(line.n <= 100 && (!line.n || line.p[line.n - 1] != ' '));
	buf_done(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),
		TEST(short_forms),
		TEST(long_forms),
		TEST(optional_values),
		TEST(the_last_value_counts),
		TEST(operands),
		TEST(earlier_versions),
		TEST(mistakes),
		TEST(formats),
		TEST(usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
