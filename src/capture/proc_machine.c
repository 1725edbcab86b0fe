/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine, its interfaces, and the accounts in its files.  Accounts that only the name service
 * knows are not gone through, which may take long: the state asks for those that it meets.
 */
#include <grp.h>
#include <ifaddrs.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/proc_internal.h"

#define SECOND UINT64_C(1000000000)
#define ACCOUNTS_MAX 100000

uint64_t machine_boot_ns(void)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
}

/* As the kernel tells it, so that it is the same in every run; else worked out. */
static uint64_t boot_ts(const char *host_root)
{
	char path[PATH_MAX];
	struct buf text = {0};
	struct str rest, line;
	uint64_t seconds = 0;

	snprintf(path, sizeof(path), "%s/proc/stat", host_root);
	if (proc_read_all(-1, path, &text))
		return machine_boot_ns();
	rest = buf_view(&text);
	while (rest.n && !seconds && str_split(&rest, '\n', &line))
		if (str_starts(line, STR("btime ")) && !str_to_u64(str_from(line, 6), &seconds))
			seconds = 0;
	buf_done(&text);
	return seconds ? seconds * SECOND : machine_boot_ns();
}

static uint64_t max_pid(const char *host_root)
{
	char path[PATH_MAX], text[32];
	uint64_t v;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/sys/kernel/pid_max", host_root);
	n = proc_read(-1, path, text, sizeof(text));
	return n > 0 && str_to_u64(str_trim(str_n(text, (size_t)n)), &v) ? v : 0;
}

static void tell_info(const struct proc_scan_config *c, const struct machine_sink *sink)
{
	const char *root = c->host_root ? c->host_root : "";
	char hostname[256] = "";
	struct machine_info m = {
		.num_cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
		.max_pid = max_pid(root),
		.boot_ts = boot_ts(root),
	};

	gethostname(hostname, sizeof(hostname) - 1);
	m.hostname = str_c(c->hostname ? c->hostname : hostname);
	sink->info(sink->arg, &m);
}

/* ---- interfaces ---- */

static void put_addr(uint8_t *ret, const struct sockaddr *sa)
{
	if (!sa)
		return;
	if (sa->sa_family == AF_INET)
		memcpy(ret, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		memcpy(ret, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
}

static void tell_ifaces(const struct machine_sink *sink, sa_family_t family)
{
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct machine_iface i = {.name = str_c(a->ifa_name), .v6 = family == AF_INET6};

		if (!a->ifa_addr || a->ifa_addr->sa_family != family)
			continue;
		put_addr(i.addr, a->ifa_addr);
		put_addr(i.netmask, a->ifa_netmask);
		put_addr(i.bcast, a->ifa_broadaddr);
		sink->iface(sink->arg, &i);
	}
	freeifaddrs(all);
}

/* ---- accounts ---- */

static FILE *open_file(const char *host_root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/etc/%s", host_root, name);
	return fopen(path, "re");
}

static void tell_users(const char *host_root, const struct machine_sink *sink)
{
	FILE *f = open_file(host_root, "passwd");
	const struct passwd *p;

	for (unsigned i = 0; f && i < ACCOUNTS_MAX && (p = fgetpwent(f)); i++)
		sink->user(sink->arg, &(struct machine_user){.uid = p->pw_uid,
					      .gid = p->pw_gid,
					      .name = str_c(p->pw_name),
					      .home = str_c(p->pw_dir),
					      .shell = str_c(p->pw_shell)});
	if (f)
		fclose(f);
}

static void tell_groups(const char *host_root, const struct machine_sink *sink)
{
	FILE *f = open_file(host_root, "group");
	const struct group *g;

	for (unsigned i = 0; f && i < ACCOUNTS_MAX && (g = fgetgrent(f)); i++)
		sink->user(sink->arg,
			&(struct machine_user){
				.gid = g->gr_gid, .name = str_c(g->gr_name), .is_group = true});
	if (f)
		fclose(f);
}

void machine_tell(const struct proc_scan_config *c, const struct machine_sink *sink)
{
	const char *root = c->host_root ? c->host_root : "";

	if (sink->info)
		tell_info(c, sink);
	if (sink->iface) {
		tell_ifaces(sink, AF_INET);
		tell_ifaces(sink, AF_INET6);
	}
	if (sink->user) {
		tell_users(root, sink);
		tell_groups(root, sink);
	}
}
