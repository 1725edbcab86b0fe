/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of /proc, see proc(5).  Each function takes a text as it was read and says whether it
 * is well-formed; views point into the text.  What a kernel does not tell keeps the value that the
 * comment names.  Names in them are chosen by whoever runs programs: they hold any bytes.
 */
#ifndef CAPTURE_PROC_TEXT_H
#define CAPTURE_PROC_TEXT_H
#include "capture/machine.h"

/* /proc/PID/stat */
struct proc_stat {
	struct str comm; /* as it is: blanks, parentheses, newlines */
	char state;
	int64_t ppid, pgrp, session;
	uint32_t tty;
	bool kernel_thread;
	uint64_t minflt, majflt;
	uint64_t threads;
	uint64_t start_ticks; /* since boot */
};

bool proc_stat_parse(struct str text, struct proc_stat *ret);

/* /proc/PID/status */
struct proc_status {
	int64_t tgid, ppid;
	uint32_t euid, egid, fsuid, fsgid;
	struct str groups; /* blank-separated numbers */
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	int64_t vtid, vpid, vpgid; /* in the innermost namespace; 0: not told */
	unsigned namespaces;	   /* of process ids, from the reader's inwards; 0: not told */
};

/* False unless Tgid, PPid, Uid and Gid are there. */
bool proc_status_parse(struct str text, struct proc_status *ret);
bool proc_status_in_group(const struct proc_status *s, uint32_t gid);

/* The arguments of /proc/PID/cmdline: the first one, and the others. A NUL is put behind. */
struct proc_cmdline {
	struct str exe, args;
};

/* text[0..n): what was read; there is room for n bytes and one more. */
struct proc_cmdline proc_cmdline_parse(char *text, size_t n);

/* A line of /proc/PID/cgroup. */
struct proc_cgroup {
	bool v2;
	struct str controllers; /* v1: separated by commas */
	struct str path;
};

/* Cuts the next well-formed line off *rest; false at the end. */
bool proc_cgroup_next(struct str *rest, struct proc_cgroup *ret);

/* /proc/PID/fdinfo/N */
struct proc_fdinfo {
	uint64_t flags;	 /* the kernel's O_* */
	uint64_t mnt_id; /* 0: not told */
};

bool proc_fdinfo_parse(struct str text, struct proc_fdinfo *ret);

/* A line of /proc/PID/mountinfo. Paths have blanks and the like as \040. */
struct proc_mount {
	uint64_t id;
	uint32_t dev; /* as event parameters have it */
	struct str point, type, options;
};

bool proc_mountinfo_next(struct str *rest, struct proc_mount *ret);
/* "upperdir=/a" of options: "/a", STR_NONE when there is none. name ends in "=". */
struct str proc_mount_option(struct str options, struct str name);
/* A device number as event parameters have it. */
uint32_t proc_dev(uint64_t major, uint64_t minor);

/* "socket:[123]": its number, when kind is "socket". */
bool proc_link_ino(struct str link, struct str kind, uint64_t *ret);

/* "N" as a whole: a number of process or descriptor. */
bool proc_number(const char *name, int64_t *ret);

/* ---- /proc/PID/net ---- */

struct proc_sock {
	uint64_t ino;
	enum fd_type type;
	struct inet_tuple inet;
	uint64_t unix_source;
	struct str path; /* of a unix socket */
};

/* One line without its end; false for headers, and what is broken. */
bool proc_inet_parse(struct str line, bool v6, struct proc_sock *ret);
bool proc_unix_parse(struct str line, struct proc_sock *ret);
bool proc_netlink_parse(struct str line, struct proc_sock *ret);
#endif
