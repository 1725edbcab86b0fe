/* SPDX-License-Identifier: Apache-2.0 */
/* Where events come from: what the kernel offers and refuses, a capture, plugins. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/app.h"
#include "app/doctor.h"
#include "capture/probe_check.h"

#define EVENTS "events"
#define PLUGIN_FOLDER "/usr/share/falco/plugins"

static enum finding_state state_of(const struct probe_check *c)
{
	static const enum finding_state missing[] = {[CHECK_REQUIRED] = FINDING_BROKEN,
		[CHECK_USEFUL] = FINDING_WARNING,
		[CHECK_OPTIONAL] = FINDING_NONE};

	return c->ok ? FINDING_OK : missing[c->need];
}

static void check_kernel(struct doctor *d)
{
	struct probe_check checks[PROBE_CHECKS_MAX];
	size_t n = probe_check(checks);

	for (size_t i = 0; i < n; i++)
		doctor_add(d, EVENTS, checks[i].name, state_of(&checks[i]), checks[i].remedy, "%s",
			checks[i].found);
}

static void check_capture(struct doctor *d)
{
	const char *path = d->config->engine_replay_capture_file;

	if (!*path || !strcmp(path, "-"))
		return;
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
		doctor_add(d, EVENTS, "capture file", FINDING_OK, NULL, "%s can be read", path);
	else
		doctor_add(d, EVENTS, "capture file", FINDING_BROKEN,
			"Repair engine.replay.capture_file, or -e.", "%s: %m", path);
}

static void check_plugins(struct doctor *d)
{
	const struct plugin_config *p;

	vec_foreach (p, &d->config->plugins) {
		struct str path =
			*p->library_path == '/' || !*p->library_path
				? str_c(p->library_path)
				: arena_printf(&d->arena, PLUGIN_FOLDER "/%s", p->library_path);

		if (!path.n || !strcmp(p->name, "container"))
			doctor_add(
				d, EVENTS, "plugin", FINDING_OK, NULL, "%s is built in", p->name);
		else if (faccessat(AT_FDCWD, path.p, R_OK, AT_EACCESS) == 0)
			doctor_add(
				d, EVENTS, "plugin", FINDING_OK, NULL, "%s: %s", p->name, path.p);
		else
			doctor_add(d, EVENTS, "plugin", FINDING_BROKEN,
				"Install it, or take it out of plugins or load_plugins.",
				"%s: %s: %m", p->name, path.p);
	}
}

void doctor_events(struct doctor *d)
{
	static const char *const elsewhere[] = {[ENGINE_REPLAY] = "a capture is read",
		[ENGINE_NODRIVER] = "no system calls are captured",
		[ENGINE_UDIG] = "a user-space producer delivers"};
	int kind = d->config ? d->config->engine_kind : ENGINE_MODERN_EBPF;

	if (kind == ENGINE_MODERN_EBPF || kind == ENGINE_KMOD)
		check_kernel(d);
	else
		doctor_add(
			d, EVENTS, "kernel", FINDING_NONE, NULL, "not asked: %s", elsewhere[kind]);
	if (!d->config)
		return;
	if (kind == ENGINE_REPLAY)
		check_capture(d);
	check_plugins(d);
}
