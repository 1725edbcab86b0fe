/* SPDX-License-Identifier: Apache-2.0 */
/* The foundations: views of strings, numbers, arenas, buffers, maps, interned strings, diagnostics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/istr.h"
#include "base/map.h"
#include "base/slab.h"
#include "base/utf8.h"

#define assert_str(s, want) assert_true(str_is(s, want))

/* ---- strings ---- */

static void test_find(void **state)
{
	struct str s = STR("one two one");

	assert_int_equal(str_find(s, STR("one")), 0);
	assert_int_equal(str_find(str_from(s, 1), STR("one")), 7);
	assert_int_equal(str_find(s, STR("")), 0);
	assert_int_equal(str_find(s, STR("three")), -1);
	assert_int_equal(str_find(STR("on"), STR("one")), -1);
	assert_int_equal(str_chr(s, 't'), 4);
	assert_int_equal(str_rchr(s, 'o'), 8);
	assert_int_equal(str_rchr(s, 'x'), -1);
}

static void test_parts(void **state)
{
	struct str rest = STR("a,,b"), part;

	assert_str(str_from(STR("abc"), 5), "");
	assert_str(str_head(STR("abc"), 2), "ab");
	assert_str(str_trim(STR(" \t a b\r\n")), "a b");
	assert_str(str_trim(STR(" \n")), "");
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "");
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "b");
	assert_false(str_split(&rest, ',', &part));
	assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
}

static void test_order(void **state)
{
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("b"), STR("a")) > 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_true(str_eq_nocase(STR("AbC"), STR("aBc")));
	assert_false(str_eq_nocase(STR("abc"), STR("abd")));
	assert_true(str_eq(STR_NONE, STR("")));
}

static void test_unsigned(void **state)
{
	uint64_t u = 5;

	assert_true(str_to_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	u = 5;
	assert_false(str_to_u64(STR("18446744073709551616"), &u));
	assert_false(str_to_u64(STR(""), &u));
	assert_false(str_to_u64(STR("-1"), &u));
	assert_false(str_to_u64(STR("1x"), &u));
	assert_false(str_to_u64(STR(" 1"), &u));
	assert_int_equal(u, 5);
}

static void test_signed(void **state)
{
	int64_t i = 5;

	assert_true(str_to_i64(STR("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_true(str_to_i64(STR("+7"), &i));
	assert_int_equal(i, 7);
	assert_false(str_to_i64(STR("9223372036854775808"), &i));
	assert_false(str_to_i64(STR("--1"), &i));
	assert_false(str_to_i64(STR("-"), &i));
	assert_int_equal(i, 7);
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"proc.name", "proc.pname", "fd.name", "evt.type"};

	assert_string_equal(str_nearest(STR("proc.nme"), names, 4), "proc.name");
	assert_string_equal(str_nearest(STR("evt.typ"), names, 4), "evt.type");
	assert_null(str_nearest(STR("container.id"), names, 4));
	assert_null(str_nearest(STR("x"), names, 0));
}

/* ---- UTF-8 ---- */

static void test_sequences(void **state)
{
	assert_int_equal(utf8_valid(STR("a")), 1);
	assert_int_equal(utf8_valid(STR("\u00e4")), 2);
	assert_int_equal(utf8_valid(STR("\u20ac")), 3);
	assert_int_equal(utf8_valid(STR("\U0001f600")), 4);
	assert_int_equal(utf8_valid(STR("")), 0);
	/* overlong, surrogate, beyond the last, alone, cut off */
	assert_int_equal(utf8_valid(STR("\xc0\xaf")), 0);
	assert_int_equal(utf8_valid(STR("\xed\xa0\x80")), 0);
	assert_int_equal(utf8_valid(STR("\xf4\x90\x80\x80")), 0);
	assert_int_equal(utf8_valid(STR("\x80")), 0);
	assert_int_equal(utf8_valid(STR("\xe2\x82")), 0);
	assert_int_equal(utf8_bad(STR("\xe2\x82x")), 2);
	assert_int_equal(utf8_bad(STR("\xed\xa0\x80")), 1);
}

static void test_clean(void **state)
{
	struct str good = STR("a long enough text with \u00e4 in it"), s;
	struct arena a;

	arena_init(&a, 0);
	assert_ptr_equal(utf8_clean(&a, good).p, good.p);
	assert_true(utf8_printable(STR("")));
	assert_false(utf8_printable(STR("12345678\x7f")));
	assert_false(utf8_printable(STR("1234567\n9")));
	assert_false(utf8_printable(STR("\xc2\x85")));
	assert_str(utf8_clean(&a, STR("a\xff"
				      "b\nc\xe2\x82"
				      "d")),
		"a\ufffdb\ufffdc\ufffdd");
	s = utf8_clean(&a, STR("\xff"));
	assert_int_equal(s.p[s.n], '\0');
	arena_done(&a);
}

/* ---- memory ---- */

static void test_arena(void **state)
{
	struct arena a;
	char *p, *q, *big;

	arena_init(&a, 256);
	assert_non_null(arena_alloc(&a, 0));
	p = arena_alloc(&a, 3);
	q = arena_alloc(&a, 1);
	assert_int_equal(q - p, 8);
	big = arena_zalloc(&a, 10000);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(big[i], 0);
	assert_true(a.used >= 10000 + 256);
	arena_reset(&a);
	assert_true(a.used < 20000);
	assert_string_equal(arena_strdup(&a, STR("text")), "text");
	assert_str(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	arena_done(&a);
}

static void test_rewind(void **state)
{
	struct arena a, fresh, before;
	char *p;

	arena_init(&a, 256);
	fresh = a;
	p = arena_alloc(&a, 8);
	before = a;
	for (size_t n = 1; n < 5000; n *= 3)
		arena_zalloc(&a, n);
	arena_rewind(&a, &before);
	assert_int_equal(a.used, 256);
	assert_ptr_equal(arena_alloc(&a, 8), p + 8);
	arena_rewind(&a, &fresh);
	assert_int_equal(a.used, 0);
	assert_string_equal(arena_strdup(&a, STR("text")), "text");
	arena_done(&a);
}

static void test_regrow(void **state)
{
	struct arena a;
	char *p, *q;

	arena_init(&a, 1024);
	p = arena_regrow(&a, NULL, 0, 8);
	memcpy(p, "12345678", 8);
	q = arena_regrow(&a, p, 8, 64);
	assert_ptr_equal(q, p); /* nothing came after it */
	arena_alloc(&a, 8);
	q = arena_regrow(&a, p, 64, 128);
	assert_ptr_not_equal(q, p);
	assert_memory_equal(q, "12345678", 8);
	q = arena_regrow(&a, q, 128, 5000);
	assert_memory_equal(q, "12345678", 8);
	arena_done(&a);
}

static void test_buf(void **state)
{
	struct buf b = {0};

	assert_str(buf_view(&b), "");
	buf_puts(&b, "n=");
	buf_i64(&b, INT64_MIN);
	buf_char(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	buf_printf(&b, " %s", "x");
	buf_pad(&b, '.', 3);
	assert_string_equal(buf_cstr(&b), "n=-9223372036854775808 18446744073709551615 x...");
	assert_int_equal(b.n, strlen(b.p));
	buf_done(&b);
}

static void test_json(void **state)
{
	struct buf b = {0};

	buf_json(&b, STR("a\"b\\c\n\x01\xff\u00e4"));
	assert_str(buf_view(&b), "\"a\\\"b\\\\c\\n\\u0001\xef\xbf\xbd\u00e4\"");
	buf_done(&b);
}

static void test_vec(void **state)
{
	VEC(int) v = {0};
	int *it, sum = 0;

	for (int i = 0; i < 100; i++)
		vec_push(&v, i);
	assert_int_equal(v.n, 100);
	assert_int_equal(vec_pop(&v), 99);
	vec_foreach (it, &v)
		sum += *it;
	assert_int_equal(sum, 98 * 99 / 2);
	vec_done(&v);
	assert_null(v.v);
}

/* ---- maps ---- */

#define MANY 2000

static void test_string_map(void **state)
{
	static char keys[MANY][8];
	struct smap m = {0};

	assert_null(smap_get(&m, STR("x")));
	for (size_t i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		assert_null(smap_put(&m, str_c(keys[i]), keys[i]));
	}
	for (size_t i = 0; i < MANY; i += 2)
		assert_ptr_equal(smap_del(&m, str_c(keys[i])), keys[i]);
	assert_int_equal(m.n, MANY / 2);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(smap_get(&m, str_c(keys[i])), i % 2 ? keys[i] : NULL);
	assert_null(smap_del(&m, STR("k0")));
	assert_ptr_equal(smap_put(&m, STR("k1"), &m), keys[1]);
	assert_ptr_equal(smap_get(&m, STR("k1")), &m);
	smap_done(&m);
}

static void test_reserve(void **state)
{
	static char keys[MANY][8];
	struct smap m = {0};
	struct smap_slot *slots;

	smap_reserve(&m, MANY);
	slots = m.slots;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		smap_put(&m, str_c(keys[i]), keys[i]);
	}
	smap_reserve(&m, 10);
	assert_ptr_equal(m.slots, slots);
	smap_reserve(&m, 10 * MANY);
	assert_ptr_not_equal(m.slots, slots);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(smap_get(&m, str_c(keys[i])), keys[i]);
	smap_done(&m);
}

static void test_number_map(void **state)
{
	static int values[MANY];
	struct imap_slot *slot;
	struct imap m = {0};
	size_t seen = 0;

	assert_null(imap_get(&m, 0));
	for (uint64_t i = 0; i < MANY; i++)
		assert_null(imap_put(&m, i << 40, &values[i]));
	for (uint64_t i = 0; i < MANY; i += 3)
		assert_ptr_equal(imap_del(&m, i << 40), &values[i]);
	for (uint64_t i = 0; i < MANY; i++)
		assert_ptr_equal(imap_get(&m, i << 40), i % 3 ? &values[i] : NULL);
	map_foreach(slot, &m) seen++;
	assert_int_equal(seen, m.n);
	imap_done(&m);
}

/* ---- interned strings ---- */

static void test_interned(void **state)
{
	size_t before = istr_count();
	struct istr *a = istr_get(STR("the same")), *b = istr_get(STR("the same")), *c;
	uint32_t id = a->id, gen = a->gen;

	assert_ptr_equal(a, b);
	assert_int_equal(istr_count(), before + 1);
	assert_str(istr_str(a), "the same");
	assert_str(istr_str(NULL), "");
	istr_put(a);
	assert_int_equal(istr_count(), before + 1);
	istr_put(b);
	assert_int_equal(istr_count(), before);
	c = istr_get(STR("another"));
	if (c->id == id)
		assert_int_not_equal(c->gen, gen);
	istr_put(c);
	istr_put(NULL);
}

static void test_interned_slots(void **state)
{
	size_t before = istr_count();
	struct istr *slot = NULL, *shared = istr_get(STR("shared"));

	assert_true(istr_set(&slot, STR("one")));
	assert_false(istr_set(&slot, STR("one")));
	assert_true(istr_share(&slot, shared));
	assert_false(istr_share(&slot, shared));
	assert_ptr_equal(slot, shared);
	assert_true(istr_share(&slot, NULL));
	istr_put(shared);
	assert_int_equal(istr_count(), before);
}

/* ---- diagnostics ---- */

static void test_diagnostics(void **state)
{
	struct diag_frame frame = {"rule", "x", {"f.yaml", 2, 6, 9}};
	struct str content = STR("first\nab wrong cd\nlast");
	struct buf b = {0};
	struct diags d;
	struct diag *g;

	diags_init(&d);
	g = diags_add(&d, DIAG_ERROR, "LOAD_ERR", &frame, 1, STR("it is wrong"));
	diag_set_snippet(&d, g, content, 9);
	diag_set_remedy(&d, g, STR("make it right"));
	assert_str(g->snippet, "ab wrong cd\n   ^\n");
	diag_print(&b, g);
	assert_true(str_starts(buf_view(&b), STR("f.yaml:2:6: it is wrong\n")));
	assert_true(str_find(buf_view(&b), STR("make it right")) > 0);
	diags_add(&d, DIAG_WARNING, "LOAD_WARN", NULL, 0, STR("hm"));
	assert_int_equal(d.nerrors, 1);
	assert_int_equal(d.nwarnings, 1);
	diags_done(&d);
	buf_done(&b);
}

/* Of a long line the part around the place is shown, and the caret stands below it. */
static void test_long_snippet(void **state)
{
	char line[1000];
	struct diags d;
	struct diag *g;
	ptrdiff_t end;

	memset(line, 'a', sizeof(line));
	line[700] = '!';
	diags_init(&d);
	g = diags_add(&d, DIAG_ERROR, "E", NULL, 0, STR("m"));
	diag_set_snippet(&d, g, str_n(line, sizeof(line)), 700);
	end = str_chr(g->snippet, '\n');
	assert_int_equal(end, 160);
	assert_int_equal(str_chr(g->snippet, '!'), str_chr(g->snippet, '^') - end - 1);
	diag_set_snippet(&d, g, STR("short"), 100);
	assert_str(g->snippet, "short\n     ^\n");
	diags_done(&d);
}

/* ---- files ---- */

static void test_file(void **state)
{
	char path[] = "/tmp/test_base_XXXXXX";
	int fd = mkstemp(path);
	struct arena a;
	struct str s;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "content", 7), 7);
	close(fd);
	arena_init(&a, 0);
	assert_int_equal(file_read(&a, path, 7, &s), 0);
	assert_str(s, "content");
	assert_int_equal(s.p[7], '\0');
	assert_int_equal(file_read(&a, path, 6, &s), -EFBIG);
	assert_int_equal(file_read(&a, "/", 10, &s), -EISDIR);
	unlink(path);
	assert_int_equal(file_read(&a, path, 10, &s), -ENOENT);
	arena_done(&a);
}

/* ---- slab ---- */

/* Sizes at both ends of every class are all there to be written to, and do not overlap. */
static void test_slab_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 1008, 1023, 1024, 1025, 2048, 2049, 4096,
		16384, 16385, 32768, 65535, 65536, 65537, 1000000};
	uint8_t *p[ARRAY_SIZE(sizes) * 3];

	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
			size_t n = sizes[i % ARRAY_SIZE(sizes)];

			p[i] = i % 2 ? slab_alloc(n) : slab_zalloc(n);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			for (size_t k = 0; i % 2 == 0 && k < n; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)i + 1, n);
		}
		for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
			size_t n = sizes[i % ARRAY_SIZE(sizes)];

			for (size_t k = 0; k < n; k++)
				assert_int_equal(p[i][k], i + 1);
			slab_free(p[i], n);
		}
	}
	slab_free(NULL, 10);
}

static void test_slab_regrow(void **state)
{
	size_t n = 10;
	char *p = slab_regrow(NULL, 0, n);

	memcpy(p, "0123456789", 10);
	for (; n < 200000; n = n * 3 / 2) {
		p = slab_regrow(p, n, n * 3 / 2);
		assert_memory_equal(p, "0123456789", 10);
		p[n * 3 / 2 - 1] = 'x';
	}
	p = slab_regrow(p, n, 12);
	assert_memory_equal(p, "0123456789", 10);
	slab_free(p, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_sizes),
		cmocka_unit_test(test_slab_regrow),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_rewind),
		cmocka_unit_test(test_regrow),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_vec),
		cmocka_unit_test(test_string_map),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_number_map),
		cmocka_unit_test(test_interned),
		cmocka_unit_test(test_interned_slots),
		cmocka_unit_test(test_diagnostics),
		cmocka_unit_test(test_long_snippet),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
