/* SPDX-License-Identifier: Apache-2.0 */
/* Who lost events, and of which calls, as the programs in the kernel counted them. */
#ifndef CAPTURE_PROBE_LOSERS_H
#define CAPTURE_PROBE_LOSERS_H
#include "capture/source.h"
#include "tables/tables.h"

/*
 * The groups in the map probe_drops_by_group that lost most, most first; the map is empty then, and
 * counts anew. Returns how many are filled, 0 also when the map cannot be read.
 */
unsigned probe_losers(int map_fd, struct source_loser ret[SOURCE_LOSERS]);

/* From types of events to calls: each sum is at the first type of its name, 0 at the others. */
void probe_drops_by_call(const uint64_t by_type[EV_MAX], uint64_t ret[EV_MAX]);
/*
 * The calls that lost most since told was filled in, which then is what they have lost by now.
 * Returns how many of ret are filled.
 */
unsigned probe_lost_calls(const uint64_t by_type[EV_MAX], uint64_t told[EV_MAX],
	struct source_loser ret[SOURCE_LOSERS]);
#endif
