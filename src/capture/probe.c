/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and attaching by libbpf.  A program that nothing needs is not even loaded; one that the
 * kernel refuses costs its own event and a warning: the object is then loaded again without it.
 *
 * The maps of the object are sized here, for this machine's processors, before they are made.
 */
#include "capture/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "bpf/probe.skel.h"
#include "bpf/shared.h"
#include "capture/enter.h"
#include "capture/probe_log.h"

/* Of a ring, in percent: what bulk events leave to those which carry state. */
#define STATE_SHARE 25
#define MAX_REFUSED 64

struct probe {
	struct probe_config config;
	struct probe_skel *bpf;
	struct rings *rings;
	unsigned ncpus;
	uint64_t boot_time;
	const char *refused[MAX_REFUSED]; /* programs that this kernel does not take */
	unsigned nrefused;
	bool wanted[SC_MAX];
	bool loaded[SC_MAX]; /* codes whose program is in the table of calls */
	struct enter_places *enter;
	struct bpf_link *links[32];
	unsigned nlinks;
};

/* ---- which program makes the event of a system call ---- */

static struct bpf_program *program_named(const struct probe *p, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "call_%s", name);
	return bpf_object__find_program_by_name(p->bpf->obj, full);
}

/* One of its own, or that of a call with the same event. */
static struct bpf_program *program_of(const struct probe *p, unsigned code)
{
	const struct syscall_info *call = &syscall_table[code];
	struct bpf_program *program = NULL;

	if (call->event == EV_SYSCALL_X)
		return p->bpf->progs.call_generic;
	program = program_named(p, call->name);
	for (unsigned i = 1; !program && i < SC_MAX; i++)
		if (syscall_table[i].event == call->event)
			program = program_named(p, syscall_table[i].name);
	return program;
}

/* Programs with tracepoints of their own, and the codes that stand for them. */
static const struct tracepoint {
	const char *program;
	unsigned code; /* 0: always, if there is a scope to be inherited */
} tracepoints[] = {
	{"scope_fork", 0},
	{"scope_free", 0},
	{"on_exec", SC_EXECVE},
	{"on_exit", SC_SCHED_PROCESS_EXIT},
	{"on_signal", SC_SIGNAL_DELIVER},
	{"on_switch", SC_SCHED_SWITCH},
	{"on_page_fault_user", SC_PAGE_FAULT_USER},
	{"on_page_fault_kernel", SC_PAGE_FAULT_KERNEL},
};

static bool tracepoint_wanted(const struct probe *p, const struct tracepoint *t)
{
	if (!t->code)
		return p->config.scope == PROBE_PID;
	if (t->code == SC_EXECVE)
		return p->wanted[SC_EXECVE] || p->wanted[SC_EXECVEAT];
	return p->wanted[t->code];
}

/* ---- before loading ---- */

static bool is_state_type(uint16_t type)
{
	uint16_t flags = event_table[type].flags;

	if (!(flags & EF_MODIFIES_STATE) || (flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD)))
		return false;
	return !(flags & EF_CREATES_FD) || (flags & EF_USES_FD);
}

static int native_nr(unsigned code)
{
#if defined(__aarch64__)
	return syscall_table[code].nr_aarch64;
#else
	return syscall_table[code].nr_x86_64;
#endif
}

static void number_calls(struct probe_skel__rodata *ro)
{
	static const struct {
		uint16_t nr, code;
	} more[] = {
#define SYSCALL(...)
#define SYSCALL_I386(nr, sym) {nr, SC_##sym},
#include "tables/syscalls.def"
#undef SYSCALL
#undef SYSCALL_I386
	};

	for (unsigned code = 1; code < SC_MAX; code++) {
		if (native_nr(code) >= 0)
			ro->probe_code_native[native_nr(code)] = (uint16_t)code;
		if (syscall_table[code].nr_i386 >= 0)
			ro->probe_code_compat[syscall_table[code].nr_i386] = (uint16_t)code;
	}
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		ro->probe_code_compat[more[i].nr] = more[i].code;
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Both clocks are read as close together as can be had. */
static uint64_t boot_time(void)
{
	uint64_t best = UINT64_MAX, ret = 0;

	for (int i = 0; i < 10; i++) {
		uint64_t before = clock_ns(CLOCK_BOOTTIME), now = clock_ns(CLOCK_REALTIME);
		uint64_t after = clock_ns(CLOCK_BOOTTIME);

		if (after - before < best) {
			best = after - before;
			ret = now - (before + (after - before) / 2);
		}
	}
	return ret;
}

static void prepare_data(struct probe *p)
{
	struct probe_skel__rodata *ro = p->bpf->rodata;
	static const uint32_t scopes[] = {
		[PROBE_HOST] = SCOPE_HOST, [PROBE_CGROUP] = SCOPE_CGROUP, [PROBE_PID] = SCOPE_PIDS};

	ro->probe_boot_time = p->boot_time;
	ro->probe_scope = scopes[p->config.scope];
	ro->probe_scope_cgroup = p->config.cgroup_id;
	ro->probe_scope_level = p->config.cgroup_level;
	ro->probe_self = (uint32_t)getpid();
	ro->probe_bulk_limit = p->config.ring_bytes / 100 * (100 - STATE_SHARE);
	ro->probe_page_shift = (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	number_calls(ro);
	for (uint16_t type = 0; type < EV_MAX; type++)
		ro->probe_state_type[type] = is_state_type(type);
	p->bpf->bss->probe_snaplen = p->config.snaplen;
	p->bpf->bss->probe_drop_failed = p->config.drop_failed;
}

static void size_maps(struct probe *p)
{
	bpf_map__set_max_entries(p->bpf->maps.probe_scratches, p->ncpus * PROBE_SCRATCHES);
	bpf_map__set_max_entries(p->bpf->maps.probe_rings, p->ncpus);
}

static bool is_refused(const struct probe *p, const char *name)
{
	for (unsigned i = 0; i < p->nrefused; i++)
		if (strcmp(p->refused[i], name) == 0)
			return true;
	return false;
}

static void choose_programs(struct probe *p)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, p->bpf->obj)
		bpf_program__set_autoload(program, false);
	bpf_program__set_autoload(p->bpf->progs.dispatch, true);
	bpf_object__for_each_program(program,
		p->bpf->obj) if (enter_is(program) && enter_serves(p->enter, program, p->wanted) &&
				 !is_refused(p, bpf_program__name(program)))
		bpf_program__set_autoload(program, true);
	for (unsigned code = 1; code < SC_MAX; code++) {
		program = p->wanted[code] ? program_of(p, code) : NULL;
		if (program && !is_refused(p, bpf_program__name(program)))
			bpf_program__set_autoload(program, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		const struct tracepoint *t = &tracepoints[i];

		program = bpf_object__find_program_by_name(p->bpf->obj, t->program);
		if (program && tracepoint_wanted(p, t) && !is_refused(p, t->program))
			bpf_program__set_autoload(program, true);
	}
}

/* ---- loading ---- */

/* One try. -errno; a program that was refused is noted, then there can be another try. */
static int try_load(struct probe *p, struct probe_log *log)
{
	int err;

	p->bpf = probe_skel__open();
	if (!p->bpf)
		return -errno;
	prepare_data(p);
	size_maps(p);
	choose_programs(p);
	probe_log_begin(log);
	err = probe_skel__load(p->bpf);
	probe_log_end(log);
	if (!err)
		return 0;
	probe_skel__destroy(p->bpf);
	p->bpf = NULL;
	return err;
}

static bool note_refused(struct probe *p, const struct probe_log *log)
{
	char text[512];

	if (strncmp(log->program, "enter_", 6) == 0 && enter_places_lose(p->enter))
		return true;
	if (!log->program[0] || strcmp(log->program, "dispatch") == 0 ||
		p->nrefused == MAX_REFUSED || is_refused(p, log->program))
		return false;
	p->refused[p->nrefused++] = mem_strdup(log->program);
	snprintf(text, sizeof(text),
		"This kernel refuses the eBPF program %s, its events will be missing: %s",
		log->program, log->reason);
	if (p->config.warn)
		p->config.warn(text);
	return true;
}

static bool load(struct probe *p, char err[512])
{
	struct probe_log log;
	int status;

	do
		status = try_load(p, &log);
	while (status && note_refused(p, &log));
	if (!status)
		return true;
	if (status == -EPERM || status == -EACCES)
		snprintf(err, 512,
			"Could not load the eBPF probe: %s: it takes CAP_BPF and CAP_PERFMON, or "
			"root (%s)",
			strerror(-status), log.reason);
	else
		snprintf(err, 512, "Could not load the eBPF probe: %s (%s)", strerror(-status),
			log.reason);
	return false;
}

static bool give_rings(struct probe *p, char err[512])
{
	unsigned per = p->config.cpus_per_ring ? p->config.cpus_per_ring : p->ncpus;

	p->rings = rings_new((p->ncpus + per - 1) / per, p->config.ring_bytes);
	if (!p->rings) {
		snprintf(err, 512, "Could not make ring buffers of %zu bytes for %u processors: %s",
			p->config.ring_bytes, p->ncpus, strerror(errno));
		return false;
	}
	for (uint32_t cpu = 0; cpu < p->ncpus; cpu++) {
		int fd = rings_fd(p->rings, cpu / per);

		if (bpf_map_update_elem(
			    bpf_map__fd(p->bpf->maps.probe_rings), &cpu, &fd, BPF_ANY)) {
			snprintf(err, 512, "Could not hand a ring buffer to the eBPF probe: %s",
				strerror(errno));
			return false;
		}
	}
	return true;
}

static void fill_calls(struct probe *p)
{
	int map = bpf_map__fd(p->bpf->maps.probe_calls);

	for (uint32_t code = 1; code < SC_MAX; code++) {
		const struct bpf_program *program = p->wanted[code] ? program_of(p, code) : NULL;
		int fd = program ? bpf_program__fd(program) : -1;

		p->loaded[code] = fd >= 0 && bpf_map_update_elem(map, &code, &fd, BPF_ANY) == 0;
	}
}

/* Whether some call that socketcall(2) of i386 stands for is wanted, or itself. */
static bool wants_socketcall(const uint8_t wanted_code[])
{
	static const uint16_t types[] = {EV_SOCKET_X, EV_BIND_X, EV_CONNECT_X, EV_LISTEN_X,
		EV_ACCEPT_X, EV_GETSOCKNAME_X, EV_GETPEERNAME_X, EV_SOCKETPAIR_X, EV_SEND_X,
		EV_RECV_X, EV_SENDTO_X, EV_RECVFROM_X, EV_SHUTDOWN_X, EV_SETSOCKOPT_X,
		EV_GETSOCKOPT_X, EV_SENDMSG_X, EV_RECVMSG_X, EV_ACCEPT4_X, EV_RECVMMSG_X,
		EV_SENDMMSG_X};

	for (unsigned code = 1; code < SC_MAX; code++)
		for (size_t i = 0; wanted_code[code] && i < ARRAY_SIZE(types); i++)
			if (syscall_table[code].event == types[i])
				return true;
	return wanted_code[SC_SOCKETCALL];
}

bool probe_want(struct probe *p, const bool wanted[SC_MAX])
{
	struct probe_skel__bss *bss = p->bpf->bss;
	const struct probe_skel__rodata *ro = p->bpf->rodata;
	uint8_t nrs[PROBE_MAX_NR];
	bool all = true;

	for (unsigned code = 1; code < SC_MAX; code++) {
		bool on = wanted[code] && p->loaded[code];

		all &= on == wanted[code] || native_nr(code) < 0;
		__atomic_store_n(&bss->probe_wanted_code[code], on, __ATOMIC_RELAXED);
	}
	for (unsigned nr = 0; nr < PROBE_MAX_NR; nr++) {
		nrs[nr] = bss->probe_wanted_code[ro->probe_code_native[nr]] ? WANTED_NATIVE : 0;
		if (ro->probe_code_compat[nr] == SC_SOCKETCALL
				? wants_socketcall(bss->probe_wanted_code)
				: bss->probe_wanted_code[ro->probe_code_compat[nr]])
			nrs[nr] |= WANTED_COMPAT;
		__atomic_store_n(&bss->probe_wanted_nr[nr], nrs[nr], __ATOMIC_RELAXED);
	}
	return all;
}

int probe_watch(struct probe *p, pid_t pid)
{
	uint32_t tgid = (uint32_t)pid;
	uint8_t one = 1;

	if (p->config.scope != PROBE_PID)
		return 0;
	if (bpf_map_update_elem(bpf_map__fd(p->bpf->maps.probe_scope_pids), &tgid, &one, BPF_ANY) <
		0)
		return -errno;
	return 0;
}

bool probe_watches(const struct probe *p, pid_t pid)
{
	uint32_t tgid = (uint32_t)pid;
	uint8_t one;

	return bpf_map_lookup_elem(bpf_map__fd(p->bpf->maps.probe_scope_pids), &tgid, &one) == 0;
}

struct probe *probe_open(const struct probe_config *c, const bool wanted[SC_MAX], char err[512])
{
	struct probe *p = mem_zalloc(sizeof(*p));
	int ncpus = libbpf_num_possible_cpus();

	p->config = *c;
	p->ncpus = ncpus > 0 ? (unsigned)ncpus : 1;
	p->boot_time = boot_time();
	p->enter = enter_places_new();
	memcpy(p->wanted, wanted, sizeof(p->wanted));
	if (!load(p, err) || !give_rings(p, err)) {
		probe_close(p);
		return NULL;
	}
	fill_calls(p);
	probe_want(p, wanted);
	return p;
}

static int attach(struct probe *p, const struct bpf_program *program)
{
	struct bpf_link *link;

	if (!program || bpf_program__fd(program) < 0 || p->nlinks == ARRAY_SIZE(p->links))
		return 0;
	link = bpf_program__attach(program);
	if (!link)
		return -errno;
	p->links[p->nlinks++] = link;
	return 0;
}

/* A place that is not there costs what it would have told, which the call's end tells nearly as
 * well. */
static void attach_enter(struct probe *p)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, p->bpf->obj) if (enter_is(program))
		attach(p, program);
}

int probe_attach(struct probe *p, char err[512])
{
	int status = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tracepoints) && !status; i++)
		status = attach(
			p, bpf_object__find_program_by_name(p->bpf->obj, tracepoints[i].program));
	if (!status)
		status = attach(p, p->bpf->progs.dispatch);
	if (!status)
		attach_enter(p);
	else
		snprintf(err, 512, "Could not attach the eBPF probe: %s", strerror(-status));
	return status;
}

void probe_close(struct probe *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->nlinks; i++)
		bpf_link__destroy(p->links[i]);
	for (unsigned i = 0; i < p->nrefused; i++)
		free((char *)p->refused[i]);
	rings_free(p->rings);
	enter_places_free(p->enter);
	probe_skel__destroy(p->bpf);
	free(p);
}

struct rings *probe_rings(struct probe *p)
{
	return p->rings;
}

uint16_t probe_cpu(const struct probe *p, unsigned ring)
{
	return (uint16_t)(ring * (p->config.cpus_per_ring ? p->config.cpus_per_ring : 0));
}

uint64_t probe_now(void *probe)
{
	const struct probe *p = probe;

	return clock_ns(CLOCK_BOOTTIME) + p->boot_time;
}

const struct bpf_object *probe_object(const struct probe *p)
{
	return p->bpf->obj;
}

void probe_get_stats(const struct probe *p, struct probe_stats *ret)
{
	struct probe_counters *counters = mem_zalloc(p->ncpus * sizeof(*counters));
	uint32_t zero = 0;

	*ret = (struct probe_stats){0};
	if (bpf_map_lookup_elem(bpf_map__fd(p->bpf->maps.probe_counters), &zero, counters) == 0) {
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
