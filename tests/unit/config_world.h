/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch folder to load configurations in, and looking at what was said about them. */
#ifndef TESTS_CONFIG_WORLD_H
#define TESTS_CONFIG_WORLD_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_internal.h"

/* A scratch folder, and what the last load() made. */
struct world {
	char dir[64];
	struct diags diags;
	struct config *c;
};

static inline int begin(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "%s/config-test-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(chdir(w->dir), 0);
	diags_init(&w->diags);
	*state = w;
	return 0;
}

static inline int end(void **state)
{
	struct world *w = *state;
	char command[128];

	config_free(w->c);
	diags_done(&w->diags);
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", w->dir);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static inline void write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Loads main.yaml with the given options, NULL-terminated. */
static inline struct config *load_with(
	struct world *w, const char *text, const char *const *options)
{
	size_t n = 0;

	while (options && options[n])
		n++;
	if (text)
		write_text("main.yaml", text);
	config_free(w->c);
	diags_done(&w->diags);
	diags_init(&w->diags);
	w->c = config_load("main.yaml", options, n, &w->diags);
	return w->c;
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline struct config *load(struct world *w, const char *text)
{
	return load_with(w, text, NULL);
}

/* The i-th problem as it is shown. */
static inline const char *problem(struct world *w, size_t i, char text[4096])
{
	struct buf b = {0};

	assert_true(i < w->diags.list.n);
	diag_print(&b, &w->diags.list.v[i]);
	snprintf(text, 4096, "%s", buf_cstr(&b));
	buf_done(&b);
	return text;
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

/* Loading fails, and the first error has all of these parts, up to NULL. */
static inline void assert_refused(struct world *w, const char *text, const char *const *parts)
{
	char shown[4096];

	size_t i = 0;

	assert_null(load(w, text));
	assert_int_not_equal(w->diags.nerrors, 0);
	while (w->diags.list.v[i].level != DIAG_ERROR)
		i++;
	problem(w, i, shown);
	for (; *parts; parts++)
		assert_has(shown, *parts);
}

#define REFUSED(text, ...) assert_refused(w, text, OPTIONS(__VA_ARGS__))

/* Joined by commas; valid until the next call. */
static inline const char *list(const string_list *l)
{
	static char text[256];

	text[0] = 0;
	for (size_t i = 0; i < l->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			l->v[i]);
	return text;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#endif
