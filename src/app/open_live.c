/* SPDX-License-Identifier: Apache-2.0 */
#include "app/open_live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/log.h"
#include "app/watch.h"
#include "capture/live.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static void warn(const char *text)
{
	log_msg(LOG_LEVEL_WARNING, "%s", text);
}

/* engine.modern_ebpf.buf_size_preset: 1 is 1 MB, each step doubles it. */
static size_t ring_bytes(const struct config *c)
{
	return (size_t)1 << (19 + c->engine_modern_ebpf_buf_size_preset);
}

/* The unified hierarchy: at the root of cgroups, or beside the old ones. */
static const char *unified_root(void)
{
	struct stat st;

	return stat(CGROUP_ROOT "/unified/cgroup.controllers", &st) == 0 ? CGROUP_ROOT "/unified"
									 : CGROUP_ROOT;
}

static uint32_t depth_of(const char *path)
{
	uint32_t depth = 0;

	for (const char *p = path; *p; p++)
		if (*p != '/' && (p == path || p[-1] == '/'))
			depth++;
	return depth;
}

static bool cgroup_scope(
	struct live_config *lc, const char *path, struct arena *arena, char err[512])
{
	const char *root = unified_root();
	char full[1024];
	struct stat st;

	if (strncmp(path, root, strlen(root)) == 0)
		path += strlen(root);
	snprintf(full, sizeof(full), "%s/%s", root, path);
	if (stat(full, &st) < 0) {
		snprintf(err, 512,
			"engine.modern_ebpf.scope: %.300s: %s. It takes a control group of the "
			"unified hierarchy",
			full, strerror(errno));
		return false;
	}
	lc->probe.scope = PROBE_CGROUP;
	lc->probe.cgroup_id = st.st_ino;
	lc->probe.cgroup_level = depth_of(path);
	lc->scope = (struct proc_scope){
		.kind = PROC_SCOPE_CGROUP, .cgroup = arena_printf(arena, "%s", full).p};
	return true;
}

static bool set_scope(struct live_config *lc, const char *scope, struct arena *arena, char err[512])
{
	uint64_t pid;

	if (strncmp(scope, "cgroup:", 7) == 0)
		return cgroup_scope(lc, scope + 7, arena, err);
	if (strncmp(scope, "pid:", 4) == 0 && str_to_u64(str_c(scope + 4), &pid)) {
		lc->probe.scope = PROBE_PID;
		lc->scope = (struct proc_scope){.kind = PROC_SCOPE_PID, .pid = (pid_t)pid};
	}
	return true;
}

struct source *open_live(const struct config *c, const struct ruleset *rules,
	const struct machine_sink *sink, char err[512])
{
	static const int modes[] = {[ATTACH_AUTO] = PER_CALL_IF_POSSIBLE,
		[ATTACH_PER_CALL] = PER_CALL,
		[ATTACH_PER_KERNEL] = PER_KERNEL};
	struct live_config lc = {
		.probe = {.cpus_per_ring = (unsigned)c->engine_modern_ebpf_cpus_for_each_buffer,
			.ring_bytes = ring_bytes(c),
			.per_call = modes[c->engine_modern_ebpf_attach],
			.drop_failed = c->engine_modern_ebpf_drop_failed_exit,
			.detail = watch_detail(c, rules),
			.warn = warn},
		.host_root = getenv("HOST_ROOT"),
		.no_iterators = c->engine_modern_ebpf_disable_iterators,
	};
	struct source *s = NULL;
	struct arena arena;
	bool wanted[SC_MAX];

	arena_init(&arena, 0);
	watch_calls(wanted, c, rules);
	if (set_scope(&lc, c->engine_modern_ebpf_scope, &arena, err))
		s = live_open(&lc, wanted, sink, err);
	arena_done(&arena);
	return s;
}
