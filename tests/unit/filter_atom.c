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

/* Every text within every text, over few letters so that near misses are frequent. */
static void test_contains(void **state)
{
	static const char letters[] = "aAq";
	char hay[8], needle[5], condition[40];

	fake_reset();
	for (unsigned h = 0; h < 729; h++) {
		for (unsigned i = 0, n = h; i < 6; i++, n /= 3)
			hay[i] = letters[n % 3];
		hay[6] = '\0';
		fake_text(FAKE_text, str_c(hay));
		for (unsigned k = 0; k < 27; k++) {
			for (unsigned i = 0, n = k; i < 3; i++, n /= 3)
				needle[i] = letters[n % 3];
			needle[h % 4] = '\0';
			snprintf(condition, sizeof(condition), "t.text contains '%s'", needle);
			if (eval(condition) != (strstr(hay, needle) != NULL))
				fail_msg("%s: %s", hay, condition);
			snprintf(condition, sizeof(condition), "t.text icontains '%s'", needle);
			if (eval(condition) != (strcasestr(hay, needle) != NULL))
				fail_msg("%s: %s", hay, condition);
		}
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_order),
		cmocka_unit_test(test_contains),
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
	};

	return cmocka_run_group_tests(tests, conditions_setup, conditions_teardown);
}
