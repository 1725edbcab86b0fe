/* SPDX-License-Identifier: Apache-2.0 */
/* A map that is made by the first look-up: programs that name no parameter do without. */
#include "filter/param_names.h"

#include "base/arena.h"
#include "base/map.h"

static struct {
	struct smap names; /* to struct param_name */
	struct arena arena;
} all;

static void add(unsigned type, unsigned i)
{
	const struct param_info *info = &event_table[type].params[i];
	struct str name = str_c(info->name);
	struct param_name *p = smap_get(&all.names, name);

	if (!p) {
		p = arena_alloc(&all.arena, sizeof(*p));
		p->first = info;
		memset(p->index, -1, sizeof(p->index));
		smap_put(&all.names, name, p);
	}
	if (p->index[type] < 0)
		p->index[type] = (int8_t)i;
}

const struct param_name *param_name_find(struct str name)
{
	if (!all.names.n) {
		arena_init(&all.arena, 64 * sizeof(struct param_name));
		for (unsigned type = 0; type < EV_MAX; type++)
			for (unsigned i = 0; i < event_table[type].nparams; i++)
				add(type, i);
	}
	return smap_get(&all.names, name);
}

bool param_name_starts(struct str text)
{
	for (; text.n; text.n--)
		if (param_name_find(text))
			return true;
	return false;
}
