/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fields there are, and how their names and arguments are written.
 *
 * A name is looked up as the longest known one that it starts with; what is left over must be an
 * argument that this field takes.  Rows of plugins stand behind the table's.
 */
#include "filter/fields.h"

#include <limits.h>
#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"
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

/* Rows of one name; of those that the source has, the first counts. */
struct row {
	const struct field_info *info;
	struct row *next;
};

static VEC(struct extension) extensions;

/* Rows by name; made by the first look-up, again when plugins come or go. */
static struct {
	struct smap names; /* to struct row */
	struct arena arena;
	size_t longest[UCHAR_MAX + 1]; /* name that starts with this byte, 0: there is none */
} by_name;

/* ---- index ---- */

static void index_drop(void)
{
	smap_done(&by_name.names);
	arena_done(&by_name.arena);
}

static void index_row(const struct field_info *info)
{
	struct str name = str_c(info->name);
	struct row *row = arena_alloc(&by_name.arena, sizeof(*row)), *first;
	size_t *at;

	*row = (struct row){.info = info};
	at = &by_name.longest[(unsigned char)name.p[0]];
	*at = MAX(*at, name.n);
	first = smap_get(&by_name.names, name);
	if (!first) {
		smap_put(&by_name.names, name, row);
		return;
	}
	while (first->next)
		first = first->next;
	first->next = row;
}

static void index_make(void)
{
	if (by_name.names.n)
		return;
	arena_init(&by_name.arena, FIELD_MAX * sizeof(struct row));
	smap_reserve(&by_name.names, FIELD_MAX);
	for (size_t i = 0; i < FIELD_MAX; i++)
		index_row(&field_table[i]);
	for (size_t i = 0; i < extensions.n; i++)
		for (size_t k = 0; k < extensions.v[i].n; k++)
			index_row(&extensions.v[i].rows[k]);
}

void fields_extend(const struct field_info *rows, size_t n)
{
	vec_push(&extensions, ((struct extension){rows, n}));
	index_drop();
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
	index_drop();
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

/* The row of the longest name that text starts with. */
static const struct field_info *longest_row(struct str text, struct str source)
{
	struct str name;

	index_make();
	name = text.n ? str_head(text, by_name.longest[(unsigned char)text.p[0]]) : text;
	for (; name.n; name.n--)
		for (const struct row *r = smap_get(&by_name.names, name); r; r = r->next)
			if (has_source(r->info, source))
				return r->info;
	return NULL;
}

static void collect_names(
	const struct field_info *rows, size_t n, struct str source, const char **names, size_t *at)
{
	for (size_t i = 0; i < n; i++)
		if (has_source(&rows[i], source))
			names[(*at)++] = rows[i].name;
}

static const char *similar(struct str name, struct str source)
{
	size_t n = FIELD_MAX;
	const char **names, *ret;

	for (size_t i = 0; i < extensions.n; i++)
		n += extensions.v[i].n;
	names = mem_alloc(n * sizeof(*names));
	n = 0;
	collect_names(field_table, FIELD_MAX, source, names, &n);
	for (size_t i = 0; i < extensions.n; i++)
		collect_names(extensions.v[i].rows, extensions.v[i].n, source, names, &n);
	ret = str_nearest(name, names, n);
	free(names);
	return ret;
}

/* Everything but the message that there is no such field. */
static bool find_field(struct field_parse *p, struct str name, struct str source)
{
	const struct field_info *info = longest_row(name, source);
	size_t n;

	*p->err = '\0';
	if (!info)
		return false;
	n = strlen(info->name);
	p->rest = str_from(name, n);
	p->field = (struct field){.info = info,
		.name = str_head(name, n),
		.arg = p->arg,
		.index = -1,
		.type = info->type,
		.format = info->format,
		.source = source};
	return field_parse_arg(p);
}

bool field_init(struct arena *a, struct str name, struct str arg, struct str source,
	struct field *ret, char err[FIELD_ERR_MAX], const char **ret_hint)
{
	struct field_parse p = {.arena = a, .arg = arg, .err = err};

	p.full = arg.p ? arena_printf(a, "%.*s[%.*s]", STR_ARG(name), STR_ARG(arg)) : name;
	if (find_field(&p, name, source)) {
		*ret = p.field;
		return true;
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
	char err[FIELD_ERR_MAX];
	struct field_parse p;
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
	p = (struct field_parse){.arena = &a, .full = text, .arg = arg, .err = err};
	ret = find_field(&p, name, STR_NONE);
	arena_done(&a);
	return ret;
}
