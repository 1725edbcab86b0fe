/* SPDX-License-Identifier: Apache-2.0 */
/* One row per kind of engine that watches this machine. */
#include "app/open_source.h"

#include <stdio.h>
#include <sys/stat.h>

#include "app/log.h"
#include "app/open_live.h"
#include "app/watch.h"
#include "capture/live.h"
#include "capture/nodriver.h"
#include "capture/scap_read.h"

typedef struct source *open_fn(const struct config *c, const struct ruleset *rules,
	const struct machine_sink *sink, char err[512]);

static struct source *open_nodriver(const struct config *c, const struct ruleset *rules,
	const struct machine_sink *sink, char err[512])
{
	return nodriver_open(sink);
}

static struct source *open_replay(const struct config *c, struct scap *capture,
	const struct machine_sink *sink, char err[512])
{
	const char *path = c->engine_replay_capture_file;

	log_msg(LOG_LEVEL_INFO, "Replaying events from the capture file: %s", path);
	return capture ? scap_read(capture, sink, err) : scap_open(path, sink, err);
}

struct scap *open_capture_early(const struct config *c)
{
	const char *path = c->engine_replay_capture_file;
	struct stat st;
	char ignored[512];

	/* Of anything else, opening may wait. */
	if (c->engine_kind != ENGINE_REPLAY || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	return scap_begin(path, ignored);
}

static open_fn *const kinds[] = {
	[ENGINE_MODERN_EBPF] = open_live,
	[ENGINE_KMOD] = open_live,
	[ENGINE_NODRIVER] = open_nodriver,
};

struct source *open_source_of(enum engine_kind kind, const struct config *c,
	const struct ruleset *rules, struct scap *capture, const struct machine_sink *sink,
	char err[512])
{
	if (kind == ENGINE_REPLAY)
		return open_replay(c, capture, sink, err);
	if ((size_t)kind < ARRAY_SIZE(kinds) && kinds[kind])
		return kinds[kind](c, rules, sink, err);
	snprintf(err, 512,
		"This version does not know the engine: set engine.kind to modern_ebpf, replay or "
		"nodriver");
	return NULL;
}

bool source_serve(struct source *s, enum engine_kind kind, const struct config *c,
	const struct ruleset *rules)
{
	struct probe_detail detail = watch_detail(c, rules);
	bool wanted[SC_MAX];

	if (!engine_is_live(kind))
		return true;
	watch_calls(wanted, c, rules);
	live_tell(s, &detail);
	return live_want(s, wanted);
}
