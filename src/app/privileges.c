/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error in falco, made use of by a process that it watches, should be worth no more than what
 * falco has to do.
 *
 * Programs of an output (program_output) get what they would have got: as root, execve() gives back
 * all capabilities of the bounding set, and a filter on system calls would be theirs, too.  So with
 * such an output only our own capabilities go.
 */
#include "app/privileges.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>

#include "app/log.h"
#include "app/seal.h"
#include "capture/probe_check.h"
#include "capture/tracefs.h"

/* What is used after the start, or at a reload. */
static const cap_value_t used[] = {
	CAP_BPF, CAP_PERFMON,		     /* another set of system calls to watch */
	CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, /* processes whose beginning was missed */
	CAP_DAC_OVERRIDE,		     /* log files and captures in folders of others */
	CAP_NET_BIND_SERVICE,		     /* servers, at the start */
};

static atomic_bool sealed;

static bool wanted(const struct config *c)
{
	const struct plugin_config *p;

	if (!c->drop_privileges || !engine_is_live((enum engine_kind)c->engine_kind))
		return false;
	vec_foreach (p, &c->plugins)
		if (*p->library_path)
			return false;
	return true;
}

static bool starts_programs(const struct config *c)
{
	return c->program_output_enabled;
}

static bool permitted(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return !cap_get_flag(caps, cap, CAP_PERMITTED, &value) && value == CAP_SET;
}

/* Whether this kernel wants CAP_SYS_ADMIN where CAP_PERFMON should do: found out by trying. */
static bool kernel_wants_admin(cap_t caps)
{
	const cap_value_t admin = CAP_SYS_ADMIN;
	cap_t less = cap_dup(caps);
	bool ret = false;

	if (less && !cap_set_flag(less, CAP_EFFECTIVE, 1, &admin, CAP_CLEAR) && !cap_set_proc(less))
		ret = !probe_check_beginnings();
	cap_free(less);
	return !cap_set_proc(caps) && ret && probe_check_beginnings();
}

/* Whether it has to stand for others, which are not given, or not enough. */
static bool needs_admin(cap_t caps)
{
	return permitted(caps, CAP_SYS_ADMIN) &&
	       (!permitted(caps, CAP_BPF) || !permitted(caps, CAP_PERFMON) ||
		       kernel_wants_admin(caps));
}

static bool is_used(cap_value_t cap, bool admin)
{
	if (cap == CAP_SYS_ADMIN)
		return admin;
	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		if (used[i] == cap)
			return true;
	return false;
}

/* Kernels before 5.11 take CAP_SYS_RESOURCE for maps beyond the limit: so there is none. */
static void lift_memory_limit(cap_t caps)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	if (permitted(caps, CAP_SYS_RESOURCE))
		setrlimit(RLIMIT_MEMLOCK, &none);
}

/* What programs that we start could have, and we ourselves after an execve(). */
static int limit_programs(cap_t caps, bool admin)
{
	if (!permitted(caps, CAP_SETPCAP))
		return 0;
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (!is_used(cap, admin) && cap_drop_bound(cap))
			return -errno;
	return 0;
}

static int limit_self(cap_t caps, bool admin)
{
	cap_t some = cap_init();
	int status = some ? 0 : -ENOMEM;

	for (cap_value_t cap = 0; !status && CAP_IS_SUPPORTED(cap); cap++) {
		if (!is_used(cap, admin) || !permitted(caps, cap))
			continue;
		if (cap_set_flag(some, CAP_PERMITTED, 1, &cap, CAP_SET) ||
			cap_set_flag(some, CAP_EFFECTIVE, 1, &cap, CAP_SET))
			status = -errno;
	}
	if (!status && (cap_reset_ambient() || cap_set_proc(some)))
		status = -errno;
	cap_free(some);
	return status;
}

void privileges_drop(const struct config *c)
{
	int status = 0;
	bool admin;
	cap_t caps;

	if (!wanted(c))
		return;
	tracefs_find();
	caps = cap_get_proc();
	if (caps) {
		admin = needs_admin(caps);
		lift_memory_limit(caps);
		if (!starts_programs(c))
			status = limit_programs(caps, admin);
		if (!status)
			status = limit_self(caps, admin);
	} else {
		status = -errno;
	}
	if (status)
		log_msg(LOG_LEVEL_WARNING, "Could not give up capabilities that are not needed: %s",
			strerror(-status));
	cap_free(caps);
}

void privileges_seal(const struct config *c)
{
	int n;

	if (!wanted(c) || starts_programs(c))
		return;
	n = seal();
	if (n < 0) {
		log_msg(LOG_LEVEL_WARNING, "Could not give up system calls that are never made: %s",
			strerror(-n));
		return;
	}
	atomic_store(&sealed, true);
	log_msg(LOG_LEVEL_DEBUG, "Gave up starting programs, and %d system calls", n);
}

bool privileges_sealed(void)
{
	return atomic_load(&sealed);
}
