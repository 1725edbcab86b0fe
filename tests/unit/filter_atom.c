/* SPDX-License-Identifier: Apache-2.0 */
/* Checks: which compile, and what they answer for values of every type, and for none. */
#include "../lib/conditions.h"

/* ---- texts ---- */

static void text_answers(void)
{
	TRUE("t.text = hello");
	TRUE("t.text == hello");
	FALSE("t.text = hell");
	FALSE("t.text = HELLO");
	TRUE("t.text != hell");
	FALSE("t.text != hello");
	TRUE("t.text contains ell");
	TRUE("t.text contains ''");
	FALSE("t.text contains ELL");
	TRUE("t.text icontains ELL");
	FALSE("t.text icontains elx");
	TRUE("t.text startswith he");
	FALSE("t.text startswith lo");
	FALSE("t.text startswith hello1");
	TRUE("t.text endswith lo");
	TRUE("t.text endswith ''");
	FALSE("t.text endswith he");
	TRUE("t.text glob h*o");
	TRUE("t.text glob h[a-f]??o");
	FALSE("t.text glob h");
	TRUE("t.text iglob H*L?");
	TRUE("t.text iglob [H]ell\\o");
	TRUE("t.text regex 'h.*o'");
	FALSE("t.text regex ell");
	TRUE("t.text regex '(hello|bye)'");
	TRUE("t.text in (a, hello)");
	FALSE("t.text in (a, b, hell, hellp)");
	FALSE("t.text in ()");
	TRUE("t.text in hello");
	TRUE("t.text intersects (hello)");
	TRUE("t.text >= 0");
	FALSE("t.text <= 0");
	TRUE("t.text exists");
}

static void test_text(void **state)
{
	struct istr *i = istr_get(STR("hello"));

	fake_reset();
	fake_text(FAKE_text, STR("hello"));
	text_answers();
	fake_set(FAKE_text, (struct value){.s = istr_str(i), .istr = i});
	text_answers();
	istr_put(i);
}

static void test_text_order(void **state)
{
	fake_reset();
	fake_text(FAKE_text, STR("10"));
	TRUE("t.text < 9");
	TRUE("t.text <= 10");
	TRUE("t.text >= 10");
	FALSE("t.text > 10");
	TRUE("t.text > 1");
	fake_text(FAKE_text, STR(""));
	TRUE("t.text < 1");
	TRUE("t.text = ''");
	FALSE("t.text != ''");
	TRUE("t.text in ('')");
}

static void test_paths(void **state)
{
	fake_reset();
	fake_text(FAKE_path, STR("/var/run/docker//x.sock"));
	TRUE("t.path pmatch (/var/run)");
	TRUE("t.path pmatch (/var/run/)");
	TRUE("t.path pmatch (/etc, //var)");
	TRUE("t.path pmatch (/var/run/docker/x.sock)");
	TRUE("t.path pmatch (/)");
	FALSE("t.path pmatch (/var/run/docker/x.sock/y)");
	FALSE("t.path pmatch (/var/ru)");
	FALSE("t.path pmatch (/run)");
	FALSE("t.path pmatch ()");
	TRUE("t.path pmatch (/var/*)");
	TRUE("t.path pmatch (/*/*/docker)");
	TRUE("t.path pmatch (/var/r?n)");
	TRUE("t.path pmatch (/var/[rx]un)");
	FALSE("t.path pmatch (/var/?)");
	FALSE("t.path pmatch (/*/*/*/*/*)");
	/* several patterns at one level, and a plain component that leads nowhere */
	TRUE("t.path pmatch (/x*/run, /y*/run, /v*/run)");
	TRUE("t.path pmatch (/var/lib, /v*/lib, /*/run)");
	TRUE("t.path pmatch (/var/run/docker/x.sock, /var)");
	TRUE("t.path = /var/run/docker//x.sock");
	TRUE("t.path startswith /var");
	fake_text(FAKE_path, STR(""));
	TRUE("t.path pmatch (/)");
	FALSE("t.path pmatch (/var)");
}

/* ---- bytes ---- */

static void test_bytes(void **state)
{
	fake_reset();
	fake_text(FAKE_bytes, STR("GET\0/\xff"));
	TRUE("t.bytes startswith GET");
	FALSE("t.bytes = GET");
	TRUE("t.bytes != GET");
	TRUE("t.bytes contains /");
	TRUE("t.bytes bcontains 00");
	TRUE("t.bytes bcontains 002fFf");
	FALSE("t.bytes bcontains ffff");
	TRUE("t.bytes bstartswith 474554");
	FALSE("t.bytes bstartswith 00");
	TRUE("t.bytes endswith '\xff'");
	FALSE("t.bytes in (GET, x)");
	fake_text(FAKE_bytes, STR("x"));
	TRUE("t.bytes in (GET, x)");
	refused("t.bytes bcontains 0g",
		"filter error: bcontains and bstartswith operator support hex strings only");
	refused("t.bytes bstartswith abc",
		"filter error: bcontains and bstartswith operator support hex strings only");
	refused("t.bytes > 1", "filter error: '>' operator not supported for buffer filters");
	refused("t.bytes glob x", "filter error: 'glob' operator not supported for buffer filters");
}

/* ---- numbers ---- */

static void test_signed(void **state)
{
	fake_reset();
	fake_i64(FAKE_i64, -5);
	TRUE("t.i64 = -5");
	TRUE("t.i64 < 0");
	TRUE("t.i64 <= -5");
	FALSE("t.i64 > -5");
	TRUE("t.i64 >= -6");
	TRUE("t.i64 != 5");
	TRUE("t.i64 in (1, -5)");
	FALSE("t.i64 in (5)");
	FALSE("t.i64 in ()");
	TRUE("t.i64 intersects (1, 2, -5)");
	TRUE("t.i64 = ' -5'");
	fake_i64(FAKE_i8, -1);
	TRUE("t.i8 = 255");
	TRUE("t.i8 = -1");
	FALSE("t.i8 = 1");
	fake_i64(FAKE_i16, -2);
	TRUE("t.i16 = 65534");
	fake_i64(FAKE_i32, -1);
	TRUE("t.i32 = 4294967295");
}

static void test_unsigned(void **state)
{
	fake_reset();
	fake_u64(FAKE_u32, UINT32_MAX);
	TRUE("t.u32 = -1");
	TRUE("t.u32 > 0");
	TRUE("t.u32 = 4294967295");
	fake_u64(FAKE_u8, 1);
	TRUE("t.u8 = 257");
	fake_u64(FAKE_u16, 1);
	TRUE("t.u16 = 65537");
	fake_u64(FAKE_u64, UINT64_MAX);
	TRUE("t.u64 = -1");
	TRUE("t.u64 > 1");
	TRUE("t.u64 = 18446744073709551615");
	FALSE("t.u64 < 1");
	fake_u64(FAKE_flags, 0x11);
	TRUE("t.flags = 17");
	fake_u64(FAKE_time, 1500);
	TRUE("t.time >= 1500");
	for (unsigned i = 0; i < 40; i++) {
		fake_u64(FAKE_u64, i * 3);
		TRUE("t.u64 in (117,0,3,6,9,12,15,18,21,24,27,30,33,36,39,42,45,48,51,54,57,60,63,"
		     "66,69,72,75,78,81,84,87,90,93,96,99,102,105,108,111,114)");
		fake_u64(FAKE_u64, i * 3 + 1);
		FALSE("t.u64 in (117,0,3,6,9,12,15,18,21,24,27,30,33,36,39,42,45,48,51,54,57,60,"
		      "63,66,69,72,75,78,81,84,87,90,93,96,99,102,105,108,111,114)");
	}
}

static void test_numbers_refused(void **state)
{
	refused("t.i64 = x", "x is not a valid number");
	refused("t.i64 = 0x10", "0x10 is not a valid number");
	refused("t.i64 > 1.5", "1.5 is not a valid number");
	refused("t.u32 = ''", " is not a valid number");
	refused("t.u32 = '1 '", "1  is not a valid number");
	refused("t.u8 in (1, x)", "x is not a valid number");
	refused("t.dbl = 1.0", "1.0 is not a valid number");
	refused("t.flag = 1", "filter error: unrecognized boolean value 1");
	refused("t.flag = True", "filter error: unrecognized boolean value True");
	refused("t.i64 contains 1",
		"filter error: 'contains' operator not supported for numeric filters");
	refused("t.flag > 1", "filter error: '>' operator not supported for numeric filters");
	refused("t.uid = 1", "filter error: '=' operator not supported for type 'UID'");
	refused("t.uid == 1", "filter error: '=' operator not supported for type 'UID'");
	refused("t.text bcontains 00",
		"filter error: 'bcontains' operator not supported for string filters");
}

static void test_double_and_bool(void **state)
{
	fake_reset();
	fake_set(FAKE_dbl, (struct value){.d = 2.5});
	TRUE("t.dbl > 2");
	TRUE("t.dbl < 3");
	FALSE("t.dbl = 2");
	TRUE("t.dbl != 2");
	FALSE("t.dbl in (2, 3)");
	fake_set(FAKE_dbl, (struct value){.d = 2});
	TRUE("t.dbl in (1, 2)");
	TRUE("t.dbl >= 2");
	TRUE("t.dbl <= 2");
	fake_set(FAKE_flag, (struct value){.b = true});
	TRUE("t.flag = true");
	FALSE("t.flag = false");
	TRUE("t.flag != false");
	TRUE("t.flag in (false, true)");
	FALSE("t.flag in (false)");
	FALSE("t.flag in ()");
}

static void test_port(void **state)
{
	fake_reset();
	fake_u64(FAKE_port, 443);
	TRUE("t.port = 443");
	TRUE("t.port < 1024");
	TRUE("t.port in (80, 443)");
	fake_u64(FAKE_port, 0);
	TRUE("t.port = ''");
	refused("t.port = nosuchservice", "unrecognized protocol nosuchservice");
	refused("t.port = 99999999999", "99999999999 is not a valid number");
}

/* ---- addresses ---- */

static void test_ip(void **state)
{
	fake_reset();
	fake_text(FAKE_ip, STR("\x0a\0\0\x01"));
	TRUE("t.ip = 10.0.0.1");
	FALSE("t.ip = 10.0.0.2");
	TRUE("t.ip != 10.0.0.2");
	TRUE("t.ip != '::1'");
	FALSE("t.ip = '::1'");
	TRUE("t.ip in (1.2.3.4, 10.0.0.1)");
	FALSE("t.ip in ('::1')");
	fake_text(FAKE_ip, STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"));
	TRUE("t.ip = '::1'");
	TRUE("t.ip != 0.0.0.1");
	TRUE("t.ip in ('::1', 0.0.0.1)");
	refused("t.ip = 10.0.0", "unrecognized IPv4 address 10.0.0");
	refused("t.ip = x", "unrecognized IPv6 address x");
	refused("t.ip = '::ffff:1.2.3.4'", "unrecognized IPv4 address ::ffff:1.2.3.4");
	refused("t.ip > 1",
		"filter error: '>' operator not supported for ip address and network filters");
	refused("t.ip contains oneof (1)", "filter error: 'contains' with modifier not supported "
					   "for ip address and network filters");
}

static void test_net(void **state)
{
	fake_reset();
	fake_text(FAKE_net, STR("\x0a\x11\x81\x01"));
	TRUE("t.net = 10.0.0.0/8");
	TRUE("t.net = 10.99.0.0/8");
	TRUE("t.net = 0.0.0.0/0");
	TRUE("t.net = 10.17.129.1/32");
	FALSE("t.net = 10.17.129.2/32");
	TRUE("t.net = 10.17.128.0/17");
	FALSE("t.net = 10.17.0.0/17");
	TRUE("t.net != 11.0.0.0/8");
	TRUE("t.net != 'fe80::/10'");
	TRUE("t.net in (192.168.0.0/16, 10.0.0.0/8)");
	FALSE("t.net in (192.168.0.0/16, '::/1')");
	FALSE("t.net in ()");
	TRUE("t.net = anyof (10.0.0.0/8, 11.0.0.0/8)");
	TRUE("t.net != allof (12.0.0.0/8, 11.0.0.0/8)");
	FALSE("t.net = oneof (10.0.0.0/8, 10.17.0.0/16)");
	fake_text(FAKE_net, STR("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"));
	TRUE("t.net = 'fe80::/10'");
	TRUE("t.net = 'fe80::/64'");
	TRUE("t.net = 'fe80::1/128'");
	FALSE("t.net = 'fe80::2/127'");
	FALSE("t.net = '7e80::/1'");
	FALSE("t.net = 0.0.0.0/0");
	refused("t.net = 10.0.0.1", "unrecognized IP network 10.0.0.1");
	refused("t.net = 10.0.0/8", "unrecognized IP address 10.0.0/8");
	refused("t.net = 10.0.0.0/33", "invalid netmask 33");
	refused("t.net = 10.0.0.0/x", "x is not a valid number");
	refused("t.net = 'fe80::'", "invalid v6 netmask: fe80::");
	refused("t.net = 'fe80/64'", "unrecognized IPv6 address fe80/64");
	refused("t.net = '::/0'", "invalid v6 netmask 0");
	refused("t.net = '::/129'", "invalid v6 netmask 129");
}

/* ---- several values ---- */

static void test_lists(void **state)
{
	struct value texts[] = {{.s = STR("a")}, {.s = STR("b")}};
	struct value nums[] = {{.u = 1}, {.u = 7}};
	struct value nets[] = {{.s = STR("\x0a\0\0\1")}, {.s = STR("\x0b\0\0\1")}};

	fake_reset();
	FALSE("t.texts in (a, b)");
	FALSE("t.texts exists");
	fake_list(FAKE_texts, texts, 2);
	TRUE("t.texts exists");
	TRUE("t.texts in (a, b, c)");
	FALSE("t.texts in (a, c)");
	TRUE("t.texts intersects (a, c)");
	FALSE("t.texts intersects (c)");
	FALSE("t.texts intersects ()");
	FALSE("t.texts in ()");
	fake_list(FAKE_nums, nums, 2);
	TRUE("t.nums in (1, 7)");
	FALSE("t.nums in (1)");
	TRUE("t.nums intersects (7)");
	fake_list(FAKE_nets, nets, 2);
	TRUE("t.nets in (10.0.0.0/7)");
	FALSE("t.nets in (10.0.0.0/8)");
	TRUE("t.nets intersects (10.0.0.0/8, 1.0.0.0/8)");
	fake_list(FAKE_texts, texts, 0);
	TRUE("t.texts in (a)");
	FALSE("t.texts intersects (a)");
	refused("t.texts = a", "filter error: '=' operator not supported list filters");
	refused("t.texts contains a",
		"filter error: 'contains' operator not supported list filters");
	refused("t.texts = anyof (a)", "filter error: '=' operator not supported list filters");
	refused("t.i64s in (1)", "filter error: list filters are not supported for type 'INT64'");
}

/* One of several values is enough; a single value is just itself. */
static void test_any(void **state)
{
	struct value v[] = {{.s = STR("sh")}, {.s = STR("init")}};

	fake_reset();
	FALSE("t.any != x");
	FALSE("t.any exists");
	fake_list(FAKE_any, v, 2);
	TRUE("t.any exists");
	TRUE("t.any = init");
	TRUE("t.any != init");
	FALSE("t.any = x");
	TRUE("t.any in (x, sh)");
	TRUE("t.any startswith in");
	TRUE("t.any glob s?");
	TRUE("t.any = oneof (sh, x)");
	fake_list(FAKE_any, v, 1);
	FALSE("t.any != sh");
	fake_text(FAKE_any, STR("sh"));
	TRUE("t.any = sh");
	FALSE("t.any != sh");
}

/* Of the two ends either may match, but != is about both. */
static void test_either(void **state)
{
	struct value ip[] = {{.s = STR("\x7f\0\0\1")}, {.s = STR("\x0a\0\0\1")}};
	struct value port[] = {{.u = 40000}, {.u = 443}};
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *exists = must_compile("t.either exists");
	struct fd fd = {0};

	fake_reset();
	FALSE("t.either = 127.0.0.1");
	FALSE("t.either != 127.0.0.1");
	fake_list(FAKE_either, ip, 2);
	TRUE("t.either = 127.0.0.1");
	TRUE("t.either = 10.0.0.1");
	FALSE("t.either != 127.0.0.1");
	FALSE("t.either != 10.0.0.1");
	TRUE("t.either != 10.0.0.2");
	TRUE("t.either in (1.1.1.1, 10.0.0.1)");
	TRUE("t.either intersects (1.1.1.1, 10.0.0.1)");
	fake_list(FAKE_eport, port, 2);
	TRUE("t.eport < 1024");
	TRUE("t.eport > 1024");
	TRUE("t.eport = 443");
	FALSE("t.eport != 443");
	TRUE("t.eport in (443)");
	/* there is a descriptor, whatever it is */
	assert_false(atom_eval(exists, &ctx));
	ctx.fd = &fd;
	fake_reset();
	assert_true(atom_eval(exists, &ctx));
}

/* ---- nothing to compare ---- */

static void test_missing(void **state)
{
	static const char *const checks[] = {"t.text = x", "t.text != x", "t.text contains ''",
		"t.text in (x)", "t.text in ()", "t.text pmatch (/)", "t.text regex '.*'",
		"t.text exists", "t.u32 != 1", "t.u32 >= 0", "t.flag != true", "t.ip != 1.1.1.1",
		"t.net != 1.1.1.0/8", "t.texts in ()", "t.any != x", "t.either != 1.1.1.1",
		"tolower(t.text) != x", "len(t.texts) >= 0", "t.text = val(t.other)",
		"t.text != allof (x)", "concat(t.text, 'x') exists"};

	fake_reset();
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		FALSE(checks[i]);
	/* the right side alone is missing */
	fake_text(FAKE_text, STR("x"));
	FALSE("t.text = val(t.other)");
	FALSE("t.text != val(t.other)");
}

/* ---- modifiers ---- */

static void test_modifiers(void **state)
{
	fake_reset();
	fake_text(FAKE_text, STR("hello"));
	TRUE("t.text = oneof (hello, x)");
	FALSE("t.text = oneof (hello, hello)");
	FALSE("t.text = oneof (x)");
	TRUE("t.text == anyof (x, hello, hello)");
	FALSE("t.text = anyof (x)");
	TRUE("t.text = allof (hello, hello)");
	FALSE("t.text = allof (hello, x)");
	TRUE("t.text != oneof (hello, x)");
	TRUE("t.text != anyof (hello, x)");
	FALSE("t.text != allof (hello, x)");
	TRUE("t.text != allof (y, x)");
	TRUE("t.text startswith allof (h, he)");
	FALSE("t.text startswith oneof (h, he)");
	TRUE("t.text endswith anyof (x, o)");
	TRUE("t.text contains allof (ell, l)");
	TRUE("t.text icontains anyof (x, ELL)");
	TRUE("t.text glob oneof (h*, x*)");
	TRUE("t.text regex allof ('h.*', '.*o')");
	FALSE("t.text regex oneof ('h.*', '.*o')");
	TRUE("t.text regex anyof (x, hello)");
	FALSE("t.text = oneof ()");
	FALSE("t.text = anyof ()");
	FALSE("t.text = allof ()");
	FALSE("t.text != allof ()");
	fake_i64(FAKE_i64, 3);
	TRUE("t.i64 = anyof (1, 3)");
	TRUE("t.i64 != allof (1, 2)");
	TRUE("t.i64 = oneof (3)");
	fake_set(FAKE_flag, (struct value){.b = true});
	TRUE("t.flag = anyof (true, false)");
	refused("t.text regex anyof (x, '(')", "invalid regex pattern: missing ): (");
}

/* ---- fields on the right ---- */

static void test_two_fields(void **state)
{
	fake_reset();
	fake_text(FAKE_text, STR("hello"));
	fake_text(FAKE_other, STR("hello"));
	TRUE("t.text = val(t.other)");
	FALSE("t.text != val(t.other)");
	TRUE("t.text in val(t.other)");
	TRUE("t.text = val(t.text)");
	fake_text(FAKE_other, STR("ell"));
	TRUE("t.text contains val(t.other)");
	TRUE("t.text > val(t.other)");
	FALSE("t.text startswith val(t.other)");
	TRUE("t.text startswith concat('h', t.other)");
	fake_text(FAKE_other, STR("H*"));
	FALSE("t.text glob val(t.other)");
	TRUE("t.text iglob val(t.other)");
	TRUE("t.text glob tolower(t.other)");
	fake_u64(FAKE_u64, 5);
	TRUE("len(t.text) = val(t.u64)");
	TRUE("t.u64 = len(t.text)");
	TRUE("t.u64 >= len(t.other)");
	TRUE("tolower(t.other) = tolower(t.other)");
}

static void test_two_lists(void **state)
{
	struct value ab[] = {{.s = STR("a")}, {.s = STR("b")}};
	struct value bc[] = {{.s = STR("b")}, {.s = STR("c")}};

	fake_reset();
	fake_list(FAKE_texts, ab, 2);
	fake_list(FAKE_more, bc, 2);
	FALSE("t.texts in val(t.more)");
	TRUE("t.texts intersects val(t.more)");
	TRUE("t.texts in val(t.texts)");
	TRUE("t.texts in tolower(t.texts)");
	fake_list(FAKE_more, bc, 1);
	TRUE("t.more in val(t.texts)");
	fake_list(FAKE_more, bc, 0);
	FALSE("t.texts intersects val(t.more)");
	TRUE("t.more in val(t.texts)");
}

static void test_two_fields_refused(void **state)
{
	refused("t.text pmatch val(t.other)",
		"operator 'PMATCH' doesn't support right-hand side fields");
	refused("t.text regex val(t.other)",
		"operator 'REGEX' doesn't support right-hand side fields");
	refused("t.net = val(t.ip)", "field type 'IPNET' doesn't support right-hand side fields");
	refused("t.any = val(t.text)", "field 't.any' doesn't support right-hand side fields");
	refused("t.text = val(t.any)", "field 't.any' can't be used as a right-hand side field");
	refused("t.text = val(t.u64)",
		"field 't.text' has type 'CHARBUF' while the right-hand side field 't.u64' has "
		"incompatible type 'UINT64'");
	refused("t.text = val(t.texts)",
		"field 't.text' has type 'CHARBUF' while the right-hand side field 't.texts' has "
		"incompatible type 'CHARBUF (list)'");
	refused("t.text = val(t.path)",
		"field 't.text' has type 'CHARBUF' while the right-hand side field 't.path' has "
		"incompatible type 'FSPATH'");
	refused("t.text = val(t.nosuch)", "filter_check called with nonexistent field t.nosuch");
	refused("t.text = val(t.other)[1]",
		"filter error: transformer 'val' does not support field arguments");
}

/* ---- UTF-8 ---- */

/* Bytes that are no text, and control characters, count as U+FFFD; so do constants see them. */
static void test_cleaning(void **state)
{
	struct istr *i = istr_get(STR("a\xff/b\x01"));

	fake_reset();
	fake_text(FAKE_other, STR("a\xef\xbf\xbd"));
	for (int interned = 0; interned < 2; interned++) {
		fake_set(FAKE_text, (struct value){.s = istr_str(i), .istr = interned ? i : NULL});
		TRUE("t.text = 'a\xef\xbf\xbd/b\xef\xbf\xbd'");
		FALSE("t.text = 'a\xff/b\x01'");
		TRUE("t.text != 'a\xff/b\x01'");
		TRUE("t.text in (x, 'a\xef\xbf\xbd/b\xef\xbf\xbd')");
		FALSE("t.text in (x, 'a\xff/b\x01')");
		FALSE("t.text contains '\x01'");
		FALSE("t.text contains '\xff'");
		TRUE("t.text contains '\xef\xbf\xbd/'");
		TRUE("t.text contains /");
		TRUE("t.text startswith a");
		TRUE("t.text endswith '\xef\xbf\xbd'");
		TRUE("t.text glob 'a*b*'");
		TRUE("t.text glob 'a?"
		     "?"
		     "?/b?"
		     "?"
		     "?'");
		FALSE("t.text glob 'a?/b?'");
		TRUE("t.text regex 'a./b.'");
		TRUE("t.text > val(t.other)");
		TRUE("t.text pmatch ('a\xef\xbf\xbd')");
		FALSE("t.text pmatch (a)");
		TRUE("len(t.text) = 9");
		TRUE("t.text = val(t.text)");
		FALSE("t.text = oneof ('a\xff/b\x01')");
		TRUE("t.text startswith anyof (x, 'a\xef\xbf\xbd')");
	}
	fake_text(FAKE_bytes, istr_str(i));
	TRUE("t.bytes = 'a\xff/b\x01'");
	istr_put(i);
}

/* ---- constants ---- */

static void test_long_constants(void **state)
{
	char text[600] = "t.text = ", bytes[600] = "t.bytes = ", message[700];

	memset(text + 9, 'x', FILTER_MAX_VALUE);
	atom_done(must_compile(text));
	memset(bytes + 10, 'x', FILTER_MAX_VALUE);
	atom_done(must_compile(bytes));
	text[9 + FILTER_MAX_VALUE] = bytes[10 + FILTER_MAX_VALUE] = 'x';
	snprintf(message, sizeof(message), "filter parameter too long (used=257, available=256):%s",
		text + 9);
	refused(text, message);
	refused(bytes, "filter parameter too long (byte buf)");
}

static void test_event_types(void **state)
{
	atom_done(must_compile("evt.type = openat"));
	atom_done(must_compile("evt.type in (open, container, container_removed, renameat2)"));
}

static void test_event_types_refused(void **state)
{
	struct atom_error err;

	assert_null(compile("evt.type = opena", &err));
	assert_string_equal(err.message, "unknown event type opena");
	assert_non_null(err.hint);
	assert_null(compile("evt.type in (open, xyzzy)", &err));
	assert_string_equal(err.message, "unknown event type xyzzy");
	assert_null(compile("evt.type contains xyzzy", &err));
	assert_string_equal(err.message, "unknown event type xyzzy");
}

static void test_around(void **state)
{
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *a = must_compile("evt.around[5000000000] = 10");

	event.ts = 5009999999;
	assert_true(atom_eval(a, &ctx));
	event.ts = 5010000000;
	assert_true(atom_eval(a, &ctx));
	event.ts = 5010000001;
	assert_false(atom_eval(a, &ctx));
	event.ts = 4990000000;
	assert_true(atom_eval(a, &ctx));
	event.ts = 4989999999;
	assert_false(atom_eval(a, &ctx));
	event.ts = 0;
	refused("evt.around[5] > 3", "evt.around supports only '=' comparison operator");
}

static void test_unknown_field(void **state)
{
	struct atom_error err;

	assert_null(compile("proc.nme = x", &err));
	assert_string_equal(err.message, "filter_check called with nonexistent field proc.nme");
	assert_string_equal(err.hint, "proc.name");
	assert_null(compile("tolower(t.nosuch) = x", &err));
	assert_string_equal(err.message, "filter_check called with nonexistent field t.nosuch");
}

static void test_error_place(void **state)
{
	struct parse_error parse_err;
	struct atom_error err;
	struct node *n =
		filter_parse(&arena, STR("t.text = a and\n  tolower(t.u64) = b"), &parse_err);

	assert_null(atom_compile(&arena, n->kids[1], STR("syscall"), &err, NULL, NULL));
	assert_int_equal(err.pos.index, 17);
	assert_int_equal(err.pos.line, 2);
	assert_int_equal(err.pos.col, 3);
	assert_string_equal(err.message,
		"can't add field transformer: type 'UINT64' is not supported by 'tolower' "
		"transformer applied on field 't.u64'");
}

/* ---- warnings ---- */

static void warned(const char *text, const char *message)
{
	atom_done(must_compile(text));
	if (!message) {
		if (nwarnings)
			fail_msg("%s: %s", text, warnings);
		return;
	}
	assert_int_equal(nwarnings, 1);
	assert_string_equal(warnings, message);
}

#define SIMPLER(re)                                                                                \
	"regex check with '" re "' may be optimized with simpler operators such as '=', "          \
	"'contains', 'startswith', 'endswith'"

static void test_warnings(void **state)
{
	warned("t.text = x", NULL);
	warned("t.text = proc.pname",
		"'proc.pname' may be a valid field misused as a const string value");
	warned("t.text = ' proc . pname '",
		"' proc . pname ' may be a valid field misused as a const string value");
	warned("t.text in (a, proc.aname[2])",
		"'proc.aname[2]' may be a valid field misused as a const string value");
	warned("t.text = proc.nosuch", NULL);
	warned("t.text = evt.arg", NULL);
	warned("t.text = 'toupper( proc.pname)'",
		"'toupper( proc.pname)' may be a valid field transformer misused as a const "
		"string value");
	warned("t.text = 'val(x)'",
		"'val(x)' may be a valid field transformer misused as a const string value");
	warned("t.text = 'upper(x)'", NULL);
	warned("t.text = 'tolower('", NULL);
	warned("t.text regex hello", SIMPLER("hello"));
	warned("t.text regex '^hello$'", SIMPLER("^hello$"));
	warned("t.text regex '.*hello.*'", SIMPLER(".*hello.*"));
	warned("t.text regex '.+hello$'", SIMPLER(".+hello$"));
	warned("t.text regex 'hel.*lo'", NULL);
	warned("t.text regex '^.*hello'", NULL);
	warned("t.text regex 'hello?'", NULL);
	warned("t.text regex '[a-z]'", NULL);
	refused("t.text regex '('", "invalid regex pattern: missing ): (");
	refused("t.text regex '[b-a]'",
		"invalid regex pattern: invalid character class range: b-a");
	refused("t.text regex 'a\\\\d'", "invalid regex pattern: invalid escape sequence: \\d");
}

/* ---- what the engine asks ---- */

static void assert_scope(const char *text, enum field_scope scope, bool pure)
{
	struct atom *a = must_compile(text);

	assert_int_equal(atom_scope(a), scope);
	assert_int_equal(atom_pure(a), pure);
	atom_done(a);
}

static void test_scope(void **state)
{
	struct atom *a = must_compile("t.text != x");

	assert_string_equal(atom_field(a)->info->name, "t.text");
	assert_int_equal(atom_op(a), OP_NE);
	atom_done(a);
	a = must_compile("len(t.text) = 1");
	assert_null(atom_field(a));
	atom_done(a);
	assert_scope("t.flag = true", SCOPE_RUN, true);
	assert_scope("t.u32 = 1", SCOPE_TYPE, true);
	assert_scope("t.text = x", SCOPE_PROC, true);
	assert_scope("t.other = x", SCOPE_EVENT, true);
	assert_scope("tolower(t.text) = x", SCOPE_PROC, true);
	assert_scope("t.text = val(t.other)", SCOPE_EVENT, true);
	assert_scope("t.text = tolower('X')", SCOPE_PROC, true);
	assert_scope("tolower('X') = x", SCOPE_RUN, true);
	assert_scope("t.count = 1", SCOPE_EVENT, false);
	assert_scope("t.u64 = val(t.count)", SCOPE_EVENT, false);
	assert_scope("concat(t.text, t.other) = x", SCOPE_EVENT, true);
}

/* Fields that count do so for each atom. */
static void test_stateful(void **state)
{
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *a = must_compile("t.count = 2"), *b = must_compile("t.count = 1");

	assert_false(atom_eval(a, &ctx));
	assert_true(atom_eval(a, &ctx));
	assert_false(atom_eval(a, &ctx));
	assert_true(atom_eval(b, &ctx));
	atom_done(a);
	atom_done(b);
}

/* A constant resolves to the address, or another operator looks at the name it is known by. */
static void test_host(void **state)
{
	struct value local = {.type = PT_IPADDR, .s = STR("\x7f\0\0\x01")};

	fake_reset();
	FALSE("t.host = localhost");
	FALSE("t.host != localhost");
	fake_set(FAKE_host, local);
	TRUE("t.host = 127.0.0.1");
	FALSE("t.host != 127.0.0.1");
	FALSE("t.host = 10.9.8.7");
	TRUE("t.host != 10.9.8.7");
	TRUE("t.host in (10.9.8.7, 127.0.0.1)");
	FALSE("t.host in (10.9.8.7)");
	TRUE("t.host startswith 127");
	FALSE("t.host startswith 128");
	TRUE("t.host = anyof (127.0.0.1)");
	local.s = STR("\x01\x02\x03\x04");
	fake_set(FAKE_host, local);
	FALSE("t.host startswith 1");
}

/* A comparison that is used most must not allocate. */
static void test_no_allocation(void **state)
{
	static const char *const checks[] = {"t.text = hello", "t.text in (a, b, hello)",
		"t.text startswith /x", "t.text glob h*o", "t.text regex 'h.*'", "t.u32 > 5",
		"t.path pmatch (/a, /b)", "t.text contains x"};
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct istr *i = istr_get(STR("hello"));

	fake_reset();
	fake_set(FAKE_text, (struct value){.s = istr_str(i), .istr = i});
	fake_text(FAKE_path, STR("/b/c"));
	fake_u64(FAKE_u32, 6);
	for (size_t k = 0; k < ARRAY_SIZE(checks); k++) {
		struct atom *a = must_compile(checks[k]);
		char *before = event_arena.cur;

		atom_eval(a, &ctx);
		assert_ptr_equal(event_arena.cur, before);
		atom_done(a);
	}
	istr_put(i);
}

/* Constants hold references to interned texts only as long as their atom lives. */
static void test_nothing_left(void **state)
{
	assert_int_equal(istr_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_order),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_numbers_refused),
		cmocka_unit_test(test_double_and_bool),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_either),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_two_fields),
		cmocka_unit_test(test_two_lists),
		cmocka_unit_test(test_two_fields_refused),
		cmocka_unit_test(test_cleaning),
		cmocka_unit_test(test_long_constants),
		cmocka_unit_test(test_event_types),
		cmocka_unit_test(test_event_types_refused),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_unknown_field),
		cmocka_unit_test(test_error_place),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_stateful),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_no_allocation),
		cmocka_unit_test(test_nothing_left),
	};

	return cmocka_run_group_tests(tests, conditions_setup, conditions_teardown);
}
