/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the /proc scan share. */
#ifndef CAPTURE_PROC_INTERNAL_H
#define CAPTURE_PROC_INTERNAL_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "bpf/scan_shared.h"
#include "capture/proc_dir.h"
#include "capture/proc_scan.h"
#include "capture/proc_text.h"

#define LINK_SIZE 4096
#define STRINGS_SIZE 4096 /* of arguments, and of the environment, as events have them */
#define TEXT_SIZE 16384	  /* of status: a longer one is read twice */

/* ---- sockets of a network namespace (proc_socks.c) ---- */

struct socks;

/* Told the folder of a process in it: /proc/PID. Never fails: what is not there is not found. */
struct socks *socks_read(int pid_fd);
void socks_free(struct socks *s);
const struct proc_sock *socks_find(const struct socks *s, uint64_t ino, enum l4_proto *ret_l4);

/* ---- mounts (proc_mounts.c) ---- */

/* Of all mount namespaces met: a mount's number is the system's. */
struct mounts {
	struct imap by_id; /* struct mount */
	struct arena arena;
	struct buf text;
};

struct mount {
	uint64_t id;
	uint32_t dev;
	struct str point, upper; /* upper: folder of an overlay's upper layer, or STR_NONE */
};

void mounts_init(struct mounts *m);
void mounts_done(struct mounts *m);
/* NULL when even the process's own list does not have it. */
const struct mount *mounts_find(struct mounts *m, int pid_fd, uint64_t id);

/* ---- control groups (proc_cgroups.c) ---- */

struct cgroups {
	int root_fd;	   /* of the v2 hierarchy, -1: not to be seen */
	bool namespaced;   /* paths begin at the group of our own namespace */
	struct smap lists; /* text of /proc/PID/cgroup -> struct str: the list made of it */
	struct arena arena;
	struct buf out;
};

void cgroups_init(struct cgroups *c, const char *host_root);
void cgroups_done(struct cgroups *c);
/* "subsystem=path" strings as exec events have them; valid as long as c. */
struct str cgroups_list(struct cgroups *c, struct str text);

/* ---- programs (proc_exe.c) ---- */

/* Fills what p says of its program's file, but for its path: /proc/PID is folder fd. */
void exe_fill(struct proc_scan *ps, int fd, const struct proc_status *status, struct str path,
	struct machine_proc *p);

/* ---- the machine (proc_machine.c) ---- */

/* Nanoseconds since the epoch when the machine was booted. */
uint64_t machine_boot_ns(void);
void machine_tell(const struct proc_scan_config *c, const struct machine_sink *sink);

/* ---- descriptors (proc_fds.c) ---- */

void fds_tell_all(struct proc_scan *ps, int pid_fd, int64_t pid, const struct machine_sink *sink);
/* One that the kernel's iterator told of. */
void fds_tell_record(
	struct proc_scan *ps, const struct scan_file *r, const struct machine_sink *sink);
/* False when there is no such descriptor. */
bool fds_tell(struct proc_scan *ps, int pid_fd, int64_t pid, int64_t num,
	const struct machine_sink *sink);

/* ---- the scan (proc_scan.c) ---- */

struct proc_scan {
	struct proc_scan_config config;
	struct proc_scan_stats stats;
	char *host_root;
	int proc_fd;
	bool later; /* descriptors come after all processes */
	uint64_t boot_ns, ns_per_tick;
	struct mounts mounts;
	struct cgroups cgroups;
	struct imap told;  /* processes whose descriptors are still to be told of: pid -> ps */
	struct imap socks; /* by number of network namespace */
	struct imap pidns; /* start of the init of a namespace: number -> uint64_t, in arena */
	struct arena arena;
	int64_t asked_at;  /* second in which the last demand came: caches are as old at most */
	uint64_t socks_ns; /* of the process being told of, 0: not asked yet */
	struct buf long_text;
	char text[TEXT_SIZE], stat_text[2048], group_text[STRINGS_SIZE];
	char cmdline[STRINGS_SIZE + 1], env[STRINGS_SIZE + 1];
	char exe[LINK_SIZE], cwd[LINK_SIZE], root[LINK_SIZE], name[LINK_SIZE];
};

/* Where a link of a folder of /proc leads, in buf; "" when that may not be known. */
struct str proc_link(int fd, const char *path, char buf[LINK_SIZE]);
#endif
