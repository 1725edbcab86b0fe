/* SPDX-License-Identifier: Apache-2.0 */
/* There are no preemptions since there is no kernel module: their counts stay for their readers. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/ticker.h"

#define EXTRA "FALCO_STATS_EXTRA_"

static void put_counts(struct buf *out, struct stats_sample s)
{
	buf_printf(out, "{\"events\": %" PRIu64 ", \"drops\": %" PRIu64 ", \"preemptions\": 0}",
		s.events, s.drops);
}

/* "name": "value", for every such variable of the environment. */
static void put_extra(struct buf *out)
{
	for (char **v = environ; *v; v++) {
		struct str rest = str_c(*v), name;

		if (!str_starts(rest, STR(EXTRA)))
			continue;
		rest = str_from(rest, strlen(EXTRA));
		if (!str_split(&rest, '=', &name))
			continue;
		buf_puts(out, ", ");
		buf_json(out, name);
		buf_puts(out, ": ");
		buf_json(out, rest.p ? rest : STR(""));
	}
}

void stats_file_line(
	struct buf *out, uint64_t sample, struct stats_sample now, struct stats_sample before)
{
	struct stats_sample delta = {
		now.events > before.events ? now.events - before.events : 0,
		now.drops > before.drops ? now.drops - before.drops : 0,
	};

	buf_printf(out, "{\"sample\": %" PRIu64, sample);
	put_extra(out);
	buf_puts(out, ", \"cur\": ");
	put_counts(out, now);
	buf_puts(out, ", \"delta\": ");
	put_counts(out, delta);
	buf_printf(out, ", \"drop_pct\": %g},\n",
		delta.events ? 100.0 * (double)delta.drops / (double)delta.events : 0);
}
