/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything here outlives a reload: the server keeps listening where it was told to at the start,
 * figures go on under the new rules' names.
 */
#include "app/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/list.h"
#include "app/log.h"
#include "app/ticker.h"
#include "base/clock.h"
#include "grpc/rpc.h"
#include "state/containers.h"
#include "web/endpoints.h"

#define SECOND UINT64_C(1000000000)
#define DEFAULT_STATS_INTERVAL_MS 5000
#define MIN_STATS_INTERVAL_MS 10
#define MAX_STATS_INTERVAL_MS 1000000000

struct service {
	char hostname[256];
	char *healthz;
	struct metrics *metrics;
	struct recent *recent;
	struct buf versions;
	struct endpoints endpoints;
	struct server_route routes[MAX_ROUTES];
	struct server *server;
	struct ticker *ticker;
};

/* ---- generations ---- */

static unsigned groups_of(const struct config *c)
{
	const struct {
		bool on;
		unsigned group;
	} switches[] = {
		{c->metrics_rules_counters_enabled, METRIC_RULES},
		{c->metrics_resource_utilization_enabled, METRIC_RESOURCES},
		{c->metrics_state_counters_enabled, METRIC_STATE},
		{c->metrics_kernel_event_counters_enabled, METRIC_KERNEL},
		{c->metrics_kernel_event_counters_per_cpu_enabled,
			METRIC_KERNEL_CPU | METRIC_KERNEL},
		{c->metrics_kernel_iter_event_counters_enabled, METRIC_ITER},
		{c->metrics_libbpf_stats_enabled, METRIC_LIBBPF},
		{c->metrics_plugins_metrics_enabled, METRIC_PLUGINS},
	};
	unsigned groups = METRIC_ALWAYS;

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		groups |= switches[i].on ? switches[i].group : 0;
	return groups;
}

static bool wants_ticker(const struct app *a)
{
	const struct config *c = a->config;

	return a->options.stats_file ||
	       (c->metrics_enabled && (c->metrics_output_rule || *c->metrics_output_file));
}

/* A replay is over soon, and may be one of many: it only listens when figures were asked for. */
static bool wants_server(const struct config *c)
{
	return c->webserver_enabled &&
	       (c->engine_kind != ENGINE_REPLAY ||
		       (c->webserver_prometheus_metrics_enabled && c->metrics_enabled));
}

void service_make_figures(struct app *a)
{
	const struct config *c = a->config;
	const struct field_options o = {.memory_mb = c->metrics_convert_memory_to_mb,
		.with_zeroes = c->metrics_include_empty_values};

	if (!a->beside && !wants_server(c) && !wants_ticker(a))
		return;
	a->figures = generation_new(a->rules, groups_of(c), o, clock_ns(CLOCK_REALTIME));
	for (size_t i = 0; i < a->rules_files.n; i++)
		generation_add_file(a->figures, true, a->rules_files.v[i]);
	for (size_t i = 0; i < c->loaded_files.n; i++)
		generation_add_file(a->figures, false, c->loaded_files.v[i].path);
}

void service_reloaded(struct app *a)
{
	if (a->service)
		metrics_set_generation(a->service->metrics, a->figures);
}

static void say_renewed(const char *who, int renewed, const char *err)
{
	if (renewed > 0)
		log_msg(LOG_LEVEL_INFO, "%s: new connections get the new certificate", who);
	else if (renewed < 0)
		log_msg(LOG_LEVEL_ERROR, "%s: the certificate stays as it was: %s", who, err);
}

void service_renew(const struct app *a)
{
	char err[512];

	if (a->service && a->service->server)
		say_renewed("Web server", server_renew(a->service->server, err), err);
	if (a->grpc)
		say_renewed("gRPC server", rpc_renew(a->grpc, err), err);
}

/* ---- figures ---- */

static void put_state(struct samples *to, const struct state *state)
{
	struct state_stats st;

	if (!(to->groups & (METRIC_STATE | METRIC_PLUGINS)))
		return;
	state_get_stats(state, &st);
	samples_put(
		to, METRIC_PLUGIN_GAUGE, "container.n_containers", state_container_count(state));
	samples_put(to, METRIC_PLUGIN_GAUGE, "container.n_missing_container_images",
		st.containers_without_image);
	samples_put(to, METRIC_N_THREADS, NULL, st.threads);
	samples_put(to, METRIC_N_FDS, NULL, st.fds);
	samples_put(to, METRIC_N_NONCACHED_FD_LOOKUPS, NULL, st.fd_lookups);
	samples_put(to, METRIC_N_CACHED_FD_LOOKUPS, NULL, 0); /* none are kept between events */
	samples_put(to, METRIC_N_FAILED_FD_LOOKUPS, NULL, st.missing_fds);
	samples_put(to, METRIC_N_ADDED_FDS, NULL, st.fds_added);
	samples_put(to, METRIC_N_REMOVED_FDS, NULL, st.fds_removed);
	samples_put(to, METRIC_N_STORED_EVTS, NULL, st.enters_kept);
	samples_put(to, METRIC_N_STORE_EVTS_DROPS, NULL, st.enters_refused);
	samples_put(to, METRIC_N_RETRIEVED_EVTS, NULL, st.enters_used);
	samples_put(to, METRIC_N_RETRIEVE_EVTS_DROPS, NULL, st.enters_unfit);
	samples_put(to, METRIC_N_NONCACHED_THREAD_LOOKUPS, NULL, st.thread_lookups);
	samples_put(to, METRIC_N_CACHED_THREAD_LOOKUPS, NULL,
		st.applied > st.thread_lookups ? st.applied - st.thread_lookups : 0);
	samples_put(to, METRIC_N_FAILED_THREAD_LOOKUPS, NULL, st.missing_threads);
	samples_put(to, METRIC_N_ADDED_THREADS, NULL, st.threads_added);
	samples_put(to, METRIC_N_REMOVED_THREADS, NULL, st.threads_removed);
	samples_put(to, METRIC_N_DROPS_FULL_THREADTABLE, NULL, st.threads_refused);
	samples_put(to, METRIC_STATE_MEMORY, NULL, st.bytes);
	samples_put(to, METRIC_STATE_EVICTED, NULL, st.threads_evicted);
	samples_put(to, METRIC_STATE_REFUSED_FDS, NULL, st.fds_refused);
}

static void put_drops(struct samples *to, const struct source_stats *st)
{
	static const enum metric rows[DROP_KIND_MAX] = {
		[DROP_KIND_CLONE_FORK_EXIT] = METRIC_N_DROPS_BUFFER_CLONE_FORK_EXIT,
		[DROP_KIND_EXECVE_EXIT] = METRIC_N_DROPS_BUFFER_EXECVE_EXIT,
		[DROP_KIND_CONNECT_EXIT] = METRIC_N_DROPS_BUFFER_CONNECT_EXIT,
		[DROP_KIND_OPEN_EXIT] = METRIC_N_DROPS_BUFFER_OPEN_EXIT,
		[DROP_KIND_DIR_FILE_EXIT] = METRIC_N_DROPS_BUFFER_DIR_FILE_EXIT,
		[DROP_KIND_OTHER_INTEREST_EXIT] = METRIC_N_DROPS_BUFFER_OTHER_INTEREST_EXIT,
		[DROP_KIND_CLOSE_EXIT] = METRIC_N_DROPS_BUFFER_CLOSE_EXIT,
		[DROP_KIND_PROC_EXIT] = METRIC_N_DROPS_BUFFER_PROC_EXIT,
		[DROP_KIND_CONNECT_ENTER] = METRIC_N_DROPS_BUFFER_CONNECT_ENTER,
		[DROP_KIND_OPEN_ENTER] = METRIC_N_DROPS_BUFFER_OPEN_ENTER,
	};
	/* There are no such events any more. */
	static const enum metric gone[] = {METRIC_N_DROPS_BUFFER_CLONE_FORK_ENTER,
		METRIC_N_DROPS_BUFFER_EXECVE_ENTER, METRIC_N_DROPS_BUFFER_DIR_FILE_ENTER,
		METRIC_N_DROPS_BUFFER_OTHER_INTEREST_ENTER};

	samples_put(to, METRIC_N_DROPS_BUFFER_TOTAL, NULL, st->drops_buffer);
	for (unsigned kind = DROP_KIND_NONE + 1; kind < DROP_KIND_MAX; kind++)
		samples_put(to, rows[kind], NULL, st->drops_by_kind[kind]);
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		samples_put(to, gone[i], NULL, 0);
	samples_put(to, METRIC_N_DROPS_SCRATCH_MAP, NULL, st->drops_scratch);
	samples_put(to, METRIC_N_DROPS_BUG, NULL, st->drops_bug);
}

/* What a source that can lose events always tells. */
static void put_source(struct snapshot *x, struct source *source)
{
	struct metric_sink to = samples_sink(&x->samples);
	struct source_stats stats;

	source->stats(source, &stats);
	x->events = stats.received;
	x->captured = stats.events;
	x->dropped = stats.drops;
	samples_put(&x->samples, METRIC_N_EVTS, NULL, stats.events);
	samples_put(&x->samples, METRIC_N_DROPS, NULL, stats.drops);
	put_drops(&x->samples, &stats);
	if (source->metrics)
		source->metrics(source, &to);
}

static void put_matches(struct snapshot *x, const struct run_stats *st)
{
	x->matches = st->total;
	memcpy(x->by_priority, st->by_priority, sizeof(x->by_priority));
	for (size_t i = 0; i < MIN(st->nrules, x->generation->max_index); i++)
		x->by_rule[i] = st->by_rule[i];
}

static const char *engine_name(enum engine_kind kind)
{
	static const char *const names[] = {[ENGINE_MODERN_EBPF] = "modern_bpf",
		[ENGINE_KMOD] = "modern_bpf",
		[ENGINE_REPLAY] = "savefile",
		[ENGINE_NODRIVER] = "nodriver",
		[ENGINE_UDIG] = "udig"};

	return names[kind];
}

void service_set_engine(struct app *a, enum engine_kind kind)
{
	if (a->board)
		board_set_engine(a->board, engine_name(kind));
}

void service_publish(struct app *a, struct source *source, const struct state *state)
{
	struct snapshot *x = snapshot_new(a->figures);

	put_matches(x, &a->stats);
	put_source(x, source);
	put_state(&x->samples, state);
	board_publish(a->board, x);
}

/* ---- starting ---- */

static bool start_server(struct service *s, const struct app *a)
{
	const struct config *c = a->config;
	struct server_config hc = {
		.address = c->webserver_listen_address,
		.port = (uint16_t)c->webserver_listen_port,
		.threads = (unsigned)c->webserver_threadiness,
		.pem = c->webserver_ssl_enabled ? c->webserver_ssl_certificate : NULL,
		.routes = s->routes,
	};
	char err[512];

	s->healthz = mem_strdup(c->webserver_k8s_healthz_endpoint);
	s->recent = recent_new(s->metrics, a->outputs);
	list_versions_json(&s->versions, c);
	s->endpoints = (struct endpoints){s->metrics, s->recent, buf_cstr(&s->versions)};
	hc.nroutes = endpoints_routes(&s->endpoints, s->healthz,
		c->metrics_enabled && c->webserver_prometheus_metrics_enabled, s->routes);
	s->server = server_start(&hc, err);
	if (!s->server) {
		app_error("Could not start the web server: %s", err);
		return false;
	}
	log_msg(LOG_LEVEL_INFO,
		"Starting health webserver with threadiness %u, listening on %s:%u%s",
		server_threads(s->server), hc.address, server_port(s->server),
		hc.pem ? " (SSL)" : "");
	return true;
}

static uint64_t stats_interval(const struct options *o)
{
	uint64_t ms = DEFAULT_STATS_INTERVAL_MS;

	if (o->stats_interval)
		str_to_u64(str_c(o->stats_interval), &ms);
	return ms;
}

bool service_check_options(const struct options *o)
{
	uint64_t ms = stats_interval(o);

	if (ms >= MIN_STATS_INTERVAL_MS && ms <= MAX_STATS_INTERVAL_MS &&
		(!o->stats_interval || str_to_u64(str_c(o->stats_interval), &ms)))
		return true;
	app_error("--stats-interval: invalid interval \"%s\": give milliseconds, at least %d",
		o->stats_interval, MIN_STATS_INTERVAL_MS);
	return false;
}

static bool start_ticker(struct service *s, const struct app *a)
{
	const struct config *c = a->config;
	struct ticker_config tc = {
		.outputs = a->outputs,
		.metrics = s->metrics,
		.interval_ms = c->metrics_enabled ? c->metrics_interval_ms : 0,
		.output_rule = c->metrics_output_rule,
		.output_file = c->metrics_output_file,
		.stats_file = a->options.stats_file,
		.stats_interval_ms = stats_interval(&a->options),
	};

	s->ticker = ticker_new(&tc);
	return s->ticker;
}

static struct service *service_new(const struct app *a)
{
	struct service *s = mem_zalloc(sizeof(*s));
	const char *name = getenv("FALCO_HOSTNAME");
	struct metrics_config mc = {.version = FALCO_VERSION,
		.hostname = s->hostname,
		.host_root = getenv("HOST_ROOT"),
		.start_ts = clock_ns(CLOCK_REALTIME)};

	if (name)
		snprintf(s->hostname, sizeof(s->hostname), "%s", name);
	else
		gethostname(s->hostname, sizeof(s->hostname) - 1);
	s->metrics = metrics_new(&mc, a->figures);
	metrics_set_outputs(s->metrics, a->outputs);
	return s;
}

bool service_start(struct app *a)
{
	const struct config *c = a->config;
	struct service *s;

	if (!a->figures)
		return true;
	s = a->service = service_new(a);
	a->board = metrics_add_board(
		s->metrics, "syscall", engine_name((enum engine_kind)c->engine_kind));
	return (!wants_server(c) || start_server(s, a)) && (!wants_ticker(a) || start_ticker(s, a));
}

void service_stop(struct service *s)
{
	if (!s)
		return;
	server_stop(s->server);
	ticker_free(s->ticker);
	recent_free(s->recent);
	metrics_set_outputs(s->metrics, NULL);
	metrics_free(s->metrics);
	buf_done(&s->versions);
	free(s->healthz);
	free(s);
}
