/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries are taken out as they are read, so each look tells what came since the one before.  What
 * a program adds to an entry between the two is lost: this says who, not how much there was in all.
 */
#include "capture/probe_losers.h"

#include <bpf/bpf.h>

#include "bpf/shared.h"

/* The map holds fewer; programs may add some while it is read. */
#define MAX_GROUPS 2048

static void put_loser(
	struct source_loser *top, unsigned *n, const struct probe_group *group, uint64_t drops)
{
	unsigned at = *n;

	while (at && top[at - 1].drops < drops)
		at--;
	if (at == SOURCE_LOSERS)
		return;
	if (*n < SOURCE_LOSERS)
		++*n;
	memmove(top + at + 1, top + at, (*n - 1 - at) * sizeof(*top));
	top[at] = (struct source_loser){.pgid = group->pgid, .drops = drops};
	memcpy(top[at].comm, group->comm, sizeof(group->comm));
}

unsigned probe_losers(int map_fd, struct source_loser ret[SOURCE_LOSERS])
{
	struct probe_group group;
	unsigned n = 0;
	uint64_t drops;

	_Static_assert(sizeof(ret->comm) > sizeof(group.comm), "a name and a NUL");
	for (unsigned i = 0; i < MAX_GROUPS; i++) {
		if (bpf_map_get_next_key(map_fd, NULL, &group) != 0)
			break;
		if (bpf_map_lookup_elem(map_fd, &group, &drops) == 0)
			put_loser(ret, &n, &group, drops);
		if (bpf_map_delete_elem(map_fd, &group) != 0)
			break;
	}
	return n;
}
