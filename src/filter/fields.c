/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fields there are, and how their names and arguments are written.
 *
 * A name is looked up as the longest known one that it starts with; what is left over must be an
 * argument that this field takes.  Rows of plugins stand behind the table's.
 */
#include "filter/fields.h"

#include <stdio.h>

#include "base/vec.h"

const struct field_class field_classes[FIELD_CLASS_MAX] = {
	[FIELD_CLASS_gen] = {"evt", "All event types", "What every event has, whatever its source.",
		NULL, false},
	[FIELD_CLASS_evt] = {"evt", "Syscall events only",
		"Facts about events of system calls. Their single parameters are evt.arg.NAME, "
		"e.g. "
		"evt.arg.filename.",
		"syscall", false},
	[FIELD_CLASS_process] = {"process", "",
		"The process and thread that caused the event, and its ancestors.", "syscall",
		false},
	[FIELD_CLASS_user] = {"user", "", "The user that the process runs as.", "syscall", false},
	[FIELD_CLASS_group] = {"group", "", "The group that the process runs as.", "syscall",
		false},
	[FIELD_CLASS_fd] = {"fd", "", "The file descriptor that the event creates, uses or closes.",
		"syscall", false},
	[FIELD_CLASS_fspath] = {"fs.path", "",
		"The paths that successful system calls on files were given, also where no "
		"descriptor is "
		"involved: rename, unlink, chmod and so on.",
		"syscall", false},
	[FIELD_CLASS_util] = {"util", "", "", "syscall", true},
	[FIELD_CLASS_fdlist] = {"fdlist", "", "The descriptors that poll and ppoll wait for.",
		"syscall", false},
	[FIELD_CLASS_container] = {"container", "",
		"The container that the process is in, and its Kubernetes pod.", "syscall", false},
};

#define FIELD(sym, class, name, type, flags, format, scope, help)                                  \
	[FIELD_##sym] = {name, &field_classes[FIELD_CLASS_##class], help, field_##sym, flags,      \
		type, format, scope},
const struct field_info field_table[FIELD_MAX] = {
#include "tables/fields.def"
};
#undef FIELD

struct extension {
	const struct field_info *rows;
	size_t n;
};

static VEC(struct extension) extensions;

void fields_extend(const struct field_info *rows, size_t n)
{
	vec_push(&extensions, ((struct extension){rows, n}));
}

void fields_forget(const struct field_info *rows)
{
	for (size_t i = 0; i < extensions.n; i++) {
		if (extensions.v[i].rows == rows) {
			extensions.v[i] = vec_pop(&extensions);
			break;
		}
	}
	if (!extensions.n)
		vec_done(&extensions);
}

/* ---- look-up ---- */

static bool has_source(const struct field_info *info, struct str source)
{
	struct str rest = str_c(info->cls->sources), one;

	if (!rest.p || !source.n)
		return true;
	while (str_split(&rest, ' ', &one))
		if (str_eq(one, source))
			return true;
	return false;
}

/* Calls fn for every row of the source, in order. */
static void each_row(
	struct str source, void (*fn)(void *arg, const struct field_info *info), void *arg)
{
	for (size_t i = 0; i < FIELD_MAX; i++)
		if (has_source(&field_table[i], source))
			fn(arg, &field_table[i]);
	for (size_t i = 0; i < extensions.n; i++)
		for (size_t k = 0; k < extensions.v[i].n; k++)
			if (has_source(&extensions.v[i].rows[k], source))
				fn(arg, &extensions.v[i].rows[k]);
}

struct search {
	struct str name;
	const struct field_info *best;
	size_t len;
};

static void keep_longest(void *arg, const struct field_info *info)
{
	struct search *s = arg;
	size_t n = strlen(info->name);

	if (n > s->len && str_starts(s->name, str_n(info->name, n))) {
		s->best = info;
		s->len = n;
	}
}

struct names {
	VEC(const char *) all;
};

static void collect_name(void *arg, const struct field_info *info)
{
	struct names *names = arg;

	vec_push(&names->all, info->name);
}

static const char *similar(struct str name, struct str source)
{
	struct names names = {0};
	const char *ret;

	each_row(source, collect_name, &names);
	ret = str_nearest(name, names.all.v, names.all.n);
	vec_done(&names.all);
	return ret;
}

bool field_init(struct arena *a, struct str name, struct str arg, struct str source,
	struct field *ret, char err[FIELD_ERR_MAX], const char **ret_hint)
{
	struct search s = {.name = name};
	struct field_parse p = {.arena = a, .arg = arg, .err = err};

	*err = '\0';
	p.full = arg.p ? arena_printf(a, "%.*s[%.*s]", STR_ARG(name), STR_ARG(arg)) : name;
	each_row(source, keep_longest, &s);
	if (s.best) {
		p.rest = str_from(name, s.len);
		p.field = (struct field){.info = s.best,
			.name = str_head(name, s.len),
			.arg = arg,
			.index = -1,
			.type = s.best->type,
			.format = s.best->format,
			.source = source};
		if (field_parse_arg(&p)) {
			*ret = p.field;
			return true;
		}
	}
	if (!*err)
		snprintf(err, FIELD_ERR_MAX, "filter_check called with nonexistent field %.*s",
			STR_ARG(p.full));
	if (ret_hint)
		*ret_hint = similar(name, source);
	return false;
}

bool field_exists(struct str text)
{
	ptrdiff_t open = str_chr(text, '[');
	struct str name = text, arg = STR_NONE;
	struct field f;
	char err[FIELD_ERR_MAX];
	struct arena a;
	bool ret;

	if (open >= 0) {
		if (!str_ends(text, STR("]")))
			return false;
		name = str_head(text, (size_t)open);
		arg = str_from(text, (size_t)open + 1);
		arg.n--;
	}
	arena_init(&a, 1024);
	ret = field_init(&a, name, arg, STR_NONE, &f, err, NULL);
	arena_done(&a);
	return ret;
}
