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
	FF_LIST = 1 << 0,	  /* value is a list */
	FF_ARG_REQUIRED = 1 << 1, /* field[arg] or field.arg only */
	FF_ARG_ALLOWED = 1 << 2,
	FF_ARG_INDEX = 1 << 3, /* arg is (or may be) a number */
	FF_ARG_KEY = 1 << 4,
	FF_FILTER_ONLY = 1 << 5,
	FF_PRINT_ONLY = 1 << 6,
	FF_TABLE_ONLY = 1 << 7, /* not in listings */
	FF_OURS = 1 << 16,	/* Falco has no such field: not in listings that are Falco's */
	FF_DEPRECATED = 1 << 8,
	FF_NO_RHS = 1 << 9,	     /* never behind an operator as val(field) */
	FF_NO_TRANSFORMER = 1 << 10, /* never inside a transformer */
	/* How to compare when extraction yields several values (value.list set, FF_LIST not): */
	FF_ANY = 1 << 11,    /* true when any of them satisfies the operator */
	FF_EITHER = 1 << 12, /* the same, but != and the like only when all do (fd.ip, fd.port) */
	/* A host by name (fd.sip.name): with field->compare the value is its address, PT_IPADDR. */
	FF_HOST = 1 << 13,
	FF_STATEFUL = 1 << 14,	/* each use counts for itself: never shared between atoms */
	FF_TIMESTAMP = 1 << 15, /* text; in JSON the event's time in nanoseconds (field->counter) */
};

/* What a field's value can depend on; the engine remembers it for as long. */
enum field_scope {
	SCOPE_RUN,     /* constant for the run */
	SCOPE_TYPE,    /* event type (and system call code of generic events) */
	SCOPE_PROC,    /* the thread, as long as thread->version is the same */
	SCOPE_KIND,    /* event type and event_kind() */
	SCOPE_FD_NAME, /* these, and the name of a descriptor that has one */
	SCOPE_EVENT,   /* everything else */
};

/* Of something made of two. */
static inline enum field_scope scope_join(enum field_scope a, enum field_scope b)
{
	enum field_scope narrow = a < b ? a : b, wide = a < b ? b : a;

	return narrow == SCOPE_PROC && wide > SCOPE_PROC ? SCOPE_EVENT : wide;
}

struct field;
/*
 * Extracts into *ret, which field_extract() has set up; false: the event has no such value. Texts
 * may live in ctx->arena, the state or the event: they are valid until the next event.
 */
typedef bool (*field_fn)(struct field *f, struct event_ctx *ctx, struct value *ret);

/* A group of fields, as listings show them. */
struct field_class {
	const char *name;  /* "evt", "process", ... */
	const char *title; /* "All event types"; "" none */
	const char *help;
	const char *sources; /* event sources that have them, separated by blanks; NULL: every */
	bool hidden;	     /* not in listings */
};

enum field_class_id {
	FIELD_CLASS_gen,
	FIELD_CLASS_evt,
	FIELD_CLASS_process,
	FIELD_CLASS_user,
	FIELD_CLASS_group,
	FIELD_CLASS_fd,
	FIELD_CLASS_fspath,
	FIELD_CLASS_util,
	FIELD_CLASS_fdlist,
	FIELD_CLASS_container,
	FIELD_CLASS_MAX
};
extern const struct field_class field_classes[FIELD_CLASS_MAX];

struct field_info {
	const char *name;
	const struct field_class *cls;
	const char *help;
	field_fn extract;
	uint32_t flags; /* enum field_flag */
	uint8_t type;	/* enum ptype */
	uint8_t format; /* enum pformat */
	uint8_t scope;	/* enum field_scope */
};

/* One use of a field in a condition or output. */
struct field {
	const struct field_info *info;
	struct str name;   /* as written, without the argument */
	struct str arg;	   /* STR_NONE: none */
	int64_t index;	   /* numeric argument, -1 none */
	uint8_t type;	   /* of the value: info->type, or what the argument makes of it */
	uint8_t format;	   /* likewise; of evt.rawarg that of the parameter extracted last */
	struct str source; /* event source of the rule */
	const void
		*aux; /* what field_init() prepared for the extractor; lives as long as its arena */
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

#define FIELD_ERR_MAX 256

static inline bool field_extract(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	ret->type = f->type;
	ret->list = false;
	ret->istr = NULL;
	return f->info->extract(f, ctx, ret);
}

/*
 * Finds the row for a field written as name (dotted arguments included: "evt.arg.flags") and arg,
 * checks the argument, fills *ret: its name is without the argument, its arg what stood in [] or
 * behind the dot. On failure false, with a message as Falco words it in err and, if there
 * is a similar name, *ret_hint set to it (ret_hint may be NULL).
 * source: the rule's event source, it outlives *ret; fields of other sources do not exist for it.
 * STR_NONE: those of all sources do.
 */
bool field_init(struct arena *a, struct str name, struct str arg, struct str source,
	struct field *ret, char err[FIELD_ERR_MAX], const char **ret_hint);
/* Whether text names a field, argument included, as in "'proc.pname' may be a valid field". */
bool field_exists(struct str text);

/*
 * What fd.name shows: the name of the event's descriptor, or what its parameters say about one that
 * is not there. False: the event is about no descriptor.
 */
bool fd_shown_name(struct event_ctx *ctx, struct str *ret);

/* ---- kinds of events (fields_evt.c) ---- */

/* What the flags of an open ask for, as the evt.is_open_* fields show it. */
enum open_kind {
	OPEN_READ = 1 << 0,
	OPEN_WRITE = 1 << 1,
	OPEN_EXEC = 1 << 2,   /* a new file that may be executed */
	OPEN_CREATE = 1 << 3, /* the file was not there before */
};
#define OPEN_KINDS 16
/* Whether events of the type have such flags: of all others event_open_kind() is 0. */
bool event_opens(uint16_t type);
unsigned event_open_kind(const struct event *ev);

/*
 * What decides fields of SCOPE_KIND: the type of the event's descriptor, or that it has none or one
 * that is not known, and of types that open files how. Below event_kinds(); opens: event_opens() of
 * the event's type.
 */
static inline unsigned event_kind(const struct event_ctx *ctx, bool opens)
{
	/* Types begin at -1. */
	unsigned fd = ctx->fd ? (unsigned)(ctx->fd->type + 3) : ctx->fd_num >= 0;

	return opens ? fd * OPEN_KINDS + event_open_kind(ctx->ev) : fd;
}

static inline unsigned event_kinds(bool opens)
{
	return (FD_TYPE_MAX + 3) * (opens ? OPEN_KINDS : 1);
}

/* ---- fields of plugins (fields.c) ---- */

/* Rows that field_init() knows from now on; borrowed, until fields_forget() names them. */
void fields_extend(const struct field_info *rows, size_t n);
void fields_forget(const struct field_info *rows);

/* What evt.plugin* ask of whoever loads plugins: the plugin that an event comes from. */
struct field_plugin_ops {
	/* False: no (loaded) plugin made this event. Texts as for field_fn. */
	bool (*name)(struct event_ctx *ctx, struct str *ret);
	bool (*summary)(struct event_ctx *ctx, struct str *ret);
};
void fields_set_plugin_ops(const struct field_plugin_ops *ops);

/* ---- text of values (render.c) ---- */

/* Binary buffers as base64 instead of printable characters and dots. For the whole process. */
void render_set_base64(bool on);

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
