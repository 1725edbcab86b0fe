/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output formats: whatever compiles must render, the same way twice where nothing counts, and its
 * JSON must be JSON.
 */
#include <assert.h>
#include <jansson.h>

#include "filter/format.h"

#include "fuzz_event.h"

static void check_json(struct format *f, struct event_ctx *ctx, bool with_transformed)
{
	struct buf b = {0};
	json_error_t err;
	json_t *json;

	buf_char(&b, '{');
	format_json(f, ctx, with_transformed, &b);
	buf_char(&b, '}');
	json = json_loadb(b.p, b.n, JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES, &err);
	assert(json);
	json_decref(json);
	buf_done(&b);
}

/* Fields that differ from one use to the next. */
static bool counts(const struct format *f)
{
	const struct str *names;
	size_t n = format_fields(f, &names);

	for (size_t i = 0; i < n; i++)
		if (str_find(names[i], STR("util.cnt")) >= 0 ||
			str_find(names[i], STR("time")) >= 0 ||
			str_find(names[i], STR("thread.")) >= 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_event *e = fuzz_event_get();
	struct buf first = {0}, second = {0};
	struct atom_error err;
	struct format *f;
	struct arena a;

	arena_init(&a, 0);
	f = format_compile(&a, str_n(data, size), STR("syscall"), &err);
	if (f) {
		format_text(f, &e->ctx, &first);
		check_json(f, &e->ctx, false);
		check_json(f, &e->ctx, true);
		format_text(f, &e->ctx, &second);
		assert(counts(f) || str_eq(buf_view(&first), buf_view(&second)));
	} else {
		assert(err.message[0] && err.pos.index <= size);
	}
	buf_done(&first);
	buf_done(&second);
	arena_done(&a);
	arena_reset(&e->arena);
	return 0;
}
