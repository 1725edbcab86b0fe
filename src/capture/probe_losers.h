/* SPDX-License-Identifier: Apache-2.0 */
/* Who lost events, as the programs in the kernel counted them. */
#ifndef CAPTURE_PROBE_LOSERS_H
#define CAPTURE_PROBE_LOSERS_H
#include "capture/source.h"

/*
 * The groups in the map probe_drops_by_group that lost most, most first; the map is empty then, and
 * counts anew. Returns how many are filled, 0 also when the map cannot be read.
 */
unsigned probe_losers(int map_fd, struct source_loser ret[SOURCE_LOSERS]);
#endif
