/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading by libbpf.
 *
 * What is to be attached is a list of targets (capture/probe_targets.h).  libbpf attaches a program
 * of an object in one place only, so the object is opened as often as some program is needed in
 * several: these layers share the maps of the first.  Programs that a later configuration needs
 * come as one more layer.  A program that nothing needs is not loaded; one that the kernel refuses
 * costs its own event and a warning, and its layer is loaded again without it.
 *
 * Maps are sized here, for this machine's processors, before they are made.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/probe.skel.h"
#include "bpf/shared.h"
#include "capture/probe_check.h"
#include "capture/probe_internal.h"
#include "capture/probe_log.h"
#include "capture/probe_machine.h"

/* Named, so that types which it does not have are not looked for in modules, by CAP_SYS_ADMIN. */
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
/* Of a ring, in percent: what bulk events leave to those which carry state. */
#define STATE_SHARE 25
/*
 * Each opens the object once more: megabytes, two dozen descriptors. Only calls that share a
 * program attached one by one, those without an event of their own, can need so many.
 */
#define MAX_LAYERS 128

/* ---- before loading ---- */

static void prepare_data(const struct probe *p, struct probe_skel *bpf)
{
	static const uint32_t scopes[] = {[PROBE_HOST] = SCOPE_HOST,
		[PROBE_CGROUP] = SCOPE_CGROUP,
		[PROBE_PID] = SCOPE_TASKS,
		[PROBE_PID_BY_NUMBER] = SCOPE_PIDS};
	struct probe_skel__rodata *ro = bpf->rodata;

	ro->probe_boot_time = p->boot_time;
	ro->probe_scope = scopes[p->config.scope];
	ro->probe_scope_cgroup = p->config.cgroup_id;
	ro->probe_scope_level = p->config.cgroup_level;
	ro->probe_self = (uint32_t)getpid();
	ro->probe_bulk_limit = p->config.ring_bytes / 100 * (100 - STATE_SHARE);
	ro->probe_bulk_step = p->config.ring_bytes / 64 / p->config.cpus_per_ring;
	ro->probe_page_shift = (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	ro->probe_per_call = p->per_call;
	ro->probe_copies_regs = p->copies_regs;
	ro->probe_uring_told = p->uring.told;
	probe_number_calls((uint16_t *)ro->probe_code_native, (uint16_t *)ro->probe_code_compat);
	for (uint16_t type = 0; type < EV_MAX; type++)
		ro->probe_state_type[type] = probe_state_type(type);
	bpf->bss->probe_snaplen = p->config.detail.snaplen;
	bpf->bss->probe_resolve = p->config.detail.resolve;
	bpf->bss->probe_drop_failed = p->config.drop_failed;
	bpf->bss->probe_scope_by_number = true;
}

/* The first layer makes the maps, the others take them; constants are each layer's own. */
static int prepare_maps(const struct probe *p, struct probe_skel *bpf)
{
	struct bpf_map *map;
	int status = 0;

	if (p->config.scope != PROBE_PID)
		bpf_map__set_autocreate(bpf->maps.probe_scope_tasks, false);
	if (!p->layers.n) {
		bpf_map__set_max_entries(bpf->maps.probe_scratches, p->ncpus * PROBE_SCRATCHES);
		bpf_map__set_max_entries(bpf->maps.probe_rings, p->ncpus);
		return 0;
	}
	bpf_object__for_each_map(map, bpf->obj)
	{
		struct bpf_map *from =
			bpf_object__find_map_by_name(probe_first(p)->obj, bpf_map__name(map));

		if (from && map != bpf->maps.rodata && bpf_map__autocreate(map) && !status)
			status = bpf_map__reuse_fd(map, bpf_map__fd(from));
	}
	return status;
}

static struct bpf_program *program_of(const struct probe_skel *bpf, const struct attached *a)
{
	return bpf_object__find_program_by_name(bpf->obj, a->target.program);
}

struct bpf_program *probe_program(const struct probe *p, const struct attached *a)
{
	return program_of(p->layers.v[a->layer], a);
}

static void choose_program(struct bpf_program *program, const struct target *t)
{
	bpf_program__set_autoload(program, true);
	if (t->kind == TARGET_FUNCTION) {
		bpf_program__set_expected_attach_type(program, BPF_TRACE_FEXIT);
		bpf_program__set_attach_target(program, 0, t->function);
	}
}

static void choose_programs(const struct probe *p, struct probe_skel *bpf, unsigned layer)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, bpf->obj) bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < p->attached.n; i++) {
		const struct attached *a = &p->attached.v[i];

		if (a->layer == layer && !a->refused)
			choose_program(program_of(bpf, a), &a->target);
	}
}

/* ---- loading ---- */

/*
 * A function of the kernel's own that the kernel does not have, libbpf looks for in its modules,
 * which takes CAP_SYS_ADMIN. It looks into them once for each object: where it fails when asked for
 * a function that there is nowhere, loading does without them.
 */
static void do_without_modules(struct probe_skel *bpf)
{
	bpf_program__set_attach_target(bpf->progs.dispatch, 0, "falco_looks_for_nothing");
}

/* One try. -errno; a program that was refused is in the log, then there can be another try. */
static int try_load(struct probe *p, unsigned layer, struct probe_log *log)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = KERNEL_BTF);
	struct probe_skel *bpf = probe_skel__open_opts(&opts);
	int status;

	if (!bpf)
		return -errno;
	prepare_data(p, bpf);
	status = prepare_maps(p, bpf);
	probe_log_begin(log);
	if (!status) {
		if (!p->casts)
			do_without_modules(bpf);
		choose_programs(p, bpf, layer);
		status = probe_skel__load(bpf);
	}
	probe_log_end(log);
	if (status)
		probe_skel__destroy(bpf);
	else
		vec_push(&p->layers, bpf);
	return status;
}

bool probe_may_do_without_functions(const struct probe *p)
{
	return p->trampolines && p->config.per_call != PER_CALL;
}

/* Whether the layer can be loaded without what was refused. */
static bool note_refused(struct probe *p, unsigned layer, const struct probe_log *log)
{
	char text[512];
	bool noted = false;

	if (!log->program[0] || strcmp(log->program, "dispatch") == 0)
		return false;
	for (size_t i = 0; i < p->attached.n; i++) {
		struct attached *a = &p->attached.v[i];

		if (a->layer != layer || a->refused || strcmp(a->target.program, log->program) != 0)
			continue;
		a->refused = noted = true;
	}
	p->nrefused += noted;
	snprintf(text, sizeof(text),
		"This kernel refuses the eBPF program %s, its events will be missing: %s",
		log->program, log->reason);
	if (noted && p->config.warn && !probe_may_do_without_functions(p))
		p->config.warn(text);
	return noted;
}

void probe_say_why(char err[512], const char *what, int status, const char *reason)
{
	char why[448];

	if (status == -EMFILE)
		snprintf(err, 512,
			"Could not %s the eBPF probe: it takes more descriptors than this process "
			"may have. Raise the limit (ulimit -Hn; LimitNOFILE= of systemd), or set "
			"engine.modern_ebpf.attach to per_kernel, which takes fewer",
			what);
	else if (probe_check_explain(why, sizeof(why)))
		snprintf(err, 512, "Could not %s the eBPF probe. %s", what, why);
	else
		snprintf(err, 512, "Could not %s the eBPF probe: %s%s%s%s", what, strerror(-status),
			*reason ? " (" : "", reason, *reason ? ")" : "");
}

static bool load_layer(struct probe *p, unsigned layer, char err[512])
{
	struct probe_log log;
	int status;

	do
		status = try_load(p, layer, &log);
	while (status && note_refused(p, layer, &log));
	if (!status)
		return true;
	probe_say_why(err, "load", status, log.reason);
	return false;
}

static bool same_target(const struct target *a, const struct target *b)
{
	return a->kind == b->kind && a->code == b->code && strcmp(a->program, b->program) == 0 &&
	       strcmp(a->function, b->function) == 0;
}

static bool have_target(const struct probe *p, const struct target *t)
{
	for (size_t i = 0; i < p->attached.n; i++)
		if (same_target(&p->attached.v[i].target, t))
			return true;
	return false;
}

/* Where the program is loaded for it already, or the first layer from base on that does not have
 * it. */
static unsigned layer_for(const struct probe *p, const struct target *t, unsigned base)
{
	unsigned layer = base;

	for (size_t i = 0; i < p->attached.n; i++) {
		const struct attached *a = &p->attached.v[i];

		if (strcmp(a->target.program, t->program) != 0)
			continue;
		if (t->kind == TARGET_CALL)
			return a->layer;
		if (a->layer >= layer)
			layer = a->layer + 1;
	}
	return layer;
}

/* Targets of layers that could not be loaded are as if nobody had asked, and may be tried again. */
static void forget_unloaded(struct probe *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->attached.n; i++)
		if (p->attached.v[i].layer < p->layers.n)
			p->attached.v[kept++] = p->attached.v[i];
	p->attached.n = kept;
}

static bool load_layers(struct probe *p, unsigned base, unsigned end, char err[512])
{
	if (end - base > MAX_LAYERS) {
		snprintf(err, 512,
			"engine.modern_ebpf.attach: per_call takes %u copies of the program for "
			"system calls that have no event of their own, %u is the limit: set it to "
			"auto or per_kernel",
			end - base, MAX_LAYERS);
		return false;
	}
	for (unsigned layer = base; layer < end; layer++)
		if (!load_layer(p, layer, err))
			return false;
	return true;
}

bool probe_load(struct probe *p, const target_list *targets, char err[512])
{
	unsigned base = (unsigned)p->layers.n, end = base;

	for (size_t i = 0; i < targets->n; i++) {
		struct attached a = {.target = targets->v[i]};

		if (have_target(p, &a.target))
			continue;
		a.layer = layer_for(p, &a.target, base);
		end = MAX(end, a.layer + 1);
		vec_push(&p->attached, a);
	}
	if (load_layers(p, base, end, err))
		return true;
	forget_unloaded(p);
	return false;
}
