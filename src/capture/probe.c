/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, attaching, changing and closing the probe; what it was told and what it counted. */
#include "capture/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "bpf/probe.skel.h"
#include "bpf/shared.h"
#include "capture/probe_check.h"
#include "capture/probe_internal.h"
#include "capture/probe_machine.h"
#include "capture/tracefs.h"

/*
 * System calls that programs are attached to one by one, if not told otherwise. Of some three
 * places for each call, every one has a copy of its program that the kernel verifies at the start,
 * and the kernel takes a tenth of a second to let go of it at the end (bench/attach.c,
 * docs/kernels.md).
 */
#define MAX_CALLS_ALONE 32

/* More than all programs, attachments, maps and rings of the largest machine. */
#define MOST_DESCRIPTORS 16384

/* ---- rings ---- */

static bool give_rings(struct probe *p, char err[512])
{
	unsigned per = p->config.cpus_per_ring;

	p->rings = rings_new((p->ncpus + per - 1) / per, p->config.ring_bytes);
	if (!p->rings) {
		snprintf(err, 512,
			"Could not make ring buffers of %zu bytes for %u processors: %s. Make them "
			"smaller or fewer (engine.modern_ebpf.buf_size_preset, "
			"cpus_for_each_buffer); before Linux 5.11 also: raise the limit of locked "
			"memory (ulimit -l), or give CAP_SYS_RESOURCE",
			p->config.ring_bytes, p->ncpus, strerror(errno));
		return false;
	}
	for (uint32_t cpu = 0; cpu < p->ncpus; cpu++) {
		int fd = rings_fd(p->rings, cpu / per);

		if (bpf_map_update_elem(
			    bpf_map__fd(probe_first(p)->maps.probe_rings), &cpu, &fd, BPF_ANY)) {
			snprintf(err, 512, "Could not hand a ring buffer to the eBPF probe: %s",
				strerror(errno));
			return false;
		}
	}
	return true;
}

/* ---- attaching ---- */

static bool is_tracepoint(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_TRACEPOINT;
}

/* The library looks for tracepoints where tracefs is mounted, and nowhere else. */
static struct bpf_link *attach_tracepoint(const struct bpf_program *program)
{
	static const char section[] = "tracepoint/";
	const char *name = bpf_program__section_name(program) + sizeof(section) - 1;
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	struct bpf_link *link = NULL;
	int id = tracefs_tracepoint(name), fd, err;

	if (id < 0) {
		errno = -id;
		return NULL;
	}
	attr.config = (uint64_t)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0) {
		link = bpf_program__attach_perf_event(program, fd);
		err = errno;
		if (!link)
			close(fd);
		errno = err;
	}
	return link;
}

static int attach(struct attached *a, const struct bpf_program *program)
{
	if (a->link)
		return 0;
	a->link =
		is_tracepoint(program) ? attach_tracepoint(program) : bpf_program__attach(program);
	return a->link ? 0 : -errno;
}

static void detach(struct attached *a)
{
	if (a->link)
		bpf_link__destroy(a->link);
	a->link = NULL;
}

static void warn_of_beginnings(const struct probe *p, int status)
{
	char text[512];

	snprintf(text, sizeof(text),
		"The beginning of system calls can not be watched (%s): what they were told is "
		"read at their end, when a program may have changed it. It takes tracefs "
		"(mounted at /sys/kernel/tracing, or CAP_SYS_ADMIN), CAP_DAC_READ_SEARCH for that, "
		"and perf events, for which CAP_SYS_ADMIN is asked where "
		"kernel.perf_event_paranoid is above 2",
		strerror(-status));
	if (p->config.warn)
		p->config.warn(text);
}

/* The dispatcher comes last: everything is in its table then. */
static int attach_all(struct probe *p, const bool wanted[SC_MAX])
{
	int status = 0, missed = 0;

	for (size_t i = 0; i < p->attached.n && !status; i++) {
		struct attached *a = &p->attached.v[i];

		if (a->refused || a->target.kind == TARGET_CALL ||
			a->target.kind == TARGET_ITERATOR)
			continue;
		if (target_wanted(&a->target, wanted))
			status = attach(a, probe_program(p, a));
		else
			detach(a);
		/*
		 * What the beginning of a call tells its end tells nearly as well. Some functions
		 * are but other names of one that is attached to already, which the kernel refuses.
		 */
		if (a->target.kind == TARGET_ENTER || a->target.kind == TARGET_FUNCTION) {
			if (status && is_tracepoint(probe_program(p, a)) &&
				native_nr(a->target.code) >= 0)
				missed = status;
			status = 0;
		}
	}
	if (missed)
		warn_of_beginnings(p, missed);
	return status;
}

static void fill_calls(struct probe *p)
{
	int map = bpf_map__fd(probe_first(p)->maps.probe_calls);

	for (size_t i = 0; i < p->attached.n; i++) {
		const struct attached *a = &p->attached.v[i];
		int fd;

		if (a->target.kind != TARGET_CALL || a->refused)
			continue;
		fd = bpf_program__fd(probe_program(p, a));
		bpf_map_update_elem(map, &a->target.code, &fd, BPF_ANY);
	}
}

/* Tells the dispatcher. False: a call that this machine has can not be watched. */
static bool tell_wanted(struct probe *p, const bool wanted[SC_MAX])
{
	const struct probe_skel__rodata *ro = probe_first(p)->rodata;
	struct probe_skel__bss *bss = probe_first(p)->bss;
	bool served[SC_MAX] = {false}, all = true, socketcall;

	for (size_t i = 0; i < p->attached.n; i++)
		served[p->attached.v[i].target.code] |= !p->attached.v[i].refused;
	for (unsigned code = 1; code < SC_MAX; code++) {
		served[code] &= wanted[code];
		all &= served[code] == wanted[code] || native_nr(code) < 0;
		__atomic_store_n(&bss->probe_wanted_code[code], served[code], __ATOMIC_RELAXED);
	}
	socketcall = wants_socketcall(served);
	for (unsigned nr = 0; nr < PROBE_MAX_NR; nr++) {
		uint8_t how = bss->probe_wanted_code[ro->probe_code_native[nr]] ? WANTED_NATIVE : 0;

		if (ro->probe_code_compat[nr] == SC_SOCKETCALL
				? socketcall
				: bss->probe_wanted_code[ro->probe_code_compat[nr]])
			how |= WANTED_COMPAT;
		__atomic_store_n(&bss->probe_wanted_nr[nr], how, __ATOMIC_RELAXED);
	}
	return all;
}

void probe_tell(struct probe *p, const struct probe_detail *detail)
{
	struct probe_skel__bss *bss = probe_first(p)->bss;

	__atomic_store_n(&bss->probe_snaplen, detail->snaplen, __ATOMIC_RELAXED);
	__atomic_store_n(&bss->probe_resolve, detail->resolve, __ATOMIC_RELAXED);
}

/* ---- open, change, close ---- */

static bool serve(struct probe *p, const bool wanted[SC_MAX], char err[512])
{
	struct target_needs needs = {.wanted = wanted,
		.inherit_scope =
			p->config.scope == PROBE_PID || p->config.scope == PROBE_PID_BY_NUMBER,
		.mark_scope = p->config.scope == PROBE_PID,
		.per_call = p->per_call,
		.uring = &p->uring};
	/* Programs are looked up in an open object: the first time, one that goes at once. */
	struct probe_skel *bpf = p->layers.n ? probe_first(p) : probe_skel__open();
	target_list targets = {0};
	struct btf *kernel = NULL;
	bool ok;

	if (!bpf) {
		snprintf(err, 512, "Could not open the eBPF probe: %s", strerror(errno));
		return false;
	}
	if (p->trampolines)
		kernel = btf__load_vmlinux_btf();
	targets_find(&targets, &needs, bpf->obj, kernel);
	btf__free(kernel);
	ok = probe_load(p, &targets, err);
	vec_done(&targets);
	if (!p->layers.n || bpf != probe_first(p))
		probe_skel__destroy(bpf);
	return ok;
}

static unsigned count_wanted(const bool wanted[SC_MAX])
{
	unsigned n = 0;

	for (unsigned code = 1; code < SC_MAX; code++)
		n += wanted[code] && native_nr(code) >= 0;
	return n;
}

/* What is missing for any capture comes first. */
static void say_why_no_functions(char err[512])
{
	char why[448];

	if (probe_check_explain(why, sizeof(why)))
		snprintf(err, 512, "Could not load the eBPF probe. %s", why);
	else
		snprintf(err, 512,
			"engine.modern_ebpf.attach: this kernel does not let programs be attached "
			"to its functions (it is locked down, or built without): set it to auto or "
			"per_kernel");
}

/* Call by call, if the kernel can; very many calls cost less together. */
static bool choose_mode(struct probe *p, const bool wanted[SC_MAX], bool functions, char err[512])
{
	struct btf *kernel = btf__load_vmlinux_btf();

	p->trampolines = functions && kernel && probe_can_attach_functions(kernel);
	p->copies_regs = p->trampolines && targets_leave_regs(kernel);
	p->casts = kernel && btf__find_by_name_kind(kernel, CAST_FUNCTION, BTF_KIND_FUNC) > 0;
	uring_find(&p->uring, kernel);
	btf__free(kernel);
	p->per_call = p->trampolines && p->config.per_call != PER_KERNEL;
	if (p->config.per_call == PER_CALL && !p->per_call) {
		say_why_no_functions(err);
		return false;
	}
	if (p->config.per_call != PER_CALL && count_wanted(wanted) > MAX_CALLS_ALONE)
		p->per_call = false;
	return true;
}

static struct probe *open_with(
	const struct probe_config *c, const bool wanted[SC_MAX], bool functions, char err[512])
{
	struct probe *p = mem_zalloc(sizeof(*p));
	int ncpus = libbpf_num_possible_cpus();

	p->config = *c;
	p->ncpus = ncpus > 0 ? (unsigned)ncpus : 1;
	p->config.cpus_per_ring = c->cpus_per_ring ? c->cpus_per_ring : p->ncpus;
	p->boot_time = probe_boot_time();
	if (!choose_mode(p, wanted, functions, err) || !serve(p, wanted, err) ||
		!give_rings(p, err)) {
		probe_close(p);
		return NULL;
	}
	fill_calls(p);
	tell_wanted(p, wanted);
	return p;
}

/*
 * Every program, every attachment and every map is a descriptor: call by call, hundreds of them.
 * Programs that we start inherit the limit, and some close all that it allows one by one: no more
 * than it takes.
 */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= MOST_DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < MOST_DESCRIPTORS ? limit.rlim_max : MOST_DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A kernel may let programs be attached to functions in general, and refuse some of ours there. */
struct probe *probe_open(const struct probe_config *c, const bool wanted[SC_MAX], char err[512])
{
	struct probe *p;

	allow_descriptors();
	p = open_with(c, wanted, true, err);
	if (!p || !p->nrefused || !probe_may_do_without_functions(p))
		return p;
	probe_close(p);
	return open_with(c, wanted, false, err);
}

int probe_attach(struct probe *p, const bool wanted[SC_MAX], char err[512])
{
	int status = attach_all(p, wanted);

	if (status)
		probe_say_why(err, "attach", status, "");
	p->running = status == 0;
	return status;
}

bool probe_want(struct probe *p, const bool wanted[SC_MAX], char err[512])
{
	bool ok = serve(p, wanted, err);

	fill_calls(p);
	ok &= tell_wanted(p, wanted);
	if (p->running && probe_attach(p, wanted, err) < 0)
		ok = false;
	return ok;
}

void probe_close(struct probe *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->attached.n; i++)
		detach(&p->attached.v[i]);
	vec_done(&p->attached);
	rings_free(p->rings);
	while (p->layers.n)
		probe_skel__destroy(vec_pop(&p->layers));
	vec_done(&p->layers);
	free(p);
}

struct rings *probe_rings(struct probe *p)
{
	return p->rings;
}

uint16_t probe_cpu(const struct probe *p, unsigned ring)
{
	return (uint16_t)(ring * p->config.cpus_per_ring);
}

uint64_t probe_now(void *probe)
{
	const struct probe *p = probe;

	return probe_boot_ns() + p->boot_time;
}

const struct bpf_object *probe_object(const struct probe *p)
{
	return probe_first(p)->obj;
}

struct probe_skel *probe_skeleton(const struct probe *p)
{
	return probe_first(p);
}

unsigned probe_attachments(const struct probe *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->attached.n; i++)
		n += p->attached.v[i].link != NULL;
	return n;
}

void probe_get_stats(const struct probe *p, struct probe_stats *ret)
{
	struct probe_counters *counters = mem_zalloc(p->ncpus * sizeof(*counters));
	uint32_t zero = 0;

	*ret = (struct probe_stats){.per_call = p->per_call};
	if (bpf_map_lookup_elem(
		    bpf_map__fd(probe_first(p)->maps.probe_counters), &zero, counters) == 0) {
		for (unsigned cpu = 0; cpu < p->ncpus; cpu++) {
			ret->events += counters[cpu].events;
			for (unsigned i = 0; i < DROP_CAUSES; i++) {
				ret->drops += counters[cpu].drops[i];
				ret->drops_by_cause[i] += counters[cpu].drops[i];
			}
			for (unsigned i = 0; i < EV_MAX; i++)
				ret->drops_by_type[i] += counters[cpu].drops_of_type[i];
		}
	}
	free(counters);
}
