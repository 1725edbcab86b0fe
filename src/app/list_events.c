/* SPDX-License-Identifier: Apache-2.0 */
/* --list-events and -i: the rows of the event and system call tables. */
#include "app/json.h"
#include "app/list.h"
#include "filter/check.h"

static const struct {
	const char *title;
	uint32_t source; /* enum event_category */
} categories[] = {
	{"Syscall events", EC_SYSCALL},
	{"Tracepoint events", EC_TRACEPOINT},
	{"Plugin events", EC_PLUGIN},
	{"Metaevents", EC_METAEVENT},
};

bool event_type_ignored(uint16_t type)
{
	const struct event_info *info = &event_table[type];
	uint32_t class = info->category & EC_CLASS_MASK;

	return (class == EC_IO_READ || class == EC_IO_WRITE) && !(info->flags & EF_MODIFIES_STATE);
}

static bool is_listed(uint16_t type, uint32_t source)
{
	const struct event_info *info = &event_table[type];

	return info->category & source && !(info->flags & (EF_OLD_VERSION | EF_UNUSED)) &&
	       type != EV_SYSCALL_E && type != EV_SYSCALL_X;
}

static bool has_flag_names(const struct param_info *p)
{
	return p->flags && ((p->type >= PT_FLAGS8 && p->type <= PT_FLAGS32) ||
				   (p->type >= PT_ENUMFLAGS8 && p->type <= PT_ENUMFLAGS32));
}

static void put_params(struct buf *out, const struct event_info *info, const char *flag_format)
{
	for (unsigned i = 0; i < info->nparams; i++) {
		const struct param_info *p = &info->params[i];

		buf_printf(out, "%s%s **%s**", i ? ", " : "", type_name(p->type), p->name);
		if (!has_flag_names(p))
			continue;
		for (const struct flag_value *f = p->flags; f->name; f++) {
			buf_puts(out, f == p->flags ? ": " : ", ");
			buf_printf(out, flag_format, f->name);
		}
	}
}

static void put_json(
	struct buf *out, const struct event_info *info, const char *name, bool available, char dir)
{
	buf_printf(out, "{\"available\":%s,\"dir\":\"%c\",\"name\":\"%s\",\"params\":[",
		available ? "true" : "false", dir, name);
	for (unsigned i = 0; i < info->nparams; i++) {
		const struct param_info *p = &info->params[i];

		buf_puts(out, i ? ",{" : "{");
		if (has_flag_names(p)) {
			buf_puts(out, "\"flags\":[");
			for (const struct flag_value *f = p->flags; f->name; f++)
				buf_printf(out, "%s\"%s\"", f == p->flags ? "" : ",", f->name);
			buf_puts(out, "],");
		}
		buf_printf(out, "\"name\":\"%s\",\"type\":\"%s\"}", p->name, type_name(p->type));
	}
	buf_puts(out, "]}");
}

/* One event under a name: its own, or that of a system call which has no event of its own. */
static void put_event(struct buf *out, uint16_t type, const char *name, enum list_format format)
{
	const struct event_info *info = &event_table[type];
	char dir = EVENT_IS_ENTER(type) ? '>' : '<';
	bool available = !event_type_ignored(type);

	switch (format) {
	case LIST_TEXT:
		buf_printf(out, "%c %s(", dir, name);
		put_params(out, info, "%s");
		buf_puts(out, ")\n");
		break;
	case LIST_MARKDOWN:
		buf_printf(out, "%s | `%c` | `%s` | ", available ? "Yes" : "No", dir, name);
		put_params(out, info, "*%s*");
		buf_char(out, '\n');
		break;
	case LIST_JSON:
		if (out->p[out->n - 1] != '[')
			buf_char(out, ',');
		put_json(out, info, name, available, dir);
		break;
	}
}

/* Codes that were given up have a name like na_1. */
static bool is_hole(unsigned code)
{
	return !strncmp(syscall_table[code].name, "na_", 3);
}

static void put_category(struct buf *out, uint32_t source, enum list_format format)
{
	for (uint16_t type = 0; type < EV_MAX; type++)
		if (is_listed(type, source))
			put_event(out, type, event_table[type].name, format);
	for (unsigned code = 1; source == EC_SYSCALL && code < SC_MAX; code++)
		if (syscall_table[code].event == EV_SYSCALL_X && !is_hole(code)) {
			put_event(out, EV_SYSCALL_E, syscall_table[code].name, format);
			put_event(out, EV_SYSCALL_X, syscall_table[code].name, format);
		}
}

static void put_all_json(struct buf *out)
{
	struct buf compact = {0};

	buf_char(&compact, '{');
	for (size_t i = ARRAY_SIZE(categories); i--;) {
		buf_printf(&compact, "\"%s\":[", categories[i].title);
		put_category(&compact, categories[i].source, LIST_JSON);
		buf_puts(&compact, "],");
	}
	buf_puts(&compact, "\"schema_version\":\"" SCHEMA_VERSION "\"}");
	json_pretty(out, buf_view(&compact));
	buf_done(&compact);
}

void list_events(struct buf *out, enum list_format format)
{
	if (format == LIST_JSON) {
		put_all_json(out);
		return;
	}
	buf_puts(
		out, "The events below are valid for Falco *Schema Version*: " SCHEMA_VERSION "\n");
	for (size_t i = 0; i < ARRAY_SIZE(categories); i++) {
		buf_printf(out, "## %s\n\n", categories[i].title);
		if (format == LIST_MARKDOWN)
			buf_puts(out, "Default | Dir | Name | Params \n"
				      ":-------|:----|:-----|:-----\n");
		put_category(out, categories[i].source, format);
		buf_char(out, '\n');
	}
}

void list_ignored(struct buf *out)
{
	buf_puts(out, "Ignored syscall(s):\n");
	for (uint16_t type = 0; type < EV_MAX; type++)
		if (!EVENT_IS_ENTER(type) && is_listed(type, EC_SYSCALL) &&
			event_type_ignored(type))
			buf_printf(out, "- %s\n", event_table[type].name);
	buf_char(out, '\n');
}
