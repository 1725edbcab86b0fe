/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users and groups: from lists, events, and the account files of a machine. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_clone.h"

#include "state/accounts.h"

static struct world *world(const struct state_config *config)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, config);
	world_ready(w);
	return w;
}

static int setup(void **state)
{
	*state = world(&(struct state_config){0});
	return 0;
}

static int teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

static const struct user *user_of(struct world *w, const char *container, uint32_t uid)
{
	return state_user(w->s, str_c(container), uid);
}

static void assert_user(struct world *w, const char *container, uint32_t uid, const char *name)
{
	const struct user *u = user_of(w, container, uid);

	if (!name) {
		assert_null(u);
		return;
	}
	assert_non_null(u);
	assert_text(u->name, name);
}

static void assert_group(struct world *w, const char *container, uint32_t gid, const char *name)
{
	struct str got = state_group_name(w->s, str_c(container), gid);

	if (!name)
		assert_null(got.p);
	else if (!str_is(got, name))
		fail_msg("group %u is %.*s, not %s", gid, STR_ARG(got), name);
}

static void list_user(struct world *w, uint32_t uid, const char *name, bool group)
{
	w->sink.user(w->sink.arg, &(struct machine_user){.uid = uid,
					  .gid = uid,
					  .name = str_c(name),
					  .home = STR("/home/x"),
					  .shell = STR("/bin/sh"),
					  .is_group = group});
}

static void test_lists(void **state)
{
	struct world *w = *state;

	assert_user(w, "", 0, "root");
	assert_text(user_of(w, "", 0)->home, "/root");
	assert_text(user_of(w, "", 0)->shell, "<NA>");
	assert_group(w, "", 0, "root");
	assert_user(w, "", 1000, NULL);
	list_user(w, 1000, "alice", false);
	list_user(w, 50, "staff", true);
	list_user(w, 0, "toor", false);
	list_user(w, 1001, "+nis", false);
	assert_user(w, "", 1000, "alice");
	assert_text(user_of(w, "", 1000)->shell, "/bin/sh");
	assert_user(w, "", 0, "toor");
	assert_group(w, "", 50, "staff");
	assert_group(w, "", 1000, NULL);
	assert_user(w, "", 1001, NULL);
	assert_user(w, "", UINT32_MAX, NULL);
	assert_user(w, "c1", 1000, NULL);
	assert_user(w, "c1", 0, NULL);
	w->sink.reset(w->sink.arg);
	assert_user(w, "", 1000, NULL);
	assert_user(w, "", 0, "root");
}

static void add_user(struct world *w, uint32_t uid, const char *name, const char *container)
{
	EMIT(w, -1, EV_USERADDED_E, U32(uid), U32(uid), text_param(name), S("/h"), S("/s"),
		text_param(container));
}

static void test_events(void **state)
{
	struct world *w = *state;
	uint32_t epoch = state_epoch(w->s);

	add_user(w, 1000, "bob", "");
	assert_int_not_equal(state_epoch(w->s), epoch);
	assert_user(w, "", 1000, "bob");
	add_user(w, 1000, "carol", "");
	assert_user(w, "", 1000, "carol");
	EMIT(w, -1, EV_USERDELETED_E, U32(1000), U32(1000), S("carol"), S("/h"), S("/s"), S(""));
	assert_user(w, "", 1000, NULL);
	EMIT(w, -1, EV_GROUPADDED_E, U32(7), S("ops"), S(""));
	assert_group(w, "", 7, "ops");
	EMIT(w, -1, EV_GROUPDELETED_E, U32(7), S("ops"), S(""));
	assert_group(w, "", 7, NULL);
	/* Of a container whose files nobody read, nothing is taken. */
	add_user(w, 1000, "dan", "c1");
	assert_user(w, "c1", 1000, NULL);
	assert_user(w, "", 1000, NULL);
}

static int dumped;

static void count_user(void *arg, const struct machine_user *u)
{
	dumped++;
}

static void test_dump(void **state)
{
	struct world *w = *state;
	struct machine_sink out = {.user = count_user};

	list_user(w, 1000, "alice", false);
	list_user(w, 50, "staff", true);
	dumped = 0;
	state_dump(w->s, &out);
	assert_int_equal(dumped, 4); /* and root, twice */
}

/* ---- account files ---- */

static char root[] = "/tmp/falco-users-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc/%s", root, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_root(void **state)
{
	char path[256], text[20000] = "long:x:5:5:";

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/etc", root);
	mkdir(path, 0755);
	memset(text + strlen(text), 'a', 10000);
	strcat(text, ":/h:/s\n"
		     "root:x:0:0:root:/root:/bin/bash\n"
		     "eve:x:1001:1002:Eve:/home/eve:/bin/zsh\n"
		     "few:x:1003\n"
		     "bad:x:12a:0::/:/\n"
		     "neg:x:-1:0::/:/\n"
		     "big:x:4294967296:0::/:/\n"
		     "none:x:4294967295:0::/:/\n"
		     "-nis:x:1004:0::/:/\n"
		     "\n"
		     "last:x:1005:5::/l:/bin/l");
	write_file("passwd", text);
	strcpy(text, "many:x:60:");
	memset(text + strlen(text), 'm', 10000);
	strcat(text, "\nwheel:x:10:eve\n");
	write_file("group", text);
	return 0;
}

static int remove_root(void **state)
{
	char path[256];
	const char *const names[] = {"etc/passwd", "etc/group", "etc", ""};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
	return 0;
}

static void test_files(void **state)
{
	struct world *w = world(&(struct state_config){.live = true, .host_root = root});

	assert_user(w, "", 1001, "eve");
	assert_int_equal(user_of(w, "", 1001)->gid, 1002);
	assert_text(user_of(w, "", 1001)->home, "/home/eve");
	assert_text(user_of(w, "", 1001)->shell, "/bin/zsh");
	assert_user(w, "", 1005, "last");
	assert_user(w, "", 5, NULL);
	assert_user(w, "", 12, NULL);
	assert_user(w, "", 1003, NULL);
	assert_user(w, "", 1004, NULL);
	assert_group(w, "", 10, "wheel");
	assert_group(w, "", 60, "many");
	assert_group(w, "", 61, NULL);
	world_done(w);
	free(w);
}

/* Who was not found is looked for again, but not at once. */
static void test_retry(void **state)
{
	struct world *w = world(&(struct state_config){.live = true, .host_root = root});

	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_user(w, "", 2000, NULL);
	write_file("passwd", "new:x:2000:0::/:/\n");
	assert_user(w, "", 2000, NULL);
	w->ts += UINT64_C(11000000000);
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_user(w, "", 2000, "new");
	world_done(w);
	free(w);
}

static void test_replay_asks_when_told(void **state)
{
	struct world *w = world(&(struct state_config){.host_root = root});

	assert_user(w, "", 2000, NULL);
	world_done(w);
	free(w);
	w = world(&(struct state_config){.own_accounts = true, .host_root = root});
	assert_user(w, "", 2000, "new");
	assert_user(w, "c1", 2000, NULL);
	world_done(w);
	free(w);
}

static void never(void *arg, const struct account_entry *e)
{
	fail();
}

static void test_no_files(void **state)
{
	char path[256];

	accounts_read("/nonexistent", false, never, NULL);
	accounts_ask(4000000000u, false, never, NULL);
	snprintf(path, sizeof(path), "%s/etc/group", root);
	remove(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	accounts_read(root, true, never, NULL);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_lists),
		T(test_events),
		T(test_dump),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_replay_asks_when_told),
		cmocka_unit_test(test_no_files),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
