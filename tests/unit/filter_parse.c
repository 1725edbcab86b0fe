/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions as text: what is one, what its tree is, what is wrong with the others and where. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "filter/parse.h"

static struct arena arena;

static struct node *parse(const char *text, struct parse_error *err)
{
	return filter_parse(&arena, str_c(text), err);
}

static struct node *must_parse(struct str text)
{
	struct parse_error err;
	struct node *n = filter_parse(&arena, text, &err);

	if (!n)
		fail_msg("'%.*s': %s", STR_ARG(text), err.message);
	return n;
}

static const char *printed(const struct node *n)
{
	struct buf b = {.arena = &arena};

	ast_print(&b, n);
	return buf_cstr(&b);
}

static const char *source_of(const struct node *n)
{
	struct buf b = {.arena = &arena};

	ast_print_source(&b, n);
	return buf_cstr(&b);
}

/* ---- conditions and their canonical text ---- */

static const struct {
	const char *text, *canonical;
} good[] = {
	/* structure */
	{"m", "m"},
	{"  m\t", "m"},
	{"(m)", "m"},
	{"((m))", "m"},
	{"a and b", "(a and b)"},
	{"a and b and c", "(a and b and c)"},
	{"a and (b and c)", "(a and (b and c))"},
	{"a or b and c", "(a or (b and c))"},
	{"a and b or c and d", "((a and b) or (c and d))"},
	{"(a or b)and(c)", "((a or b) and c)"},
	{"a or(b)or(c)", "(a or b or c)"},
	{"not a", "not a"},
	{"not not a", "a"},
	{"not not not a", "not a"},
	{"not(a)", "not a"},
	{"not not(a)", "a"},
	{"not (not a)", "not not a"},
	{"not(not(not a))", "not not not a"},
	{"not a and b", "(not a and b)"},
	{"not (a and b)", "not (a and b)"},
	{"not(a or b)and c", "(not (a or b) and c)"},
	{"not\va", "not a"},
	/* words that only begin like keywords */
	{"nota and andb", "(nota and andb)"},
	{"not not_a", "not not_a"},
	{"or_a or orb", "(or_a or orb)"},
	{"tolower", "tolower"},
	{"not\nand and m", "(not and and m)"},
	/* operators */
	{"f.a exists", "f.a exists"},
	{"(f.a exists)and m", "(f.a exists and m)"},
	{"f.a=x", "f.a = x"},
	{"f.a ==x", "f.a == x"},
	{"f.a!= x", "f.a != x"},
	{"f.a = not", "f.a = not"},
	{"f.a = and and b", "(f.a = and and b)"},
	{"f.a contains x", "f.a contains x"},
	{"f.a icontains\tx", "f.a icontains x"},
	{"f.a startswith x", "f.a startswith x"},
	{"f.a endswith x", "f.a endswith x"},
	{"f.a glob *x?", "f.a glob *x?"},
	{"f.a iglob [ab]", "f.a iglob [ab]"},
	{"f.a regex 'x.*'", "f.a regex x.*"},
	{"f.a bcontains 00ff", "f.a bcontains 00ff"},
	{"f.a bstartswith 00ff", "f.a bstartswith 00ff"},
	/* numbers */
	{"f.a < 1", "f.a < 1"},
	{"f.a<=1", "f.a <= 1"},
	{"f.a >1", "f.a > 1"},
	{"f.a >= +12", "f.a >= +12"},
	{"f.a > -1", "f.a > -1"},
	{"f.a > 0x1F", "f.a > 0x1F"},
	{"f.a > 1.25e-3", "f.a > 1.25e-3"},
	{"f.a > 1.", "f.a > 1."},
	{"f.a < 1and b", "(f.a < 1 and b)"},
	/* lists */
	{"f.a in (x)", "f.a in (x)"},
	{"f.a in(x,y)", "f.a in (x, y)"},
	{"f.a in ( x , 'y z' )", "f.a in (x, \"y z\")"},
	{"f.a in ()", "f.a in ()"},
	{"f.a in()", "f.a in ()"},
	{"f.a in names", "f.a in names"},
	{"f.a intersects (1, 2)", "f.a intersects (1, 2)"},
	{"f.a pmatch (/a, /b)", "f.a pmatch (/a, /b)"},
	{"f.a in (and, or, not)", "f.a in (and, or, not)"},
	/* modifiers */
	{"f.a = oneof (x, y)", "f.a = oneof (x, y)"},
	{"f.a == anyof (x)", "f.a == anyof (x)"},
	{"f.a != allof names", "f.a != allof names"},
	{"f.a contains anyof (x)", "f.a contains anyof (x)"},
	{"f.a regex allof\n(x)", "f.a regex allof (x)"},
	{"f.a = oneof", "f.a = oneof"},
	{"f.a = oneof and b", "(f.a = oneof and b)"},
	{"f.a = anyof or b", "(f.a = anyof or b)"},
	{"(f.a = allof)", "f.a = allof"},
	{"f.a = oneof andy", "f.a = oneof andy"},
	{"f.a = oneof ()", "f.a = oneof ()"},
	{"f.a =oneof", "f.a = oneof"},
	/* fields */
	{"f.a.b.c = x", "f.a.b.c = x"},
	{"f.a[0] = x", "f.a[0] = x"},
	{"f.a[k-1/{}()] = x", "f.a[k-1/{}()] = x"},
	{"f.a['k l'] = x", "f.a[\"k l\"] = x"},
	{"f.a[\"\"] = x", "f.a[\"\"] = x"},
	{"f.a[\"]\"] = x", "f.a[]] = x"},
	{"F1.a_2 = x", "F1.a_2 = x"},
	/* constants */
	{"f.a = /x/*.y;z!@#%^&[]{}|", "f.a = /x/*.y;z!@#%^&[]{}|"},
	{"f.a = \"\"", "f.a = "},
	{"f.a = ''", "f.a = "},
	{"f.a = 'x y'", "f.a = \"x y\""},
	{"f.a = \"x=y\"", "f.a = \"x=y\""},
	{"f.a = '(x)'", "f.a = (x)"},
	{"f.a = 'it\\'s'", "f.a = \"it's\""},
	{"f.a = \"say \\\"x\\\"\"", "f.a = \"say \\\"x\\\"\""},
	{"f.a = '\\b\\f\\n\\r\\t\\\\x\\/'", "f.a = \"\\b\\f\\n\\r\\t\\\\x/\""},
	{"f.a = \"x\\ \"", "f.a = \"x\\\\\""},
	{"f.a = x\\y", "f.a = \"x\\\\y\""},
	{"f.a = \xc3\xa9", "f.a = \xc3\xa9"},
	{"f.a = '\xff'", "f.a = \xff"},
	{"f.a = f.b", "f.a = f.b"},
	{"f.a='x'and b", "(f.a = x and b)"},
	/* transformers */
	{"tolower(f.a) = x", "tolower(f.a) = x"},
	{"tolower( toupper( f.a ) ) exists", "tolower(toupper(f.a)) exists"},
	{"len(f.a[1]) > 3", "len(f.a[1]) > 3"},
	{"b64('eA==') = x", "b64(\"eA==\") = x"},
	{"f.a = val(f.b)", "f.a = val(f.b)"},
	{"f.a = val( f.b[1] )", "f.a = val(f.b[1])"},
	{"f.a > len(f.b)", "f.a > len(f.b)"},
	{"f.a in val(f.b)", "f.a in val(f.b)"},
	{"f.a in tolower(f.b)", "f.a in tolower(f.b)"},
	{"f.a = basename(tolower(f.b)) and c", "(f.a = basename(tolower(f.b)) and c)"},
	{"join(\",\", (f.a, 'x', 5, tolower(f.b))) = x", "join(,,(f.a,x,5,tolower(f.b))) = x"},
	{"join('-', ()) = x", "join(-,()) = x"},
	{"concat(f.a, \"x\", -1) = x", "concat(f.a,x,-1) = x"},
	{"getopt(f.a, 'ab:')[b] = x", "getopt(f.a,ab:)[b] = x"},
	{"getopt(f.a, 'ab:')[\"b\"] = x", "getopt(f.a,ab:)[b] = x"},
	{"getopt(f.a, 'ab:') intersects (a)", "getopt(f.a,ab:) intersects (a)"},
	{"f.a = tolower", "f.a = tolower"},
	{"f.a = len or m", "(f.a = len or m)"},
	{"f.a = val(f.b)[1]", "f.a = val(f.b)[1]"},
};

static void test_canonical(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_string_equal(printed(must_parse(str_c(good[i].text))), good[i].canonical);
}

/* The text with its quotes gives back the same tree, and only that. */
static void test_round_trip(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct node *n = must_parse(str_c(good[i].text)), *again;

		again = must_parse(str_c(source_of(n)));
		if (!ast_equal(n, again))
			fail_msg("%s: %s", good[i].text, source_of(n));
		assert_string_equal(source_of(n), source_of(again));
	}
}

static void test_source_tells_apart(void **state)
{
	static const char *const pairs[][2] = {
		{"f.a in ()", "f.a in (\"\")"},
		{"f.a in ('x,y')", "f.a in (x, y)"},
		{"f.a in ('x, y')", "f.a in (x, y)"},
		{"f.a in names", "f.a in (names)"},
		{"f.a = val(f.b)", "f.a = 'val(f.b)'"},
		{"f.a = oneof x", "f.a = 'oneof x'"},
		{"tolower(f.a) exists", "tolower('f.a') exists"},
		{"f.a[1] exists", "f.a exists"},
		{"f.a[\"\"] exists", "f.a exists"},
		{"f.a = x", "f.a == x"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct node *a = must_parse(str_c(pairs[i][0])),
			    *b = must_parse(str_c(pairs[i][1]));

		assert_false(ast_equal(a, b));
		assert_string_not_equal(source_of(a), source_of(b));
	}
}

/* A blank may be any of the blanks, and there may be more of them. */
static void test_blanks(void **state)
{
	static const char blanks[] = " \t\n\r\b";

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct node *n = must_parse(str_c(good[i].text));

		if (strpbrk(good[i].text, "'\"[\v"))
			continue;
		for (const char *c = blanks; *c; c++) {
			struct buf b = {.arena = &arena};

			buf_char(&b, *c);
			for (const char *p = good[i].text; *p; p++) {
				if (*p == ' ' && *c != '\b')
					buf_pad(&b, *c, 2);
				else
					buf_char(&b, *p);
			}
			if (*c != '\b') /* which may be part of a constant */
				buf_char(&b, *c);
			assert_true(ast_equal(n, must_parse(buf_view(&b))));
		}
	}
}

static void test_copy(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct node *n = must_parse(str_c(good[i].text)), *copy;
		struct arena other;

		arena_init(&other, 0);
		copy = ast_copy(&other, n);
		assert_ptr_not_equal(n, copy);
		assert_true(ast_equal(n, copy));
		assert_string_equal(source_of(n), source_of(copy));
		arena_done(&other);
		source_of(n); /* nothing of it was in the other arena */
	}
}

/* Conditions that differ from the one before them. */
static void test_unequal(void **state)
{
	for (size_t i = 1; i < ARRAY_SIZE(good); i++) {
		struct node *a = must_parse(str_c(good[i - 1].text)),
			    *b = must_parse(str_c(good[i].text));

		assert_true(ast_equal(a, b) == ast_equal(b, a));
		if (strcmp(good[i - 1].canonical, good[i].canonical) != 0)
			assert_false(ast_equal(a, b));
	}
}

/* ---- what is no condition ---- */

#define OPERATORS                                                                                  \
	"expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', "      \
	"'!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', "              \
	"'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'"
#define TRANSFORMERS                                                                               \
	": 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'"
#define CHECK "expected a '(' token, a field check, or an identifier"
#define VALUE "expected a string value or a field with a valid transformer" TRANSFORMERS
#define NUMBER "expected a number value or a field with a valid transformer" TRANSFORMERS
#define LIST "expected a list, an identifier, or a field with a valid transformer" TRANSFORMERS
#define CLOSE "expected a ')' token"
#define ARGUMENT "expected a valid field argument: a quoted string or a bare string"
#define AFTER(token) "unexpected token after '" token "', expecting 'or', 'and'"
#define TRANSFORMED                                                                                \
	"expected field transformer argument: field, transformer, quoted string, number, or "      \
	"transformer list"

static const struct {
	const char *text, *message;
	unsigned at;
} bad[] = {
	{"", "filter input string is empty", 0},
	{" ", CHECK, 1},
	{"#a", CHECK, 0},
	{"()", CHECK, 1},
	{"(a", CLOSE, 2},
	{"(a and b", CLOSE, 8},
	{"a)", AFTER("a"), 1},
	{"a b", AFTER("a"), 2},
	{"a and", "expected blank or '(' after 'and'", 5},
	{"a and ", CHECK, 6},
	{"a andb", "expected blank or '(' after 'and'", 5},
	{"a orb", "expected blank or '(' after 'or'", 4},
	{"a andnot b", "expected blank or '(' after 'and'", 5},
	{"a and or b", AFTER("or"), 9},
	{"a not b", AFTER("a"), 2},
	{"a AND b", AFTER("a"), 2},
	{"not ", CHECK, 4},
	{"f.a", OPERATORS, 3},
	{"f.a ", OPERATORS, 4},
	{"f.a like x", OPERATORS, 4},
	{"f.a containsx", OPERATORS, 4},
	{"f.a contains", OPERATORS, 4},
	{"f.a = ", VALUE, 6},
	{"f.a =", VALUE, 5},
	{"f.a contains ", VALUE, 13},
	{"f.a = =", VALUE, 6},
	{"f.a = (x)", VALUE, 6},
	{"f.a = x = 1", AFTER("x"), 8},
	{"f.a = x,", AFTER("x"), 7},
	{"f.a = x y", AFTER("x"), 8},
	{"f.a = 'x", VALUE, 6},
	{"f.a = \"x'", VALUE, 6},
	{"f.a = 'x\\\\'", VALUE, 6},
	{"f.a = 'x''", AFTER("x"), 9},
	{"f.a = 'x\\z'", "unsupported string escape sequence: \\z", 11},
	{"f.a = '\\x41'", "unsupported string escape sequence: \\x", 12},
	{"f.a = 'x\\\"'", "invalid \\\" escape in '-quoted string", 11},
	{"f.a = \"x\\'\"", "invalid \\' escape in \"-quoted string", 11},
	{"f.a > ", NUMBER, 6},
	{"f.a > x", NUMBER, 6},
	{"f.a > '1'", NUMBER, 6},
	{"f.a > .5", NUMBER, 6},
	{"f.a > --1", NUMBER, 6},
	{"f.a > 1e5", AFTER("1"), 7},
	{"f.a > 0x", AFTER("0"), 7},
	{"f.a > 1x", AFTER("1"), 7},
	{"m > 1", AFTER("m"), 2},
	{"f.a in x,y", AFTER("x"), 8},
	{"f.a in (x", CLOSE, 9},
	{"f.a in (x y)", CLOSE, 10},
	{"f.a in (x,)", "expected a string value", 10},
	{"f.a in (,x)", CLOSE, 8},
	{"f.a in (x,,y)", "expected a string value", 10},
	{"f.a in ((x))", CLOSE, 8},
	{"f.a in ('\\z')", "unsupported string escape sequence: \\z", 12},
	{"f.a in 5", LIST, 7},
	{"f.a in 'x'", LIST, 7},
	{"f.a in", LIST, 6},
	{"f.a in (tolower(f.b))", CLOSE, 15},
	{"f.a = oneof x y", AFTER("x"), 14},
	{"f.a > oneof (1)", NUMBER, 6},
	{"f.a[] = x", ARGUMENT, 4},
	{"f.a[ x] = x", ARGUMENT, 4},
	{"f.a[x = x", "expected a ']' token", 5},
	{"f.a['x' = x", "expected a ']' token", 7},
	{"f.a[x]] = x", OPERATORS, 6},
	{"f.a [x] = x", OPERATORS, 4},
	{"f..a = x", AFTER("f"), 1},
	{"f.1 = x", AFTER("f"), 1},
	{"tolower(f.a)", OPERATORS, 12},
	{"tolower(f.a", "expected a ')' token closing the transformer", 11},
	{"tolower (f.a) = x", AFTER("tolower"), 8},
	{"tolower() = x", TRANSFORMED, 8},
	{"tolower(f) = x", TRANSFORMED, 8},
	{"tolower(x y) = x", TRANSFORMED, 8},
	{"tolower(f.a,) = x", TRANSFORMED, 12},
	{"lower(f.a) = x", AFTER("lower"), 5},
	{"val(f.a) = x", AFTER("val"), 3},
	{"f.a = val(x)", "expected a field within 'val' transformer", 10},
	{"f.a = val(tolower(f.b))", "expected a field within 'val' transformer", 10},
	{"f.a = val(f.b", "expected a ')' token closing the transformer", 13},
	{"f.a = tolower(val(f.b))", TRANSFORMED, 14},
	{"f.a = lower(f.b)", AFTER("lower"), 11},
	{"join(',', (f.a, b)) = x",
		"expected transformer list argument: field, transformer, quoted string, or number",
		16},
	{"join(',', (f.a 'b')) = x", "expected ')'", 15},
	{"join(',', (f.a,)) = x",
		"expected transformer list argument: field, transformer, quoted string, or number",
		15},
	{"getopt(f.a, 'a')[] = x", ARGUMENT, 17},
};

static void test_refused(void **state)
{
	struct parse_error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i].text, &err))
			fail_msg("'%s' was accepted", bad[i].text);
		if (strcmp(err.message, bad[i].message) != 0 || err.pos.index != bad[i].at)
			fail_msg("'%s': '%s' at %u", bad[i].text, err.message, err.pos.index);
	}
}

static void test_places(void **state)
{
	struct parse_error err;
	struct node *n;

	assert_null(parse("a and\n  b or\r\n f.x", &err));
	assert_int_equal(err.pos.index, 18);
	assert_int_equal(err.pos.line, 4);
	assert_int_equal(err.pos.col, 5);
	n = must_parse(STR("a and\n not  f.x[1] = 'y'"));
	assert_int_equal(n->pos.index, 0);
	n = n->kids[1];
	assert_int_equal(n->kind, NODE_NOT);
	assert_int_equal(n->pos.index, 7);
	assert_int_equal(n->pos.line, 2);
	assert_int_equal(n->pos.col, 2);
	n = n->kids[0];
	assert_int_equal(n->pos.index, 12);
	assert_int_equal(n->left.pos.index, 12);
	assert_int_equal(n->right.pos.index, 21);
	assert_int_equal(n->right.pos.col, 16);
}

static void test_tree(void **state)
{
	struct node *n = must_parse(STR("getopt(p.args, 'n:')[n] startswith anyof (x, 'y z')"));

	assert_int_equal(n->kind, NODE_CHECK);
	assert_int_equal(n->op, OP_STARTSWITH);
	assert_int_equal(n->modifier, MOD_ANYOF);
	assert_int_equal(n->left.kind, OPERAND_TRANSFORM);
	assert_int_equal(n->left.transformer, TR_GETOPT);
	assert_int_equal(n->left.nitems, 2);
	assert_true(str_is(n->left.arg, "n"));
	assert_int_equal(n->left.items[0].kind, OPERAND_FIELD);
	assert_true(str_is(n->left.items[0].text, "p.args"));
	assert_null(n->left.items[0].arg.p);
	assert_int_equal(n->left.items[1].kind, OPERAND_VALUE);
	assert_true(str_is(n->left.items[1].text, "n:"));
	assert_int_equal(n->right.kind, OPERAND_LIST);
	assert_int_equal(n->right.nitems, 2);
	assert_true(str_is(n->right.items[1].text, "y z"));
	assert_null(n->origin.p);
}

static struct str nested(const char *open, const char *core, const char *close, size_t n)
{
	struct buf b = {.arena = &arena};

	for (size_t i = 0; i < n; i++)
		buf_puts(&b, open);
	buf_puts(&b, core);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, close);
	return buf_view(&b);
}

static void test_depth(void **state)
{
	struct parse_error err;

	must_parse(nested("(", "m", ")", FILTER_MAX_DEPTH));
	must_parse(nested("not(", "m", ")", FILTER_MAX_DEPTH));
	must_parse(nested("b64(", "f.a", ") exists", 1));
	assert_null(filter_parse(&arena, nested("(", "m", ")", FILTER_MAX_DEPTH + 1), &err));
	assert_string_equal(err.message, "exceeded max depth limit of 1000");
	assert_null(filter_parse(&arena, nested("(", "", "", 100000), &err));
	assert_null(filter_parse(&arena, nested("f.a = b64(", "", "", 100000), &err));
	assert_null(filter_parse(&arena, nested("len(", "f.a", ")", FILTER_MAX_DEPTH + 1), &err));
	assert_string_equal(err.message, "exceeded max depth limit of 1000");
}

/* Bytes that text does not normally have. */
static void test_odd_bytes(void **state)
{
	struct parse_error err;

	assert_null(filter_parse(&arena, STR("f.a = x\0y"), &err));
	assert_null(filter_parse(&arena, STR("f.a[\0] exists"), &err));
	assert_null(filter_parse(&arena, STR("f.a = 'x\0y'"), &err));
	assert_null(filter_parse(&arena, STR("f.a = x\xff"), &err));
	assert_null(filter_parse(&arena, STR("\xff"), &err));
	assert_null(filter_parse(&arena, STR("\0"), &err));
	assert_null(filter_parse(&arena, STR("a\0b"), &err));
}

static void test_value(void **state)
{
	static const char *const values[] = {"", "x", "x y", "a,b", "(", ")", "'", "\"", "=", "a\\",
		"a b\\", "\\", "\n", "\b\f", "\b", "x\b", "a'\"b", "\xc3\xa9", "\xff", "val(f.a)",
		"oneof", "and", "5", " ", "\v", "[x]"};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct buf b = {.arena = &arena};
		struct node *n;

		buf_puts(&b, "f.a = ");
		ast_print_value(&b, str_c(values[i]));
		n = must_parse(buf_view(&b));
		assert_int_equal(n->right.kind, OPERAND_VALUE);
		if (!str_is(n->right.text, values[i]))
			fail_msg("%s", buf_cstr(&b));
		b.n = 0;
		buf_puts(&b, "f.a in (");
		ast_print_value(&b, str_c(values[i]));
		buf_puts(&b, ", z)");
		n = must_parse(buf_view(&b));
		assert_int_equal(n->right.nitems, 2);
		assert_true(str_is(n->right.items[0].text, values[i]));
	}
}

static void test_operand(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} cases[] = {{"f.a", 3}, {"f.a x", 3}, {"f.a[1]x", 6}, {"f.a.b,", 5}, {"f.a.", 3},
		{"tolower(f.a)x", 12}, {"join('-', (f.a)) ", 16}, {"f.a[1", 0}, {"f", 0}, {"", 0},
		{"tolower(f.a", 0}, {"val(f.a)", 0}, {" f.a", 0}, {"tolower(f)", 0}};
	struct parse_error err;
	struct operand o;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			filter_parse_operand(&arena, str_c(cases[i].text), &o, &err), cases[i].n);
	filter_parse_operand(&arena, STR("f.a[1"), &o, &err);
	assert_int_equal(err.pos.index, 5);
}

static int setup(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_source_tells_apart),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_unequal),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_operand),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
