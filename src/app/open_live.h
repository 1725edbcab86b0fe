/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of engine.modern_ebpf, as the live source takes it. */
#ifndef APP_OPEN_LIVE_H
#define APP_OPEN_LIVE_H
#include "app/config.h"
#include "capture/source.h"
#include "rules/ruleset.h"

struct source *open_live(const struct config *c, const struct ruleset *rules,
	const struct machine_sink *sink, char err[512]);
#endif
