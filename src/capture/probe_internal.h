/* SPDX-License-Identifier: Apache-2.0 */
/* The probe from inside: what is loaded (probe_load.c) and what is done with it (probe.c). */
#ifndef CAPTURE_PROBE_INTERNAL_H
#define CAPTURE_PROBE_INTERNAL_H
#include "base/vec.h"
#include "capture/probe.h"
#include "capture/probe_targets.h"
#include "capture/probe_uring.h"

struct bpf_link;
struct bpf_program;

/* The function of the kernel's own that programs use where it is there. */
#define CAST_FUNCTION "bpf_rdonly_cast"

/* A place that a program is for. */
struct attached {
	struct target target;
	unsigned layer;
	bool refused;
	struct bpf_link *link;
};

struct probe {
	struct probe_config config;
	VEC(struct probe_skel *) layers;
	struct rings *rings;
	unsigned ncpus;
	uint64_t boot_time;
	bool per_call, trampolines; /* the kernel lets programs be attached to functions */
	bool copies_regs;	    /* targets_leave_regs() */
	bool casts;		    /* the kernel has CAST_FUNCTION */
	struct uring_facts uring;
	unsigned nrefused;
	VEC(struct attached) attached;
	bool running; /* what is added is attached at once */
};

/* The layer that made the maps. */
static inline struct probe_skel *probe_first(const struct probe *p)
{
	return p->layers.v[0];
}

/*
 * Takes the targets that are new, loads what they need. False: err says why; what was there stays,
 * and targets without a program are as if they had not been there.
 */
bool probe_load(struct probe *p, const target_list *targets, char err[512]);
/* Whether what was refused at functions of the kernel is tried again in another way. */
bool probe_may_do_without_functions(const struct probe *p);
struct bpf_program *probe_program(const struct probe *p, const struct attached *a);
/* What is missing here if that is it, else what libbpf said. status: -errno. */
void probe_say_why(char err[512], const char *what, int status, const char *reason);
#endif
