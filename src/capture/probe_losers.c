/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries are taken out as they are read, so each look tells what came since the one before.  What
 * a program adds to an entry between the two is lost: this says who, not how much there was in all.
 */
#include "capture/probe_losers.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

#include "bpf/shared.h"

/* The map holds fewer; programs may add some while it is read. */
#define MAX_GROUPS 2048

static void put_loser(
	struct source_loser *top, unsigned *n, const char *name, uint32_t pgid, uint64_t drops)
{
	unsigned at = *n;

	while (at && top[at - 1].drops < drops)
		at--;
	if (at == SOURCE_LOSERS)
		return;
	if (*n < SOURCE_LOSERS)
		++*n;
	memmove(top + at + 1, top + at, (*n - 1 - at) * sizeof(*top));
	top[at] = (struct source_loser){.pgid = pgid, .drops = drops};
	snprintf(top[at].name, sizeof(top[at].name), "%s", name);
}

unsigned probe_losers(int map_fd, struct source_loser ret[SOURCE_LOSERS])
{
	char name[sizeof(((struct probe_group *)0)->comm) + 1] = "";
	struct probe_group group;
	unsigned n = 0;
	uint64_t drops;

	for (unsigned i = 0; i < MAX_GROUPS; i++) {
		if (bpf_map_get_next_key(map_fd, NULL, &group) != 0)
			break;
		memcpy(name, group.comm, sizeof(group.comm));
		if (bpf_map_lookup_elem(map_fd, &group, &drops) == 0)
			put_loser(ret, &n, name, group.pgid, drops);
		if (bpf_map_delete_elem(map_fd, &group) != 0)
			break;
	}
	return n;
}

static uint16_t first_of_name(uint16_t type)
{
	uint16_t first = 0;

	while (first < type && strcmp(event_table[first].name, event_table[type].name) != 0)
		first++;
	return first;
}

void probe_drops_by_call(const uint64_t by_type[EV_MAX], uint64_t ret[EV_MAX])
{
	memset(ret, 0, EV_MAX * sizeof(*ret));
	for (uint16_t type = 0; type < EV_MAX; type++)
		if (by_type[type])
			ret[first_of_name(type)] += by_type[type];
}

unsigned probe_lost_calls(const uint64_t by_type[EV_MAX], uint64_t told[EV_MAX],
	struct source_loser ret[SOURCE_LOSERS])
{
	uint64_t drops[EV_MAX];
	unsigned n = 0;

	probe_drops_by_call(by_type, drops);
	for (uint16_t type = 0; type < EV_MAX; type++)
		if (drops[type] > told[type])
			put_loser(ret, &n, event_table[type].name, 0, drops[type] - told[type]);
	memcpy(told, drops, sizeof(drops));
	return n;
}
