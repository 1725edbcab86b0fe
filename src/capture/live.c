/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of the probe's rings, handed out where they lie.
 *
 * The programs never wake us: rings are looked at in intervals, shorter when they fill and longer
 * when nothing happens, so a busy machine pays for one look at thousands of events.
 */
#include "capture/live.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "bpf/shared.h"
#include "capture/iter_scan.h"
#include "capture/probe_check.h"
#include "capture/probe_losers.h"
#include "capture/probe_machine.h"
#include "capture/probe_metrics.h"
#include "capture/probe_scope.h"
#include "capture/proc_scan.h"

#define MIN_WAIT_NS 500000u
#define MAX_WAIT_NS 20000000u
/* Thousandths of a ring that may fill between two looks. */
#define HIGH_LOAD 125u
#define LOW_LOAD 30u

struct live {
	struct source source;
	struct probe *probe;
	struct rings *rings;
	struct proc_scan *scan;
	struct proc_scan_stats found;
	struct proc_pids pids; /* at the start, where there is a scope */
	const char *host_root; /* NULL: here */
	bool scoped, by_pid;
	uint64_t num;
	uint64_t lost;		     /* records that were none */
	uint64_t told_drops[EV_MAX]; /* by call, when source.lost_calls() told last */
	unsigned wait_ns;
};

static void pause_for_events(struct live *l)
{
	struct timespec t = {.tv_nsec = l->wait_ns};
	unsigned load = rings_load(l->rings);

	if (load > HIGH_LOAD)
		l->wait_ns = MAX(l->wait_ns / 2, MIN_WAIT_NS);
	else if (load < LOW_LOAD)
		l->wait_ns = MIN(l->wait_ns * 2, MAX_WAIT_NS);
	nanosleep(&t, NULL);
}

/* Whether the consumer can do without the event, which was counted then. */
static bool passes(struct live *l, const struct event_header *h)
{
	const struct source *s = &l->source;
	uint8_t need;

	if (!s->needs || h->ts >= s->wake_ts || h->type >= EV_MAX)
		return false;
	need = s->needs[h->type];
	if (need == NEED_ALL)
		return false;
	return need == NEED_NONE || (s->take && s->take(s->take_arg, h));
}

static bool deliver(struct live *l, const void *rec, unsigned ring, struct event *ev)
{
	const struct event_header *h = rec;

	if (h->type >= EV_MAX || h->nparams != event_table[h->type].nparams ||
		!event_read(ev, rec, h->nparams)) {
		l->lost++;
		return false;
	}
	ev->cpu = probe_cpu(l->probe, ring);
	ev->flags = event_type_state_only(ev->type) ? EVENT_STATE_ONLY | EVENT_IMPLIED : 0;
	ev->num = l->num;
	return true;
}

static enum source_result live_next(struct source *s, struct event *ev)
{
	struct live *l = (struct live *)s;
	const void *rec;
	unsigned ring;

	while ((rec = rings_next(l->rings, probe_now, l->probe, &ring))) {
		l->num++;
		if (!passes(l, rec) && deliver(l, rec, ring, ev))
			return SOURCE_EVENT;
	}
	pause_for_events(l);
	return SOURCE_TIMEOUT;
}

static void live_source_stats(struct source *s, struct source_stats *ret)
{
	struct probe_stats stats;
	const uint64_t *causes = stats.drops_by_cause;

	live_stats(s, &stats);
	*ret = (struct source_stats){
		.events = stats.events,
		.drops = stats.drops,
		.received = ((struct live *)s)->num,
		.drops_buffer = causes[DROP_FULL] + causes[DROP_RESERVED],
		.drops_scratch = causes[DROP_SCRATCH],
		.drops_bug = causes[DROP_TOO_LONG] + causes[DROP_CPU] + causes[DROP_SCOPE],
	};
	for (uint16_t type = 0; type < EV_MAX; type++)
		ret->drops_by_kind[drop_kind_of(type)] += stats.drops_by_type[type];
}

/* What the iterator told when we started: threads, and descriptors by their kinds. */
static void put_found(const struct proc_scan_stats *found, const struct metric_sink *to)
{
	static const struct {
		enum fd_type type;
		enum metric id;
	} rows[] = {{FD_FIFO, METRIC_N_EVTS_TASK_FILE_PIPE},
		{FD_MEMFD, METRIC_N_EVTS_TASK_FILE_MEMFD},
		{FD_FILE_V2, METRIC_N_EVTS_TASK_FILE_REGULAR},
		{FD_DIRECTORY, METRIC_N_EVTS_TASK_FILE_DIRECTORY},
		{FD_UNIX_SOCK, METRIC_N_EVTS_TASK_FILE_SOCKET_UNIX},
		{FD_NETLINK, METRIC_N_EVTS_TASK_FILE_SOCKET_NETLINK}};
	const uint64_t *n = found->fds_by_type;

	if (!found->by_iterator)
		return;
	metric_put(to, METRIC_N_EVTS_TASK, NULL, found->threads);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		metric_put(to, rows[i].id, NULL, n[rows[i].type]);
	metric_put(to, METRIC_N_EVTS_TASK_FILE_SOCKET_INET, NULL,
		n[FD_IPV4_SOCK] + n[FD_IPV4_SERVSOCK]);
	metric_put(to, METRIC_N_EVTS_TASK_FILE_SOCKET_INET6, NULL,
		n[FD_IPV6_SOCK] + n[FD_IPV6_SERVSOCK]);
	metric_put(to, METRIC_N_EVTS_TASK_FILE_ANON_INODE, NULL,
		n[FD_EVENT] + n[FD_SIGNALFD] + n[FD_EVENTPOLL] + n[FD_INOTIFY] + n[FD_TIMERFD] +
			n[FD_BPF] + n[FD_USERFAULTFD] + n[FD_IOURING] + n[FD_PIDFD]);
}

static void put_lost_calls(struct source *s, const struct metric_sink *to)
{
	struct probe_stats stats;
	uint64_t drops[EV_MAX];

	live_stats(s, &stats);
	probe_drops_by_call(stats.drops_by_type, drops);
	for (uint16_t type = 0; type < EV_MAX; type++)
		if (drops[type])
			metric_put(to, METRIC_N_DROPS_CALL, event_table[type].name, drops[type]);
}

static void live_metrics(struct source *s, const struct metric_sink *to)
{
	const struct live *l = (const struct live *)s;

	if (to->groups & METRIC_KERNEL)
		put_lost_calls(s, to);
	probe_put_metrics(probe_object(l->probe), to);
	put_found(&l->found, to);
}

static unsigned live_losers(struct source *s, struct source_loser ret[SOURCE_LOSERS])
{
	const struct live *l = (const struct live *)s;
	int map = bpf_object__find_map_fd_by_name(probe_object(l->probe), "probe_drops_by_group");

	return map < 0 ? 0 : probe_losers(map, ret);
}

static unsigned live_lost_calls(struct source *s, struct source_loser ret[SOURCE_LOSERS])
{
	struct probe_stats stats;

	live_stats(s, &stats);
	return probe_lost_calls(stats.drops_by_type, ((struct live *)s)->told_drops, ret);
}

/* ---- what was there before, or was missed ---- */

static bool in_scope(void *arg, pid_t tid)
{
	struct live *l = arg;
	struct proc_identity id;

	if (!l->by_pid)
		return proc_pids_has(&l->pids, tid);
	return proc_identify(l->host_root, tid, &id) == 0 &&
	       probe_scope_has(probe_skeleton(l->probe), id.pid, id.started);
}

/*
 * A process that ended before its number was in would stay there if numbers are what counts.  If it
 * is still there now, the probe will see it end.
 */
static int watch(struct live *l, pid_t pid, uint64_t seen)
{
	const struct probe_skel *bpf = probe_skeleton(l->probe);
	int err = probe_scope_add(bpf, pid, seen);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%d", l->host_root ? l->host_root : "", pid);
	if (!err && access(path, F_OK) != 0)
		probe_scope_remove(bpf, pid);
	return err;
}

/* The processes of a scope as they are now, made known to the probe. */
static int find_scope(struct live *l, const struct proc_scope *scope)
{
	uint64_t seen = probe_boot_ns();
	int err;

	proc_pids_done(&l->pids);
	l->pids = (struct proc_pids){0};
	err = proc_scope_pids(l->host_root, scope, &l->pids);
	for (size_t i = 0; !err && l->by_pid && i < l->pids.list.n; i++)
		err = watch(l, l->pids.list.v[i], seen);
	return err;
}

/* Whoever is born while we look is found by the second look, or by the probe. */
static int enter_scope(struct live *l, const struct live_config *c)
{
	int err = find_scope(l, &c->scope);

	if (!err)
		err = find_scope(l, &c->scope);
	if (!err && c->probe.scope == PROBE_PID)
		probe_scope_mark(probe_skeleton(l->probe));
	return err;
}

static bool scan(
	struct live *l, const struct live_config *c, const struct machine_sink *sink, char err[512])
{
	struct proc_scan_config pc = {
		.host_root = c->host_root, .no_iterators = c->no_iterators, .in_scope_arg = l};
	int status = 0;

	l->scoped = c->scope.kind != PROC_SCOPE_HOST;
	l->by_pid = c->scope.kind == PROC_SCOPE_PID;
	if (l->scoped) {
		status = enter_scope(l, c);
		pc.pids = &l->pids;
		pc.in_scope = in_scope;
	}
	if (status) {
		snprintf(err, 512, "engine.modern_ebpf.scope: %s", strerror(-status));
		return false;
	}
	l->scan = proc_scan_new(&pc);
	if (l->scan)
		status = proc_scan_all(l->scan, sink, &l->found);
	else
		status = -errno;
	if (status)
		snprintf(err, 512, "Could not read /proc: %s", strerror(-status));
	return status == 0;
}

static bool look_up_thread(void *source, int64_t tid, const struct machine_sink *sink)
{
	return proc_scan_thread(((struct live *)source)->scan, tid, sink) == 0;
}

static bool look_up_fd(void *source, int64_t pid, int64_t num, const struct machine_sink *sink)
{
	return proc_scan_fd(((struct live *)source)->scan, pid, num, sink) == 0;
}

static void live_close(struct source *s)
{
	struct live *l = (struct live *)s;

	probe_close(l->probe);
	proc_scan_free(l->scan);
	proc_pids_done(&l->pids);
	free(l);
}

/* Tasks are marked by an iterator, which must see them under the numbers that we see. */
static struct probe_config config_of(const struct live_config *c)
{
	struct probe_config probe = c->probe;
	bool fits = !c->no_iterators && iter_scan_fits(c->host_root ? c->host_root : "");

	if (probe.scope == PROBE_PID && !(fits && probe_scope_can_mark()))
		probe.scope = PROBE_PID_BY_NUMBER;
	return probe;
}

struct source *live_open(const struct live_config *config, const bool wanted[SC_MAX],
	const struct machine_sink *sink, char err[512])
{
	struct live *l = mem_zalloc(sizeof(*l));
	struct live_config c = *config;

	c.probe = config_of(config);

	l->source.next = live_next;
	l->source.stats = live_source_stats;
	l->source.metrics = live_metrics;
	l->source.losers = live_losers;
	l->source.lost_calls = live_lost_calls;
	l->source.close = live_close;
	l->source.look_up_thread = look_up_thread;
	l->source.look_up_fd = look_up_fd;
	l->wait_ns = MIN_WAIT_NS;
	l->host_root = c.host_root;
	l->probe = probe_open(&c.probe, wanted, err);
	if (!l->probe || probe_attach(l->probe, wanted, err) < 0 || !scan(l, &c, sink, err)) {
		live_close(&l->source);
		return NULL;
	}
	l->rings = probe_rings(l->probe);
	if (c.probe.warn)
		probe_check_warn(c.probe.warn);
	return &l->source;
}

void live_tell(struct source *s, const struct probe_detail *detail)
{
	probe_tell(((struct live *)s)->probe, detail);
}

bool live_want(struct source *s, const bool wanted[SC_MAX])
{
	return probe_want(((struct live *)s)->probe, wanted, s->error);
}

void live_stats(struct source *s, struct probe_stats *ret)
{
	probe_get_stats(((struct live *)s)->probe, ret);
}
