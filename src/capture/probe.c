/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and attaching by libbpf.
 *
 * What is to be attached is a list of targets (capture/probe_targets.h).  libbpf attaches a program
 * of an object in one place only, so the object is opened as often as some program is needed in
 * several: these layers share the maps of the first.  Programs that a later configuration needs
 * come as one more layer.  A program that nothing needs is not loaded; one that the kernel refuses
 * costs its own event and a warning, and its layer is loaded again without it.
 *
 * Maps are sized here, for this machine's processors, before they are made.
 */
#include "capture/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "bpf/probe.skel.h"
#include "bpf/shared.h"
#include "capture/probe_check.h"
#include "capture/probe_log.h"
#include "capture/probe_machine.h"
#include "capture/probe_targets.h"
#include "capture/probe_uring.h"

/* Named, so that types which it does not have are not looked for in modules, by CAP_SYS_ADMIN. */
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
/* Of a ring, in percent: what bulk events leave to those which carry state. */
#define STATE_SHARE 25
/*
 * System calls that programs are attached to one by one, if not told otherwise. Of some three
 * places for each call, every one has a copy of its program that the kernel verifies at the start,
 * and the kernel takes a tenth of a second to let go of it at the end (bench/attach.c,
 * docs/kernels.md).
 */
#define MAX_CALLS_ALONE 32
/*
 * Each opens the object once more: megabytes, two dozen descriptors. Only calls that share a
 * program attached one by one, those without an event of their own, can need so many.
 */
#define MAX_LAYERS 128

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
	struct uring_facts uring;
	unsigned nrefused;
	VEC(struct attached) attached;
	bool running; /* what is added is attached at once */
};

static struct probe_skel *first(const struct probe *p)
{
	return p->layers.v[0];
}

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
			bpf_object__find_map_by_name(first(p)->obj, bpf_map__name(map));

		if (from && map != bpf->maps.rodata && bpf_map__autocreate(map) && !status)
			status = bpf_map__reuse_fd(map, bpf_map__fd(from));
	}
	return status;
}

static struct bpf_program *program_of(const struct probe_skel *bpf, const struct attached *a)
{
	return bpf_object__find_program_by_name(bpf->obj, a->target.program);
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

/* What was refused is tried again in another way. */
static bool may_do_without_functions(const struct probe *p)
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
	if (noted && p->config.warn && !may_do_without_functions(p))
		p->config.warn(text);
	return noted;
}

/* Every program, every attachment and every map is a descriptor: call by call, hundreds of them. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* What is missing here if that is it, else what libbpf said. */
static void say_why(char err[512], const char *what, int status, const char *reason)
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
	say_why(err, "load", status, log.reason);
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

/* Takes the targets that are new, loads what they need. */
static bool add_targets(struct probe *p, const target_list *targets, char err[512])
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
			    bpf_map__fd(first(p)->maps.probe_rings), &cpu, &fd, BPF_ANY)) {
			snprintf(err, 512, "Could not hand a ring buffer to the eBPF probe: %s",
				strerror(errno));
			return false;
		}
	}
	return true;
}

/* ---- attaching ---- */

static bool is_wanted(const struct attached *a, const bool wanted[SC_MAX])
{
	return !a->target.code || wanted[a->target.code];
}

static int attach(struct attached *a, const struct bpf_program *program)
{
	if (a->link)
		return 0;
	a->link = bpf_program__attach(program);
	return a->link ? 0 : -errno;
}

static void detach(struct attached *a)
{
	if (a->link)
		bpf_link__destroy(a->link);
	a->link = NULL;
}

/* The dispatcher comes last: everything is in its table then. */
static int attach_all(struct probe *p, const bool wanted[SC_MAX])
{
	int status = 0;

	for (size_t i = 0; i < p->attached.n && !status; i++) {
		struct attached *a = &p->attached.v[i];

		if (a->refused || a->target.kind == TARGET_CALL ||
			a->target.kind == TARGET_ITERATOR)
			continue;
		if (is_wanted(a, wanted))
			status = attach(a, program_of(p->layers.v[a->layer], a));
		else
			detach(a);
		/*
		 * What the beginning of a call tells its end tells nearly as well. Some functions
		 * are but other names of one that is attached to already, which the kernel refuses.
		 */
		if (a->target.kind == TARGET_ENTER || a->target.kind == TARGET_FUNCTION)
			status = 0;
	}
	return status;
}

static void fill_calls(struct probe *p)
{
	int map = bpf_map__fd(first(p)->maps.probe_calls);

	for (size_t i = 0; i < p->attached.n; i++) {
		const struct attached *a = &p->attached.v[i];
		int fd;

		if (a->target.kind != TARGET_CALL || a->refused)
			continue;
		fd = bpf_program__fd(program_of(p->layers.v[a->layer], a));
		bpf_map_update_elem(map, &a->target.code, &fd, BPF_ANY);
	}
}

/* Tells the dispatcher. False: a call that this machine has can not be watched. */
static bool tell_wanted(struct probe *p, const bool wanted[SC_MAX])
{
	const struct probe_skel__rodata *ro = first(p)->rodata;
	struct probe_skel__bss *bss = first(p)->bss;
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
	struct probe_skel__bss *bss = first(p)->bss;

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
	struct probe_skel *bpf = p->layers.n ? first(p) : probe_skel__open();
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
	ok = add_targets(p, &targets, err);
	vec_done(&targets);
	if (!p->layers.n || bpf != first(p))
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

/* Call by call, if the kernel can; very many calls cost less together. */
static bool choose_mode(struct probe *p, const bool wanted[SC_MAX], bool functions, char err[512])
{
	struct btf *kernel = btf__load_vmlinux_btf();

	p->trampolines = functions && kernel && probe_can_attach_functions(kernel);
	p->copies_regs = p->trampolines && targets_leave_regs(kernel);
	uring_find(&p->uring, kernel);
	btf__free(kernel);
	p->per_call = p->trampolines && p->config.per_call != PER_KERNEL;
	if (p->config.per_call == PER_CALL && !p->per_call) {
		snprintf(err, 512,
			"engine.modern_ebpf.attach: this kernel does not let programs be attached "
			"to its "
			"functions (it is locked down, or built without): set it to auto or "
			"per_kernel");
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

/* A kernel may let programs be attached to functions in general, and refuse some of ours there. */
struct probe *probe_open(const struct probe_config *c, const bool wanted[SC_MAX], char err[512])
{
	struct probe *p;

	allow_descriptors();
	p = open_with(c, wanted, true, err);
	if (!p || !p->nrefused || !may_do_without_functions(p))
		return p;
	probe_close(p);
	return open_with(c, wanted, false, err);
}

int probe_attach(struct probe *p, const bool wanted[SC_MAX], char err[512])
{
	int status = attach_all(p, wanted);

	if (status)
		say_why(err, "attach", status, "");
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
	return first(p)->obj;
}

struct probe_skel *probe_skeleton(const struct probe *p)
{
	return first(p);
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
	if (bpf_map_lookup_elem(bpf_map__fd(first(p)->maps.probe_counters), &zero, counters) == 0) {
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
