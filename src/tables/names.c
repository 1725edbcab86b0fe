/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a name of an event stands for: a map to the first of everything so called, and chains to the
 * others.  Made by the first look-up.
 */
#include "base/map.h"
#include "tables/tables.h"

static struct smap names;
static struct event_name rows[EV_MAX + SC_MAX];
static struct event_name *row_of_type[EV_MAX];
static uint16_t next_type[EV_MAX], next_call[SC_MAX];

static struct event_name *row(const char *name)
{
	struct event_name *r = smap_get(&names, str_c(name));

	if (!r) {
		r = &rows[names.n];
		smap_put(&names, str_c(name), r);
	}
	return r;
}

static void add_type(uint16_t type)
{
	const struct event_info *info = &event_table[type];
	bool like_last = type && !strcmp(info->name, event_table[type - 1].name);
	struct event_name *r = like_last ? row_of_type[type - 1] : row(info->name);

	row_of_type[type] = r;
	r->known |= !(info->flags & EF_UNUSED);
	if (EVENT_IS_GENERIC(type))
		return;
	next_type[type] = r->first_type;
	r->first_type = type;
}

static void add_call(uint16_t code)
{
	const struct syscall_info *info = &syscall_table[code];
	bool like_type = !strcmp(info->name, event_table[info->event].name);
	struct event_name *own = like_type ? row_of_type[info->event] : row(info->name);
	struct event_name *r = EVENT_IS_GENERIC(info->event) ? own : row_of_type[info->event];

	own->call = code;
	next_call[code] = r->first_call;
	r->first_call = code;
}

static void fill(void)
{
	smap_reserve(&names, EV_MAX / 2 + SC_MAX / 2);
	for (uint16_t type = 0; type < EV_MAX; type++)
		add_type(type);
	for (uint16_t code = 1; code < SC_MAX; code++)
		add_call(code);
}

const struct event_name *event_name_find(struct str name)
{
	if (!names.n)
		fill();
	return smap_get(&names, name);
}

uint16_t event_next_of_name(uint16_t type)
{
	return next_type[type];
}

uint16_t syscall_next_of_name(uint16_t code)
{
	return next_call[code];
}
