/* SPDX-License-Identifier: Apache-2.0 */
/* Which source of events the configuration asks for. */
#ifndef APP_OPEN_SOURCE_H
#define APP_OPEN_SOURCE_H
#include "app/config.h"
#include "capture/source.h"
#include "rules/ruleset.h"

/*
 * The capture that c wants replayed, if that is a file: to be opened before there are rules, for it
 * is inflated while they are compiled. NULL: there is none, or it can not be opened, which
 * open_source_of() will say.
 */
struct scap *open_capture_early(const struct config *c);

/*
 * Opens the source of an engine as c describes it, with what the rules need; what it tells of the
 * machine goes to sink, which is copied. NULL with the reason in err. Caller closes with
 * source_close().
 * capture: from open_capture_early(), taken over; or NULL.
 */
struct source *open_source_of(enum engine_kind kind, const struct config *c,
	const struct ruleset *rules, struct scap *capture, const struct machine_sink *sink,
	char err[512]);
/*
 * After a reload: the source, opened for this kind of engine, is to serve these rules from now on.
 * False: some system calls that they need stay unseen until a restart.
 */
bool source_serve(struct source *s, enum engine_kind kind, const struct config *c,
	const struct ruleset *rules);
#endif
