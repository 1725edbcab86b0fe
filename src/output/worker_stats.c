/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told of a worker while it works. */

#include "base/clock.h"
#include "output/worker.h"

#define MS UINT64_C(1000000)

static uint64_t ms_since(uint64_t ns)
{
	uint64_t now = monotonic_ns();

	return ns && now > ns ? (now - ns) / MS : 0;
}

static uint64_t ms_since_real(uint64_t ns)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);

	return ns && now > ns ? (now - ns) / MS : 0;
}

static void lag(const struct worker *w, struct output_stats *ret)
{
	const struct alert_box *first = lane_first_locked(&w->lane);
	uint64_t since = w->current_since ? w->current_since : first ? first->queued_ns : 0;
	uint64_t kept = 0, acked;

	if (w->lane.spooled) {
		acked = spool_acked(w->shop->spool, w->reader);
		kept = spool_end(w->shop->spool) - acked;
	}
	ret->lag_alerts = w->lane.n + (w->current_since != 0) + kept;
	ret->lag_ms = ms_since(since);
	if (kept)
		ret->lag_ms = MAX(ret->lag_ms, ms_since_real(w->spooled_ns));
}

bool worker_stats_locked(struct worker *w, struct output_stats *ret)
{
	if (w->closed)
		return false;
	*ret = (struct output_stats){.name = w->sink->name,
		.written = w->written,
		.dropped = w->lane.ndropped + w->outlived,
		.failed = w->failed,
		.retried = w->retried,
		.busy_ms = ms_since(atomic_load(&w->busy_since)),
		.failing = w->failing};
	lag(w, ret);
	memcpy(ret->last_error, w->last_error, sizeof(ret->last_error));
	return true;
}

const char *worker_stuck_locked(struct worker *w, unsigned timeout_ms)
{
	uint64_t since = atomic_load(&w->busy_since);

	if (w->closed || !since || since == w->reported || ms_since(since) < timeout_ms)
		return NULL;
	w->reported = since;
	return w->sink->name;
}
