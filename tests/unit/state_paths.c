/* SPDX-License-Identifier: Apache-2.0 */
#include "state_world.h"

static const struct {
	const char *dir, *path, *want;
} joins[] = {
	/* relative */
	{"/home/u/", "f", "/home/u/f"},
	{"/home/u/", "a/b/c", "/home/u/a/b/c"},
	{"/home/u/", "./f", "/home/u/f"},
	{"/home/u/", "a/./f", "/home/u/a/f"},
	{"/home/u/", "../f", "/home/f"},
	{"/home/u/", "..", "/home"},
	{"/home/u/", ".", "/home/u"},
	{"/home/u/", "../../../../f", "/f"},
	{"/home/u/", "a//b///c/", "/home/u/a/b/c"},
	{"/home/u/", "a/../../v/f", "/home/v/f"},
	{"/home/u/", "..f", "/home/u/..f"},
	{"/home/u/", ".f", "/home/u/.f"},
	{"/home/u/", "...", "/home/u/..."},
	{"/home/u/", "a/..", "/home/u"},
	{"/", "..", "/"},
	{"/", "f", "/f"},
	/* absolute */
	{"/home/u/", "/etc/passwd", "/etc/passwd"},
	{"/home/u/", "/", "/"},
	{"/home/u/", "///", "/"},
	{"/home/u/", "/etc//./x/../passwd", "/etc/passwd"},
	{"/home/u/", "/..", "/"},
	{"/home/u/", "/../../etc/", "/etc"},
	{"/home/u/", "/a/b/../../../c", "/c"},
	/* no folder, or one that is not known */
	{"", "f", "f"},
	{"", "./f", "f"},
	{"", "a/../b", "b"},
	{"", "../b", "b"},
	{"", "a/b/", "a/b"},
	{"<UNKNOWN>", "f", "<UNKNOWN>f"},
	{"<UNKNOWN>", "a/../f", "f"}, /* nothing stops a ".." there */
	{"<UNKNOWN>", "../f", "<UNKNOWN>../f"},
	{"<UNKNOWN>", "./f", "<UNKNOWN>./f"},
	/* nothing to join */
	{"/home/u/", "", ""},
	{"", "", ""},
	/* the folder is taken as it is */
	{"/a/../b/", "f", "/a/../b/f"},
};

static void test_join(void **unused)
{
	struct arena a;
	char got[64];

	arena_init(&a, 0);
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		snprintf(got, sizeof(got), "%.*s",
			STR_ARG(path_join(&a, str_c(joins[i].dir), str_c(joins[i].path))));
		assert_string_equal(got, joins[i].want);
	}
	arena_done(&a);
}

/* The limit counts both parts, even when the first is not used. */
static void test_join_limit(void **unused)
{
	static const char too_long[] = "/DIR_TOO_LONG/FILENAME_TOO_LONG";
	static char text[2000];
	struct arena a;

	arena_init(&a, 0);
	memset(text, 'x', sizeof(text));
	text[0] = '/';
	assert_int_equal(path_join(&a, STR(""), str_n(text, 1023)).n, 1023);
	assert_true(str_is(path_join(&a, STR(""), str_n(text, 1024)), too_long));
	assert_int_equal(path_join(&a, STR("/d/"), str_n(text, 1020)).n, 1020);
	assert_true(str_is(path_join(&a, STR("/d/"), str_n(text, 1021)), too_long));
	assert_int_equal(path_join(&a, STR("/d/"), str_n(text + 1, 1020)).n, 1023);
	assert_true(str_is(path_join(&a, STR("/d/"), str_n(text + 1, 1021)), too_long));
	assert_true(str_is(path_join(&a, str_n(text, 1024), STR("")), too_long));
	arena_done(&a);
}

/* A path that is all slashes and dots costs no more than it is long. */
static void test_join_hostile(void **unused)
{
	char text[1000];
	struct arena a;

	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "../"[i % 3];
	assert_true(str_is(path_join(&a, STR("/a/b/"), str_n(text, 999)), "/"));
	memset(text, '/', sizeof(text));
	assert_true(str_is(path_join(&a, STR("/a/b/"), str_n(text, 999)), "/"));
	arena_done(&a);
}

static bool base_is(struct world *w, int64_t dirfd, const char *want)
{
	return str_is(path_base(&w->ctx, dirfd), want);
}

static void test_base(void **unused)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, &(struct state_config){0});
	world_ready(w);
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("/srv/data"), U32(0x400), U32(0), U32(0),
		U64(0));
	EMIT(w, 100, EV_OPENAT_X, I64(4), I64(-100), S("/"), U32(0x400), U32(0), U32(0), U64(0));
	EMIT(w, 100, EV_EVENTFD_X, I64(5), U64(0), U32(0));
	assert_true(base_is(w, -100, "/home/u/"));
	assert_true(base_is(w, 3, "/srv/data/"));
	assert_true(base_is(w, 4, "/"));
	assert_true(base_is(w, 5, ""));
	assert_true(base_is(w, 99, "<UNKNOWN>"));
	assert_true(base_is(w, -1, "<UNKNOWN>"));
	assert_true(str_is(path_base_of_param(&w->ctx, 3), "/srv/data/"));
	assert_true(str_is(path_base_of_param(&w->ctx, -100), "/home/u/"));
	assert_true(str_is(path_base_of_param(&w->ctx, 99), ""));
	world_done(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_limit),
		cmocka_unit_test(test_join_hostile),
		cmocka_unit_test(test_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
