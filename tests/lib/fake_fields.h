/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of a made-up class "t", one per type, that yield what a test tells them to.  They are
 * registered as a plugin's would be.
 */
#ifndef TESTS_FAKE_FIELDS_H
#define TESTS_FAKE_FIELDS_H
#include "base/mem.h"
#include "filter/field.h"

#define FAKE_FIELDS(X)                                                                             \
	X(text, PT_CHARBUF, 0, PF_NA, SCOPE_PROC)                                                  \
	X(other, PT_CHARBUF, 0, PF_NA, SCOPE_EVENT)                                                \
	X(path, PT_FSPATH, 0, PF_NA, SCOPE_EVENT)                                                  \
	X(third, PT_CHARBUF, 0, PF_NA, SCOPE_EVENT)                                                \
	X(bytes, PT_BYTEBUF, 0, PF_NA, SCOPE_EVENT)                                                \
	X(i8, PT_INT8, 0, PF_DEC, SCOPE_EVENT)                                                     \
	X(i16, PT_INT16, 0, PF_DEC, SCOPE_EVENT)                                                   \
	X(i32, PT_INT32, 0, PF_HEX, SCOPE_EVENT)                                                   \
	X(i64, PT_INT64, 0, PF_ID, SCOPE_EVENT)                                                    \
	X(u8, PT_UINT8, 0, PF_DEC, SCOPE_EVENT)                                                    \
	X(u16, PT_UINT16, 0, PF_DEC, SCOPE_EVENT)                                                  \
	X(u32, PT_UINT32, 0, PF_DEC, SCOPE_TYPE)                                                   \
	X(u64, PT_UINT64, 0, PF_DEC, SCOPE_EVENT)                                                  \
	X(flags, PT_FLAGS32, 0, PF_HEX, SCOPE_EVENT)                                               \
	X(time, PT_RELTIME, 0, PF_DEC, SCOPE_EVENT)                                                \
	X(dbl, PT_DOUBLE, 0, PF_NA, SCOPE_EVENT)                                                   \
	X(flag, PT_BOOL, 0, PF_NA, SCOPE_RUN)                                                      \
	X(port, PT_PORT, 0, PF_DEC, SCOPE_EVENT)                                                   \
	X(ip, PT_IPADDR, 0, PF_NA, SCOPE_EVENT)                                                    \
	X(net, PT_IPNET, FF_NO_RHS, PF_NA, SCOPE_EVENT)                                            \
	X(uid, PT_UID, 0, PF_DEC, SCOPE_EVENT)                                                     \
	X(texts, PT_CHARBUF, FF_LIST, PF_NA, SCOPE_EVENT)                                          \
	X(more, PT_CHARBUF, FF_LIST, PF_NA, SCOPE_EVENT)                                           \
	X(nums, PT_UINT64, FF_LIST, PF_DEC, SCOPE_EVENT)                                           \
	X(nets, PT_IPNET, FF_LIST, PF_NA, SCOPE_EVENT)                                             \
	X(i64s, PT_INT64, FF_LIST, PF_DEC, SCOPE_EVENT)                                            \
	X(any, PT_CHARBUF, FF_ANY | FF_NO_RHS | FF_NO_TRANSFORMER, PF_NA, SCOPE_PROC)              \
	X(either, PT_IPADDR, FF_EITHER | FF_NO_RHS | FF_NO_TRANSFORMER, PF_NA, SCOPE_EVENT)        \
	X(eport, PT_PORT, FF_EITHER, PF_DEC, SCOPE_EVENT)                                          \
	X(host, PT_CHARBUF, FF_HOST | FF_NO_RHS, PF_NA, SCOPE_EVENT)                               \
	X(count, PT_UINT64, FF_STATEFUL, PF_ID, SCOPE_EVENT)

enum fake_field {
#define X(name, type, flags, format, scope) FAKE_##name,
	FAKE_FIELDS(X)
#undef X
		FAKE_MAX
};

/* What they yield; p NULL of a text, and absent, mean that there is no value. */
static struct value fake_values[FAKE_MAX];
static bool fake_absent[FAKE_MAX];
static unsigned fake_extractions;

static const struct field_class fake_class = {.name = "t", .title = "", .help = ""};

static inline bool fake_extract(
	enum fake_field id, struct field *f, struct event_ctx *ctx, struct value *ret)
{
	uint8_t type = ret->type;

	fake_extractions++;
	if (id == FAKE_count) {
		ret->u = ++f->counter;
		return true;
	}
	if (fake_absent[id])
		return false;
	*ret = fake_values[id];
	ret->type = ret->type ? ret->type : type;
	return true;
}

#define X(name, type, flags, format, scope)                                                        \
	static inline bool fake_get_##name(                                                        \
		struct field *f, struct event_ctx *ctx, struct value *ret)                         \
	{                                                                                          \
		return fake_extract(FAKE_##name, f, ctx, ret);                                     \
	}
FAKE_FIELDS(X)
#undef X

static const struct field_info fake_rows[] = {
#define X(name, type, flags, format, scope)                                                        \
	{"t." #name, &fake_class, "", fake_get_##name, flags, type, format, scope},
	FAKE_FIELDS(X)
#undef X
};

/* Every field is without a value. */
static inline void fake_reset(void)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		fake_absent[i] = true;
	memset(fake_values, 0, sizeof(fake_values));
	fake_extractions = 0;
}

static inline void fake_set(enum fake_field id, struct value v)
{
	fake_values[id] = v;
	fake_absent[id] = false;
}

static inline void fake_text(enum fake_field id, struct str s)
{
	fake_set(id, (struct value){.s = s});
}

static inline void fake_u64(enum fake_field id, uint64_t u)
{
	fake_set(id, (struct value){.u = u});
}

static inline void fake_i64(enum fake_field id, int64_t i)
{
	fake_set(id, (struct value){.i = i});
}

/* items: valid as long as the value is. */
static inline void fake_list(enum fake_field id, struct value *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i].type = fake_rows[id].type;
	fake_set(id, (struct value){.list = true, .n = (uint32_t)n, .v = items});
}
#endif
