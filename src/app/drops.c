/* SPDX-License-Identifier: Apache-2.0 */
#include "app/drops.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "app/log.h"

#define SECOND UINT64_C(1000000000)
#define RULE "Falco internal: syscall event drop"

void drop_monitor_init(
	struct drop_monitor *m, const struct config *c, struct outputs *o, struct source *s)
{
	*m = (struct drop_monitor){.outputs = o};
	s->stats(s, &m->last);
	drop_monitor_configure(m, c);
}

void drop_monitor_configure(struct drop_monitor *m, const struct config *c)
{
	if (m->bucket.rate != c->drops_rate || m->bucket.max != c->drops_max_burst)
		token_bucket_init(&m->bucket, c->drops_rate, c->drops_max_burst, 0);
	m->config = c;
	m->enabled = c->engine_kind != ENGINE_REPLAY || c->drops_simulate;
}

static void alert(
	struct drop_monitor *m, uint64_t ts, uint64_t events, uint64_t drops, const char *message)
{
	char n_events[32], n_drops[32];
	const char *fields[] = {"ebpf_enabled", "\"0\"", "n_drops", n_drops, "n_drops_buffer_total",
		n_drops, "n_evts", n_events};

	snprintf(n_events, sizeof(n_events), "\"%" PRIu64 "\"", events);
	snprintf(n_drops, sizeof(n_drops), "\"%" PRIu64 "\"", drops);
	outputs_internal(
		m->outputs, ts, PRIORITY_DEBUG, RULE, message, fields, ARRAY_SIZE(fields) / 2);
}

static bool act(struct drop_monitor *m, uint64_t ts, uint64_t events, uint64_t drops)
{
	unsigned actions = m->config->drop_actions;
	char message[160];

	snprintf(message, sizeof(message),
		RULE ". %" PRIu64 " system calls dropped in last second.", drops);
	if (actions & DROP_LOG)
		log_msg(LOG_LEVEL_DEBUG, "%s", message);
	if (actions & DROP_ALERT)
		alert(m, ts, events, drops, message);
	if (!(actions & DROP_EXIT))
		return true;
	log_msg(LOG_LEVEL_CRITICAL, "%s", message);
	log_msg(LOG_LEVEL_CRITICAL, "Exiting.");
	return false;
}

bool drop_monitor_check(struct drop_monitor *m, struct source *s, uint64_t ts)
{
	bool simulate = m->config->drops_simulate;
	double threshold = simulate ? 0 : m->config->drops_threshold;
	struct source_stats now;
	uint64_t events, drops;

	if (!m->next_check_ts) {
		m->next_check_ts = ts + SECOND;
		return true;
	}
	if (!drop_monitor_due(m, ts))
		return true;
	m->next_check_ts = ts + SECOND;
	s->stats(s, &now);
	events = now.events - m->last.events;
	drops = now.drops - m->last.drops;
	m->last = now;
	if (simulate) {
		log_msg(LOG_LEVEL_INFO, "Simulating syscall event drop");
		drops++;
	}
	if (!drops || (events && (double)drops / (double)events <= threshold))
		return true;
	m->detected++;
	if (!token_bucket_claim(&m->bucket, ts)) {
		log_msg(LOG_LEVEL_DEBUG,
			"Syscall event drop but token bucket depleted, skipping actions");
		return true;
	}
	m->actions++;
	return act(m, ts, events, drops);
}

void drop_monitor_print(const struct drop_monitor *m)
{
	fprintf(stderr, "Syscall event drop monitoring:\n");
	fprintf(stderr, "   - event drop detected: %" PRIu64 " occurrences\n", m->detected);
	fprintf(stderr, "   - num times actions taken: %" PRIu64 "\n", m->actions);
}
