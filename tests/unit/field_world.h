/* SPDX-License-Identifier: Apache-2.0 */
/* Fields and parameters of the event that a world saw last, as texts. */
#ifndef TESTS_FIELD_WORLD_H
#define TESTS_FIELD_WORLD_H
#include "filter/render.h"
#include "state_world.h"

static inline int field_world_setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, &(struct state_config){0});
	world_ready(w);
	*state = w;
	return 0;
}

static inline int field_world_teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

/* Looks up a field as conditions and outputs write it: "proc.aname[2]". */
static inline bool field_open(struct world *w, const char *text, struct field *ret)
{
	ptrdiff_t open = str_chr(str_c(text), '[');
	struct str name = str_c(text), arg = STR_NONE;
	char err[FIELD_ERR_MAX];

	if (open >= 0) {
		name = str_head(str_c(text), (size_t)open);
		arg = str_from(str_c(text), (size_t)open + 1);
		arg.n--;
	}
	return field_init(&w->arena, name, arg, STR("syscall"), ret, err, NULL);
}

/* "-" when it has no value. */
static inline const char *shown_of(struct world *w, struct field *f, bool json)
{
	struct buf b = {.arena = &w->arena};
	struct value v;

	if (!field_extract(f, &w->ctx, &v))
		return "-";
	if (json)
		value_print_json(&b, f, &v);
	else
		value_print(&b, f, &v);
	return buf_cstr(&b);
}

static inline const char *shown(struct world *w, const char *field)
{
	struct field f;

	assert_true(field_open(w, field, &f));
	return shown_of(w, &f, false);
}

static inline const char *shown_json(struct world *w, const char *field)
{
	struct field f;

	assert_true(field_open(w, field, &f));
	return shown_of(w, &f, true);
}

/* openat() of thread 100, of a file with inode 42 on device fe01. */
static inline void open_at(
	struct world *w, int64_t fd, int64_t dirfd, const char *path, uint32_t flags, uint32_t mode)
{
	struct param params[7] = {I64(fd), I64(dirfd), {(const uint8_t *)path, strlen(path) + 1},
		U32(flags), U32(mode), U32(0xfe01), U64(42)};

	world_emit(w, 100, EV_OPENAT_X, params, 7);
}

#define assert_field(w, field, text) assert_string_equal(shown(w, field), text)
#define assert_json(w, field, text) assert_string_equal(shown_json(w, field), text)
#endif
