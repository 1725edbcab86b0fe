/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields: names that conditions and outputs use for facts about an event, its process, its
 * descriptor.  One row each in tables/fields.def; the row FIELD(proc_name, ...) is extracted by
 * the function field_proc_name(), in the fields_*.c of its class.
 */
#ifndef FILTER_FIELD_H
#define FILTER_FIELD_H
#include "base/buf.h"
#include "filter/value.h"
#include "state/containers.h"

enum field_flag {
	FF_LIST = 1 << 0,         /* value is a list */
	FF_ARG_REQUIRED = 1 << 1, /* field[arg] or field.arg only */
	FF_ARG_ALLOWED = 1 << 2,
	FF_ARG_INDEX = 1 << 3, /* arg is (or may be) a number */
	FF_ARG_KEY = 1 << 4,
	FF_FILTER_ONLY = 1 << 5,
	FF_PRINT_ONLY = 1 << 6,
	FF_TABLE_ONLY = 1 << 7, /* not in listings */
	FF_DEPRECATED = 1 << 8,
	FF_NO_RHS = 1 << 9,          /* never behind an operator as val(field) */
	FF_NO_TRANSFORMER = 1 << 10, /* never inside a transformer */
	/* How to compare when extraction yields several values (value.list set, FF_LIST not): */
	FF_ANY = 1 << 11,    /* true when any of them satisfies the operator */
	FF_EITHER = 1 << 12, /* the same, but != and the like only when all do (fd.ip, fd.port) */
	FF_HOST = 1 << 13,   /* constants are resolved to addresses (fd.sip.name) */
	FF_STATEFUL = 1 << 14, /* each use counts for itself: never shared between atoms */
};

/* What a field's value can depend on; the engine remembers it for as long. */
enum field_scope {
	SCOPE_RUN,   /* constant for the run */
	SCOPE_TYPE,  /* event type (and system call code of generic events) */
	SCOPE_PROC,  /* the thread, as long as thread->version is the same */
	SCOPE_EVENT, /* everything else */
};

struct field;
/*
 * Extracts into *ret; false: the event has no such value. Texts may live in ctx->arena, the
 * state or the event: they are valid until the next event.
 */
typedef bool (*field_fn)(struct field *f, struct event_ctx *ctx, struct value *ret);

struct field_info {
	const char *name;
	const char *class_name; /* "evt", "process", ... as listings group them */
	const char *help;
	field_fn extract;
	uint32_t flags; /* enum field_flag */
	uint8_t type;   /* enum ptype */
	uint8_t format; /* enum pformat */
	uint8_t scope;  /* enum field_scope */
	const char *sources; /* "syscall", or NULL for every event source */
};

/* One use of a field in a condition or output. */
struct field {
	const struct field_info *info;
	struct str name; /* as written, without the argument */
	struct str arg;  /* STR_NONE: none */
	int64_t index;   /* numeric argument, -1 none */
	uint8_t type;    /* of the value: info->type, or what the argument makes of it */
	const void *aux; /* what field_init() prepared for the extractor, lives in its arena */
	bool compare; /* on the left of an operator: FF_ANY and FF_EITHER fields yield a list */
	uint64_t counter, counter2; /* of FF_STATEFUL fields */
};

enum field_id {
#define FIELD(sym, class, name, type, flags, format, scope, help) FIELD_##sym,
#include "tables/fields.def"
#undef FIELD
	FIELD_MAX
};
extern const struct field_info field_table[FIELD_MAX];

#define FIELD(sym, class, name, type, flags, format, scope, help)                                  \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret);
#include "tables/fields.def"
#undef FIELD

/*
 * Finds the row for a field written as name (dotted suffix arguments included: "evt.arg.flags")
 * and arg, checks the argument, fills *ret. On failure false, with a message as Falco words it
 * in err (256 bytes) and, if there is a similar name, *ret_hint set to it.
 * source: the rule's event source; fields of other sources do not exist for it.
 */
bool field_init(struct arena *a, struct str name, struct str arg, struct str source,
	struct field *ret, char *err, const char **ret_hint);
/* Whether text names a field, argument included, as in "'proc.pname' may be a valid field". */
bool field_exists(struct str text);

/* ---- text of values (render.c) ---- */

/* A value as outputs print it; lists as (a,b,c). */
void value_print(struct buf *b, const struct field *f, const struct value *v);
/* As JSON, typed as Falco types output_fields. */
void value_print_json(struct buf *b, const struct field *f, const struct value *v);
/*
 * Parameter i of the event as evt.arg shows it: raw text and, where it says more, the resolved
 * one (flag names, descriptor and user names...), else STR_NONE. Texts live in ctx->arena.
 */
void param_text(struct event_ctx *ctx, unsigned i, struct str *ret_raw, struct str *ret_resolved);
#endif
