/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of src/bpf/ in the kernel: loaded, told what to look at, attached.
 */
#ifndef CAPTURE_PROBE_H
#define CAPTURE_PROBE_H
#include <sys/types.h>

#include "capture/rings.h"
#include "tables/tables.h"

enum probe_scope_kind {
	PROBE_HOST,
	PROBE_CGROUP,	     /* processes in a cgroup of the unified hierarchy or below it */
	PROBE_PID,	     /* a process and its descendants: probe_scope.h makes them known */
	PROBE_PID_BY_NUMBER, /* the same where tasks can not be marked */
};

/* What events tell besides what every one must. */
struct probe_detail {
	uint32_t snaplen; /* bytes of the data that calls moved */
	bool resolve;	  /* what opens resolved to (event/resolved.h) */
};

struct probe_config {
	enum probe_scope_kind scope;
	uint64_t cgroup_id; /* the number of its folder, and how deep that lies in the hierarchy */
	uint32_t cgroup_level;
	unsigned cpus_per_ring; /* 0: one ring for all */
	size_t ring_bytes;	/* of each, a power of two */
	bool drop_failed;	/* nothing of calls that failed */
	struct probe_detail detail;
	/*
	 * Attach to the functions of calls: PER_CALL_IF_POSSIBLE where the kernel can, and there
	 * are not too many of them.
	 */
	enum { PER_KERNEL, PER_CALL_IF_POSSIBLE, PER_CALL } per_call;
	/* What a kernel refuses is told here: a warning, the program is done without. */
	void (*warn)(const char *text);
};

struct probe_stats {
	uint64_t events; /* made, lost ones included */
	uint64_t drops;
	uint64_t drops_by_cause[8]; /* enum probe_drop of bpf/shared.h */
	uint64_t drops_by_type[EV_MAX];
	bool per_call; /* how the probe is attached */
};

struct bpf_object;
struct probe_skel;
struct probe;

/*
 * Loads the programs for the system calls wanted, by code. Nothing is attached yet. The process may
 * have as many descriptors from then on as its hard limit lets it. NULL: err says why, and what
 * would help.
 */
struct probe *probe_open(const struct probe_config *c, const bool wanted[SC_MAX], char err[512]);
/* From here on there are events. 0 or -errno. */
int probe_attach(struct probe *p, const bool wanted[SC_MAX], char err[512]);
void probe_close(struct probe *p);
/*
 * Other system calls are wanted now; programs that this takes are loaded. False: some stay unseen,
 * err says why if it is not only that the kernel refused them before.
 */
bool probe_want(struct probe *p, const bool wanted[SC_MAX], char err[512]);
/* From now on events tell this. */
void probe_tell(struct probe *p, const struct probe_detail *detail);
struct rings *probe_rings(struct probe *p);
/* For capture/probe_metrics.h, and for probe_scope.h. */
const struct bpf_object *probe_object(const struct probe *p);
struct probe_skel *probe_skeleton(const struct probe *p);
/* First processor of a ring. */
uint16_t probe_cpu(const struct probe *p, unsigned ring);
/* The clock of the records, ns since the epoch. */
uint64_t probe_now(void *probe);
/* How many places the programs are attached to now. */
unsigned probe_attachments(const struct probe *p);
void probe_get_stats(const struct probe *p, struct probe_stats *ret);
#endif
