/* SPDX-License-Identifier: Apache-2.0 */
/* The names that plugins add are the process's own, like the plugins. */
#include "filter/event_names.h"

#include "base/vec.h"
#include "tables/tables.h"

/* Injected when a container is gone; "container", when one is there, is in the event table. */
static const char container_removed[] = "container_removed";

static VEC(char *) added;

bool event_name_valid(struct str name)
{
	const struct event_name *n = event_name_find(name);

	if ((n && (n->known || n->call)) || str_is(name, container_removed))
		return true;
	for (size_t i = 0; i < added.n; i++)
		if (str_is(name, added.v[i]))
			return true;
	return false;
}

const char *event_name_nearest(struct str name)
{
	VEC(const char *) all = {0};
	const char *ret;

	for (int i = 0; i < EV_MAX; i++)
		if (!(event_table[i].flags & EF_UNUSED))
			vec_push(&all, event_table[i].name);
	for (int i = 0; i < SC_MAX; i++)
		vec_push(&all, syscall_table[i].name);
	ret = str_nearest(name, all.v, all.n);
	vec_done(&all);
	return ret;
}

void event_name_add(struct str name)
{
	if (!event_name_valid(name))
		vec_push(&added, str_dup(name));
}
