/* SPDX-License-Identifier: Apache-2.0 */
/* Fields about descriptors, sockets, paths and lists of descriptors. */
#include "field_world.h"

#define O_RDONLY_P 0x1u
#define O_DIRECTORY_P 0x400u

/* ---- fd.* ---- */

static void test_file(void **state)
{
	struct world *w = *state;

	open_at(w, 3, -100, "dir//file", O_RDONLY_P, 0);
	assert_json(w, "fd.num", "3");
	assert_field(w, "fd.type", "file");
	assert_field(w, "fd.typechar", "f");
	assert_field(w, "fd.name", "/home/u/dir/file");
	assert_field(w, "fd.nameraw", "dir/file");
	assert_field(w, "fd.directory", "/home/u/dir");
	assert_field(w, "fd.filename", "file");
	assert_field(w, "fd.containername", ":/home/u/dir/file");
	assert_field(w, "fd.containerdirectory", ":/home/u/dir");
	assert_field(w, "fd.uid", "1003");
	assert_json(w, "fd.dev", "\"FE01\"");
	assert_json(w, "fd.dev.major", "254");
	assert_json(w, "fd.dev.minor", "1");
	assert_json(w, "fd.ino", "42");
	assert_json(w, "fd.name_changed", "true");
	assert_json(w, "fd.types", "[\"file\"]");
	assert_field(w, "fd.types[3]", "(file)");
	assert_field(w, "fd.types[4]", "-");
	assert_field(w, "fd.l4proto", "<NA>");
	assert_field(w, "fd.sockfamily", "-");
	assert_field(w, "fd.cip", "-");
	assert_json(w, "fd.is_server", "false");
	EMIT(w, 100, EV_CLOSE_X, I64(0), I64(3));
	assert_field(w, "fd.name", "/home/u/dir/file");
	assert_json(w, "fd.name_changed", "false");
	EMIT(w, 100, EV_MKDIR_X, I64(0), S("/x"), U32(0));
	assert_field(w, "fd.num", "-");
	assert_field(w, "fd.name", "-");
	open_at(w, 4, -100, "/", O_RDONLY_P, 0);
	assert_field(w, "fd.directory", "/");
	assert_field(w, "fd.filename", "/");
}

/* A call that failed: the name is the one that was asked for. */
static void test_no_descriptor(void **state)
{
	struct world *w = *state;

	open_at(w, -2, -100, "no/where", O_RDONLY_P, 0);
	assert_json(w, "fd.num", "-1");
	assert_field(w, "fd.name", "/home/u/no/where");
	assert_field(w, "fd.nameraw", "no/where");
	assert_field(w, "fd.directory", "/home/u/no");
	assert_field(w, "fd.filename", "-");
	assert_field(w, "fd.type", "-");
	assert_field(w, "fd.typechar", "f");
	open_at(w, -9, 999, "rel", O_RDONLY_P, 0);
	assert_field(w, "fd.name", "<UNKNOWN>rel");
	EMIT(w, 100, EV_OPEN_X, I64(-2), S("x"), U32(1), U32(0), U32(0), U64(0));
	assert_field(w, "fd.name", "/home/u/x");
	EMIT(w, 100, EV_CLOSE_X, I64(-9), I64(77));
	assert_field(w, "fd.name", "");
	assert_field(w, "fd.directory", "/");
	assert_field(w, "fd.typechar", "o");
}

#define TUPLE4 "\x02\x7f\0\0\x01\x39\x30\x08\x08\x08\x08\x50\0"

static void add_iface(struct world *w)
{
	struct machine_iface i = {.name = STR("lo"), .addr = {127, 0, 0, 1}, .netmask = {255}};

	w->sink.iface(w->sink.arg, &i);
}

static void test_socket(void **state)
{
	struct world *w = *state;
	struct field f;

	add_iface(w);
	EMIT(w, 100, EV_SOCKET_X, I64(4), U32(2), U32(1), U32(0));
	EMIT(w, 100, EV_CONNECT_X, I64(0), B(TUPLE4), I64(4), B("\x02\x08\x08\x08\x08\x50\0"));
	assert_field(w, "fd.type", "ipv4");
	assert_field(w, "fd.name", "127.0.0.1:12345->8.8.8.8:80");
	assert_field(w, "fd.nameraw", "");
	assert_field(w, "fd.cip", "127.0.0.1");
	assert_field(w, "fd.sip", "8.8.8.8");
	assert_field(w, "fd.lip", "127.0.0.1");
	assert_field(w, "fd.rip", "8.8.8.8");
	assert_json(w, "fd.cport", "12345");
	assert_json(w, "fd.sport", "80");
	assert_json(w, "fd.lport", "12345");
	assert_json(w, "fd.rport", "80");
	assert_json(w, "fd.cproto", "\"12345\"");
	assert_json(w, "fd.sproto", "\"80\"");
	assert_field(w, "fd.l4proto", "tcp");
	assert_field(w, "fd.sockfamily", "ip");
	assert_json(w, "fd.is_server", "false");
	assert_json(w, "fd.connected", "true");
	assert_field(w, "fd.sip.name", "-");
	assert_field(w, "fd.filename", "-");
	assert_field(w, "fd.directory", "-");
	/* Conditions get both ends, outputs nothing. */
	assert_field(w, "fd.ip", "-");
	assert_true(field_open(w, "fd.ip", &f));
	f.compare = true;
	assert_string_equal(shown_of(w, &f, false), "(127.0.0.1,8.8.8.8)");
	assert_true(field_open(w, "fd.port", &f));
	f.compare = true;
	assert_string_equal(shown_of(w, &f, false), "(12345,80)");
}

static void test_server_socket(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_SOCKET_X, I64(4), U32(2), U32(1), U32(0));
	/* No role yet: nothing is known but the port. */
	EMIT(w, 100, EV_BIND_X, I64(0), B("\x02\x7f\0\0\x01\x39\x30"), I64(4));
	assert_field(w, "fd.name", "127.0.0.1:12345");
	assert_json(w, "fd.sport", "12345");
	assert_field(w, "fd.cip", "-");
	assert_field(w, "fd.lport", "-");
	assert_field(w, "fd.sproto", "");
	assert_json(w, "fd.is_server", "true");
}

/* ---- fs.path.* ---- */

static void assert_paths(struct world *w, const char *name, const char *source, const char *target)
{
	assert_field(w, "fs.path.name", name);
	assert_field(w, "fs.path.source", source);
	assert_field(w, "fs.path.target", target);
}

static void test_paths(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_MKDIR_X, I64(0), S("a/../b"), U32(0));
	assert_paths(w, "/home/u/b", "-", "-");
	assert_field(w, "fs.path.nameraw", "a/../b");
	EMIT(w, 100, EV_MKDIR_X, I64(-17), S("b"), U32(0));
	assert_paths(w, "-", "-", "-");
	assert_field(w, "fs.path.nameraw", "-");
	EMIT(w, 100, EV_MKDIR_X, NONE, S("b"), U32(0));
	assert_paths(w, "-", "-", "-");
	EMIT(w, 100, EV_RENAME_X, I64(0), S("a"), S("/b"));
	assert_paths(w, "-", "/home/u/a", "/b");
	assert_field(w, "fs.path.sourceraw", "a");
	/* Links: the source is the new name. */
	EMIT(w, 100, EV_LINK_X, I64(0), S("/old"), S("/new"));
	assert_paths(w, "-", "/new", "/old");
	EMIT(w, 100, EV_SYMLINK_X, I64(0), S("/to"), S("from"));
	assert_paths(w, "-", "/home/u/from", "/to");
	EMIT(w, 100, EV_MOUNT_X, I64(0), S("/dev/sda"), S("/mnt"), S("ext4"), U32(0));
	assert_paths(w, "-", "/dev/sda", "/mnt");
	EMIT(w, 100, EV_STAT_X, I64(0), S("/x"));
	assert_paths(w, "-", "-", "-");
}

static void test_paths_of_descriptors(void **state)
{
	struct world *w = *state;

	open_at(w, 5, -100, "/srv", O_RDONLY_P | O_DIRECTORY_P, 0);
	assert_paths(w, "/srv", "-", "-");
	EMIT(w, 100, EV_UNLINKAT_X, I64(0), I64(5), S("x"), U32(0));
	assert_paths(w, "/srv/x", "-", "-");
	/* As with Falco: not of the current directory. */
	EMIT(w, 100, EV_UNLINKAT_X, I64(0), I64(-100), S("x"), U32(0));
	assert_paths(w, "<UNKNOWN>x", "-", "-");
	EMIT(w, 100, EV_RENAMEAT2_X, I64(0), I64(5), S("a"), I64(-100), S("b"), U32(0));
	assert_paths(w, "-", "/srv/a", "/home/u/b");
	EMIT(w, 100, EV_RENAMEAT_X, I64(0), I64(5), S("a"), I64(-100), S("b"));
	assert_paths(w, "-", "/home/u/a", "/home/u/b");
	EMIT(w, 100, EV_FCHMOD_X, I64(0), I64(5), U32(0755));
	assert_paths(w, "/srv", "-", "-");
	/* An open counts as done unless it returned exactly -1. */
	open_at(w, -2, -100, "x", O_RDONLY_P, 0);
	assert_paths(w, "<UNKNOWN>", "-", "-");
	open_at(w, -2, -100, "/x", O_RDONLY_P, 0);
	assert_paths(w, "/x", "-", "-");
	open_at(w, -1, -100, "/x", O_RDONLY_P, 0);
	assert_paths(w, "-", "-", "-");
}

/* ---- fdlist.* ---- */

static void test_fdlist(void **state)
{
	struct world *w = *state;

	open_at(w, 3, -100, "/x", O_RDONLY_P, 0);
	EMIT(w, 100, EV_SOCKET_X, I64(4), U32(2), U32(1), U32(0));
	EMIT(w, 100, EV_CONNECT_X, I64(0), B(TUPLE4), I64(4), B("\x02\x08\x08\x08\x08\x50\0"));
	EMIT(w, 100, EV_POLL_X, I64(1),
		B("\x03\0"
		  "\x03\0\0\0\0\0\0\0\x01\0"
		  "\x04\0\0\0\0\0\0\0\x01\0"
		  "\x09\0\0\0\0\0\0\0\x01\0"),
		I64(0));
	assert_field(w, "fdlist.nums", "3,4,9");
	assert_field(w, "fdlist.names", "/x,127.0.0.1:12345->8.8.8.8:80,<NA>");
	assert_field(w, "fdlist.cips", "127.0.0.1");
	assert_field(w, "fdlist.sips", "8.8.8.8");
	assert_field(w, "fdlist.cports", "12345");
	assert_field(w, "fdlist.sports", "80");
	EMIT(w, 100, EV_POLL_X, I64(0), B("\0\0"), I64(0));
	assert_field(w, "fdlist.nums", "-");
	EMIT(w, 100, EV_POLL_X, I64(0), NONE, I64(0));
	assert_field(w, "fdlist.nums", "-");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, field_world_setup, field_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_file),
		T(test_no_descriptor),
		T(test_socket),
		T(test_server_socket),
		T(test_paths),
		T(test_paths_of_descriptors),
		T(test_fdlist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
