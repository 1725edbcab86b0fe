/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of parameters and values: every type, and records that are not as they should be. */
#include "field_world.h"

#include <stdlib.h>

#include "base/mem.h"

/* Parameter i of an event of thread 100, all others empty; the state does not see it. */
static void one_param(struct world *w, uint16_t type, unsigned i, const void *p, size_t n)
{
	struct param params[EVENT_MAX_PARAMS] = {0};
	size_t len;

	params[i] = (struct param){p, (uint32_t)n};
	len = event_encode(w->rec, w->ts, 100, type, params, event_table[type].nparams);
	assert_int_equal(event_view(&w->ev, w->rec, len), 0);
	assert_int_equal(event_decode(&w->ev), 0);
	arena_reset(&w->arena);
	w->ctx = (struct event_ctx){.state = w->s,
		.ev = &w->ev,
		.thread = state_thread(w->s, 100),
		.fd_num = -1,
		.arena = &w->arena};
}

static void assert_param(struct world *w, unsigned i, const char *raw, const char *resolved)
{
	struct str got_raw, got_resolved;
	struct str best = *resolved ? str_c(resolved) : str_c(raw);

	param_text(&w->ctx, i, &got_raw, &got_resolved);
	assert_string_equal(arena_strdup(&w->arena, got_raw), raw);
	assert_string_equal(arena_strdup(&w->arena, got_resolved), resolved);
	assert_true(str_eq(param_shown(&w->ctx, i, false), best));
}

/* The first parameter of this type and format that any event has. */
static bool find_param(uint8_t type, int format, uint16_t *ret_event, unsigned *ret_param)
{
	for (uint16_t e = 0; e < EV_MAX; e++) {
		for (unsigned i = 0; i < event_table[e].nparams; i++) {
			const struct param_info *p = &event_table[e].params[i];

			if (p->type != type || (format >= 0 && p->format != format))
				continue;
			*ret_event = e;
			*ret_param = i;
			return true;
		}
	}
	return false;
}

struct type_case {
	uint8_t type;
	int format; /* -1: any */
	const char *bytes;
	size_t n;
	const char *raw, *resolved;
};

#define BYTES(s) s, sizeof(s) - 1
#define TEXT(s) s, sizeof(s)
#define LE16(x) (const char[]){(char)((x)&255), (char)((x) >> 8 & 255)}, 2
#define LE32(x) (const char *)&(uint32_t){x}, 4
#define LE64(x) (const char *)&(uint64_t){x}, 8

static void test_types(void **state)
{
	/* clang-format off */
	const struct type_case cases[] = {
		{PT_INT32, PF_DEC, LE32(-5u), "-5", ""},
		{PT_INT64, PF_DEC, LE64(-5ull), "-5", ""},
		{PT_UINT8, PF_DEC, BYTES("\xff"), "255", ""},
		{PT_UINT16, -1, LE16(0xfffe), "65534", ""},
		{PT_UINT32, PF_DEC, LE32(0xffffffffu), "-1", ""},
		{PT_UINT32, PF_HEX, LE32(0xfe00u), "FE00", ""},
		{PT_UINT32, PF_OCT, LE32(0644u), "0644", ""},
		{PT_UINT32, PF_OCT, LE32(0u), "0", ""},
		{PT_UINT64, PF_DEC, LE64(7ull), "7", ""},
		{PT_UINT64, PF_HEX, LE64(0xdeadbeef0ull), "DEADBEEF0", ""},
		{PT_CHARBUF, -1, TEXT("text"), "text", ""},
		{PT_CHARBUF, -1, TEXT("(NULL)"), "<NA>", ""},
		{PT_CHARBUF, -1, BYTES("not ended"), "not ended", ""},
		{PT_BYTEBUF, -1, BYTES("a\0b\xff\n"), "a.b..", ""},
		{PT_ERRNO, -1, LE64(3ull), "3", ""},
		{PT_ERRNO, -1, LE64(-2ull), "-2", "ENOENT"},
		{PT_ERRNO, -1, LE64(-126ull), "-126", ""},
		{PT_FD, -1, LE64(3ull), "3", ""},
		{PT_FD, -1, LE64(-9ull), "-9", "EBADF"},
		{PT_FD, -1, LE64(-100ull), "-100", "AT_FDCWD"},
		{PT_PID, -1, LE64(1ull), "1", "proc"},
		{PT_PID, -1, LE64(4242ull), "4242", ""},
		{PT_FSPATH, -1, TEXT("/etc/../x"), "/etc/../x", ""},
		{PT_FSPATH, -1, TEXT("../x/./y"), "../x/./y", "/home/x/y"},
		{PT_FSPATH, -1, TEXT("(NULL)"), "<NA>", ""},
		{PT_SYSCALLID, -1, LE16(SC_FUTEX), "", "futex"},
		{PT_SYSCALLID, -1, LE16(60000), "<unknown syscall>", ""},
		{PT_SIGTYPE, -1, BYTES("\x09"), "9", "SIGKILL"},
		{PT_SIGTYPE, -1, BYTES("\x40"), "64", ""},
		{PT_RELTIME, -1, LE64(1500000000ull), "1500000000", "1.5s"},
		{PT_RELTIME, -1, LE64(-1ull), "none", ""},
		{PT_ABSTIME, -1, LE64(1700000000000000005ull), "2023-11-14 22:13:20.000000005", ""},
		{PT_PORT, -1, LE16(8080), "8080", ""},
		{PT_IPV4ADDR, -1, BYTES("\x0a\x00\x00\x01"), "10.0.0.1", ""},
		{PT_IPV6ADDR, -1, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"), "::1", ""},
		{PT_UID, -1, LE32(0xffffffffu), "-1", "<NONE>"},
		{PT_UID, -1, LE32(4711u), "4711", "<NA>"},
		{PT_GID, -1, LE32(0xffffffffu), "-1", "<NONE>"},
		{PT_GID, -1, LE32(4711u), "4711", "<NA>"},
		{PT_SIGSET, -1, LE32(0x101u), "SIGHUP SIGKILL", ""},
		{PT_SIGSET, -1, LE32(0u), "", ""},
		{PT_FD32, -1, LE32(-9u), "-9", "EBADF"},
		{PT_PID32, -1, LE32(1u), "1", "proc"},
		{PT_CHARBUFARRAY, -1, LE64(1ull), "(n.a.)", ""},
		{PT_CHARBUF_PAIR_ARRAY, -1, LE64(1ull), "(n.a.)", ""},
	};
	/* clang-format on */
	struct world *w = *state;

	for (const struct type_case *c = cases; c < cases + ARRAY_SIZE(cases); c++) {
		const char *raw = c->raw;
		char code[8];
		uint16_t type = 0;
		unsigned i = 0;

		assert_true(find_param(c->type, c->format, &type, &i));
		if (c->type == PT_SYSCALLID && !*raw) {
			snprintf(code, sizeof(code), "%d", SC_FUTEX);
			raw = code;
		}
		one_param(w, type, i, c->bytes, c->n);
		assert_param(w, i, raw, c->resolved);
	}
}

/* Every type that events use has been looked at above or in a test of its own. */
static void test_all_types_have_texts(void **state)
{
	struct world *w = *state;

	for (uint8_t t = 1; t < PT_MAX; t++) {
		struct str raw, resolved;
		uint16_t type;
		unsigned i;

		if (!find_param(t, -1, &type, &i))
			continue;
		one_param(w, type, i, "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		param_text(&w->ctx, i, &raw, &resolved);
		assert_true(raw.n || t == PT_SIGSET || t == PT_FDLIST);
	}
}

static void test_empty(void **state)
{
	static const uint8_t null[] = {PT_BYTEBUF, PT_SOCKTUPLE, PT_FDLIST, PT_DYN, PT_CHARBUFARRAY,
		PT_CHARBUF_PAIR_ARRAY};
	struct world *w = *state;

	for (uint8_t t = 1; t < PT_MAX; t++) {
		uint16_t type;
		unsigned i;

		if (!find_param(t, -1, &type, &i))
			continue;
		one_param(w, type, i, NULL, 0);
		assert_param(w, i, memchr(null, t, sizeof(null)) ? "NULL" : "<NA>", "");
	}
}

/* ---- flags ---- */

static void flags_param(struct world *w, uint16_t type, const char *name, uint32_t v, size_t n,
	const char *resolved)
{
	int i = event_param_index(&event_table[type], str_c(name));
	char raw[32];

	assert_true(i >= 0);
	one_param(w, type, (unsigned)i, &v, n);
	snprintf(raw, sizeof(raw), "%u", v);
	assert_param(w, (unsigned)i, raw, resolved);
}

static void test_flags(void **state)
{
	struct world *w = *state;

	/* The order of the table; O_RDWR is both bits, and not also O_RDONLY and O_WRONLY. */
	flags_param(w, EV_OPENAT_X, "flags", 0x1007, 4, "O_CREAT|O_RDWR|O_CLOEXEC");
	flags_param(w, EV_OPENAT_X, "flags", 1, 4, "O_RDONLY");
	/* Zero has a name of its own here, and none there. */
	flags_param(w, EV_OPENAT_X, "flags", 0, 4, "O_NONE");
	flags_param(w, EV_UNLINKAT_X, "flags", 0, 4, "");
	/* Unknown bits are not shown. */
	flags_param(w, EV_OPENAT_X, "flags", 0x80000001u, 4, "O_RDONLY");
	/* Narrow parameters. */
	flags_param(w, EV_FLOCK_X, "operation", 6, 4, "LOCK_EX|LOCK_NB");
}

static void test_enum(void **state)
{
	struct world *w = *state;

	/* All names of a number. */
	flags_param(w, EV_SOCKET_X, "domain", 1, 4, "AF_LOCAL|AF_UNIX");
	flags_param(w, EV_SOCKET_X, "domain", 2, 4, "AF_INET");
	flags_param(w, EV_SOCKET_X, "domain", 9999, 4, "");
}

static void mode_param(struct world *w, uint32_t v, const char *raw, const char *resolved)
{
	one_param(w, EV_CHMOD_X, 2, &v, 4);
	assert_param(w, 2, raw, resolved);
}

static void test_mode(void **state)
{
	struct world *w = *state;

	mode_param(w, 0, "0", "");
	mode_param(w, 0644, "0644", "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR");
	mode_param(w, 04755, "04755",
		"S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID");
}

/* ---- sockets ---- */

static void tuple_param(struct world *w, const char *bytes, size_t n, const char *text)
{
	one_param(w, EV_CONNECT_X, 1, bytes, n);
	assert_param(w, 1, text, "");
}

static void test_socktuple(void **state)
{
	struct world *w = *state;

	tuple_param(w, BYTES("\x02\x7f\0\0\x01\x39\x30\x08\x08\x08\x08\x50\0"),
		"127.0.0.1:12345->8.8.8.8:80");
	tuple_param(w,
		BYTES("\x0a"
		      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x39\x30"
		      "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x50\0"),
		"::1:12345->fe80::2:80");
	/* IPv4 in IPv6, and nothing at all, are shown as IPv4. */
	tuple_param(w,
		BYTES("\x0a"
		      "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01\x39\x30"
		      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x50\0"),
		"127.0.0.1:12345->0.0.0.0:80");
	tuple_param(
		w, BYTES("\x01\x01\0\0\0\0\0\0\0\xef\xbe\0\0\0\0\0\0/run/x\0"), "1->beef /run/x");
	/* A socket without a name, as Falco's probe writes it and as ours does. */
	tuple_param(w, BYTES("\x01\x01\0\0\0\0\0\0\0\xef\xbe\0\0\0\0\0\0"), "1->beef ");
	tuple_param(w, BYTES("\x01\x01\0\0\0\0\0\0\0\xef\xbe\0\0\0\0\0\0\0"), "1->beef ");
	tuple_param(w, BYTES("\x01\x01\0\0\0\0\0\0\0\xef\xbe\0\0\0\0\0\0no end"), "INVALID PATH");
	tuple_param(w, BYTES("\x01\x01\0\0\0\0\0\0\0\xef\xbe\0\0\0\0\0"), "INVALID PATH");
	tuple_param(w, BYTES("\x02\x7f\0"), "INVALID IPv4");
	tuple_param(w, BYTES("\x0a\x7f\0"), "INVALID IPv6");
	tuple_param(w, BYTES("\x10"), "family 16");
}

static void test_sockaddr(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} cases[] = {
		{BYTES("\x02\x01\x02\x03\x04\x35\0"), "1.2.3.4:53"},
		{BYTES("\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x35\0"), "::1:53"},
		{BYTES("\x01/dev/log\0"), "/dev/log"},
		{BYTES("\x01"), "INVALID PATH"},
		{BYTES("\x02\x01"), "INVALID IPv4"},
		{BYTES("\x0a\x01"), "INVALID IPv6"},
		{BYTES("\x11\x01"), "family 17"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		one_param(w, EV_BIND_X, 1, cases[i].bytes, cases[i].n);
		assert_param(w, 1, cases[i].text, "");
	}
}

/* ---- what depends on the state ---- */

static void open_file(struct world *w, int64_t num, const char *path)
{
	struct param params[7] = {I64(num), I64(-100), {(const uint8_t *)path, strlen(path) + 1},
		U32(1), U32(0), U32(7), U64(42)};

	world_emit(w, 100, EV_OPENAT_X, params, 7);
}

static void test_fd(void **state)
{
	struct world *w = *state;

	open_file(w, 3, "/etc/passwd");
	one_param(w, EV_CLOSE_X, 1, LE64(3ull));
	assert_param(w, 1, "3", "<f>/etc/passwd");
	EMIT(w, 100, EV_SOCKET_X, I64(4), U32(2), U32(1), U32(0));
	EMIT(w, 100, EV_CONNECT_X, I64(0), B("\x02\x7f\0\0\x01\x39\x30\x08\x08\x08\x08\x50\0"),
		I64(4), B("\x02\x08\x08\x08\x08\x50\0"));
	one_param(w, EV_CLOSE_X, 1, LE64(4ull));
	assert_param(w, 1, "4", "<4t>127.0.0.1:12345->8.8.8.8:80");
	/* Nobody's descriptors are known without a thread, nor are errors told. */
	w->ctx.thread = NULL;
	assert_param(w, 1, "4", "");
}

static void test_fdlist(void **state)
{
	struct world *w = *state;

	open_file(w, 3, "/etc/passwd");
	one_param(w, EV_POLL_X, 1,
		BYTES("\x02\0"
		      "\x03\0\0\0\0\0\0\0\x01\0"
		      "\x09\0\0\0\0\0\0\0\xff\0"));
	assert_param(w, 1, "3:f1 9:?ff", "");
	/* It says three, but there is one. */
	one_param(w, EV_POLL_X, 1,
		BYTES("\x03\0"
		      "\x03\0\0\0\0\0\0\0\x01\0"
		      "\x09\0"));
	assert_param(w, 1, "3:f1", "");
	one_param(w, EV_POLL_X, 1, BYTES("\x03"));
	assert_param(w, 1, "", "");
}

static void test_relative_paths(void **state)
{
	struct world *w = *state;
	struct param params[7] = {I64(-2), I64(5), S("sub/x"), U32(1), U32(0), U32(7), U64(42)};

	EMIT(w, 100, EV_OPENAT_X, I64(5), I64(-100), S("/srv"), U32(0x401), U32(0), U32(7),
		U64(42));
	world_emit(w, 100, EV_OPENAT_X, params, 7);
	assert_param(w, 2, "sub/x", "/srv/sub/x");
	params[1] = (struct param)I64(-100);
	world_emit(w, 100, EV_OPENAT_X, params, 7);
	assert_param(w, 2, "sub/x", "/home/u/sub/x");
	/* A folder that is not known: the path alone. */
	params[1] = (struct param)I64(77);
	world_emit(w, 100, EV_OPENAT_X, params, 7);
	assert_param(w, 2, "sub/x", "sub/x");
}

static void test_users(void **state)
{
	struct world *w = *state;
	struct machine_user u = {.uid = 33, .gid = 33, .name = STR("www")};

	w->sink.user(w->sink.arg, &u);
	u.is_group = true;
	u.name = STR("wwwgroup");
	w->sink.user(w->sink.arg, &u);
	one_param(w, EV_SETUID_X, 1, LE32(33u));
	assert_param(w, 1, "33", "www");
	one_param(w, EV_SETGID_X, 1, LE32(33u));
	assert_param(w, 1, "33", "wwwgroup");
}

/* ---- dynamic ones ---- */

static void test_dyn(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *raw, *resolved;
	} cases[] = {
		{BYTES("\0ab\n"), "ab.", ""},
		{BYTES("\1\xfe\xff\xff\xff\xff\xff\xff\xff"), "-2", "ENOENT"},
		{BYTES("\2\x07\0\0\0"), "7", ""},
		{BYTES("\3\x07\0\0\0\0\0\0\0"), "7", ""},
		{BYTES("\4\0\xca\x9a\x3b\0\0\0\0"), "1000000000", "1s"},
		{BYTES("\x9\1"), "INVALID DYNAMIC PARAMETER", ""},
	};
	struct world *w = *state;
	int val = event_param_index(&event_table[EV_SETSOCKOPT_X], STR("val"));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		one_param(w, EV_SETSOCKOPT_X, (unsigned)val, cases[i].bytes, cases[i].n);
		assert_param(w, (unsigned)val, cases[i].raw, cases[i].resolved);
	}
}

/* ---- whole events ---- */

static void assert_params(struct world *w, const char *text)
{
	struct buf b = {.arena = &w->arena};

	if (!w->ev.decoded)
		assert_int_equal(event_decode(&w->ev), 0);
	params_print(&w->ctx, &b);
	assert_string_equal(buf_cstr(&b), text);
}

static void test_params(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_OPENAT_X, I64(-2), I64(-100), S("x"), U32(1), U32(0), NONE, NONE);
	assert_params(w, "fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=x(/home/u/x) flags=1(O_RDONLY) "
			 "mode=0 dev=<NA> ino=<NA>");
	/* Parameters that the record does not have are not there. */
	EMIT(w, 100, EV_MKDIR_X, I64(0), S("/x"));
	assert_params(w, "res=0 path=/x");
	EMIT(w, 100, EV_SETSID_X);
	assert_params(w, "");
}

static void test_base64(void **state)
{
	static const char *const texts[][2] = {
		{"a", "YQ=="}, {"ab", "YWI="}, {"abc", "YWJj"}, {"abc\xff", "YWJj/w=="}};
	struct world *w = *state;

	render_set_base64(true);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		one_param(w, EV_WRITE_X, 1, texts[i][0], strlen(texts[i][0]));
		assert_param(w, 1, texts[i][1], "");
	}
	assert_true(str_is(param_shown(&w->ctx, 1, true), "abc."));
	render_set_base64(false);
}

/* Whatever a record holds, reading it stays inside. */
static void test_any_content(void **state)
{
	struct world *w = *state;
	char bytes[64];

	srand(7);
	for (uint16_t type = 0; type < EV_MAX; type++) {
		for (unsigned i = 0; i < event_table[type].nparams; i++) {
			for (size_t n = 0; n <= sizeof(bytes); n += 1 + n / 3) {
				char *exact = malloc(n ? n : 1);

				for (size_t k = 0; k < n; k++)
					exact[k] = (char)(rand() % 4 ? rand() % 12 : rand());
				one_param(w, type, i, exact, n);
				assert_non_null(param_shown(&w->ctx, i, false).p);
				free(exact);
			}
		}
	}
}

/* ---- values ---- */

static const char *text_of(struct world *w, uint8_t type, uint8_t format, struct value v, bool json)
{
	static const struct field_info info = {.name = "test"};
	struct field f = {.info = &info, .type = type, .format = format};
	struct buf b = {.arena = &w->arena};

	v.type = type;
	if (json)
		value_print_json(&b, &f, &v);
	else
		value_print(&b, &f, &v);
	return buf_cstr(&b);
}

static void test_values(void **state)
{
	struct value list[2] = {
		{.type = PT_CHARBUF, .s = STR("a")}, {.type = PT_CHARBUF, .s = STR("b\"")}};
	struct value addr = {.s = str_n("\x7f\0\0\x01", 4)};
	/* clang-format off */
	const struct {
		uint8_t type, format;
		struct value v;
		const char *text, *json;
	} cases[] = {
		{PT_INT64, PF_DEC, {.i = -7}, "-7", "-7"},
		{PT_INT64, PF_ID, {.i = 7}, "7", "7"},
		{PT_INT32, PF_HEX, {.i = 0xfe00}, "FE00", "\"FE00\""},
		{PT_INT32, PF_HEX, {.i = -1}, "FFFFFFFF", "\"FFFFFFFF\""},
		{PT_UINT32, PF_OCT, {.u = 8}, "10", "\"10\""},
		{PT_UINT64, PF_DEC, {.u = UINT64_MAX}, "18446744073709551615", "18446744073709551615"},
		{PT_UINT64, PF_PADDED_DEC, {.u = 5}, "000000005", "\"000000005\""},
		{PT_RELTIME, PF_PADDED_DEC, {.u = 5}, "000000005", "5"},
		{PT_ABSTIME, PF_DEC, {.u = 5}, "5", "5"},
		{PT_BOOL, PF_NA, {.b = true}, "true", "true"},
		{PT_BOOL, PF_NA, {.b = false}, "false", "false"},
		{PT_DOUBLE, PF_NA, {.d = 1.26}, "1.3", "1.26"},
		{PT_DOUBLE, PF_NA, {.d = 2}, "2.0", "2.0"},
		{PT_DOUBLE, PF_DEC, {.d = 2.9}, "2.9", "2"},
		{PT_PORT, PF_DEC, {.u = 443}, "443", "443"},
		{PT_CHARBUF, PF_NA, {.s = STR("a\n")}, "a\n", "\"a\\n\""},
		{PT_BYTEBUF, PF_NA, {.s = STR("a\n")}, "a.", "\"a.\""},
		{PT_IPADDR, PF_NA, addr, "127.0.0.1", "\"127.0.0.1\""},
		{PT_IPNET, PF_NA, addr, "<IPNET>", "\"<IPNET>\""},
		{PT_CHARBUF, PF_NA, {.list = true, .n = 2, .v = list}, "(a,b\")", "[\"a\",\"b\\\"\"]"},
		{PT_CHARBUF, PF_NA, {.list = true, .n = 0}, "()", "null"},
	};
	/* clang-format on */
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(text_of(w, cases[i].type, cases[i].format, cases[i].v, false),
			cases[i].text);
		assert_string_equal(text_of(w, cases[i].type, cases[i].format, cases[i].v, true),
			cases[i].json);
	}
}

static void test_long_list(void **state)
{
	struct world *w = *state;
	struct value items[300], v = {.list = true, .n = 300, .v = items};

	for (size_t i = 0; i < 300; i++)
		items[i] = (struct value){.type = PT_CHARBUF, .s = STR("item")};
	assert_int_equal(strlen(text_of(w, PT_CHARBUF, PF_NA, v, false)), 1023);
}

static void test_times(void **state)
{
	static const struct {
		unsigned style;
		const char *text;
	} cases[] = {
		{TIME_CLOCK, "22:13:20"},
		{TIME_CLOCK | TIME_NS, "22:13:20.000000005"},
		{TIME_DATE, "2023-11-14 22:13:20"},
		{TIME_ISO8601, "2023-11-14T22:13:20.000000005+0000"},
	};
	struct buf b = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		b.n = 0;
		print_time(&b, 1700000000000000005u, cases[i].style);
		assert_string_equal(buf_cstr(&b), cases[i].text);
	}
	buf_done(&b);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, field_world_setup, field_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_types),
		T(test_all_types_have_texts),
		T(test_empty),
		T(test_flags),
		T(test_enum),
		T(test_mode),
		T(test_socktuple),
		T(test_sockaddr),
		T(test_fd),
		T(test_fdlist),
		T(test_relative_paths),
		T(test_users),
		T(test_dyn),
		T(test_params),
		T(test_base64),
		T(test_any_content),
		T(test_values),
		T(test_long_list),
		T(test_times),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
