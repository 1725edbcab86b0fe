/* SPDX-License-Identifier: Apache-2.0 */
/* Fields about containers and pods; and all fields together, of events that make no sense. */
#include "field_world.h"

#include <stdlib.h>

#include "base/mem.h"
#include "random_event.h"

/* ---- container.*, k8s.* ---- */

#define ID "0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123"

static void container_event(struct world *w, const char *name, const char *json)
{
	struct param params[3] = {U32(0), {(const uint8_t *)name, strlen(name) + 1},
		{(const uint8_t *)json, strlen(json) + 1}};

	world_emit(w, INT64_MAX, EV_ASYNCEVENT_E, params, 3);
}

static const char web[] =
	"{\"container\":{\"type\":0,\"id\":\"0123456789ab\",\"full_id\":\"" ID "\","
	"\"name\":\"web\",\"image\":\"nginx:1\",\"imagerepo\":\"nginx\",\"imagetag\":\"1\","
	"\"privileged\":true,\"ip\":\"10.1.2.3\",\"pod_sandbox_id\":\"ffffffffffffffff\","
	"\"labels\":{\"app\":\"shop\",\"empty\":\"\",\"io.kubernetes.pod.name\":\"web-0\","
	"\"io.kubernetes.pod.namespace\":\"prod\",\"io.kubernetes.pod.uid\":\"u1\"},"
	"\"Mounts\":[{\"Source\":\"/var/data\",\"Destination\":\"/data\",\"Mode\":\"rw\","
	"\"RW\":true,\"Propagation\":\"private\"},{\"Source\":\"/etc/ssl\",\"Destination\":"
	"\"/ssl\",\"Mode\":\"ro\",\"RW\":false,\"Propagation\":\"\"}]}}";

/* Process 200, in the container. */
static void add_contained(struct world *w)
{
	struct machine_proc p = {.tid = 200,
		.pid = 200,
		.ptid = 1,
		.vtid = 7,
		.vpid = 7,
		.comm = STR("nginx"),
		.cwd = STR("/"),
		.cgroups = str_n("cpu=/docker/" ID, sizeof("cpu=/docker/" ID)),
		.pidns_init_start_ts = 1600000000000000000};

	w->sink.proc(w->sink.arg, &p);
}

static void test_container(void **state)
{
	struct world *w = *state;

	add_contained(w);
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_field(w, "container.id", "0123456789ab");
	assert_field(w, "container.name", "-");
	container_event(w, "container", web);
	assert_field(w, "container.name", "web");
	assert_field(w, "container.start_ts", "-");
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_field(w, "container.id", "0123456789ab");
	assert_field(w, "container.full_id", ID);
	assert_field(w, "container.name", "web");
	assert_field(w, "container.type", "docker");
	assert_field(w, "container.image", "nginx:1");
	assert_field(w, "container.image.repository", "nginx");
	assert_field(w, "container.image.digest", "");
	assert_json(w, "container.privileged", "true");
	assert_json(w, "container.host_pid", "false");
	assert_field(w, "container.ip", "10.1.2.3");
	assert_json(w, "container.start_ts", "1600000000000000000");
	assert_json(w, "container.duration", "100000000000000003");
	assert_field(w, "container.healthcheck", "-");
	container_event(w, "container_removed", web);
	assert_field(w, "container.name", "web");
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_field(w, "container.name", "-");
	assert_field(w, "container.id", "0123456789ab");
}

static void test_mounts(void **state)
{
	struct world *w = *state;

	add_contained(w);
	container_event(w, "container", web);
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_field(
		w, "container.mounts", "/var/data:/data:rw:true:private,/etc/ssl:/ssl:ro:false:");
	assert_field(w, "container.mount[1]", "/etc/ssl:/ssl:ro:false:");
	assert_field(w, "container.mount[2]", "-");
	assert_field(w, "container.mount[/etc]", "/etc/ssl:/ssl:ro:false:");
	assert_field(w, "container.mount[^/data]", "-");
	assert_field(w, "container.mount.dest[^/var/.*a$]", "/data");
	assert_field(w, "container.mount.source[/ssl]", "/etc/ssl");
	assert_field(w, "container.mount.mode[ssl]", "ro");
	assert_field(w, "container.mount.rdwr[0]", "true");
	assert_field(w, "container.mount.propagation[0]", "private");
	/* Not a regular expression: matches nothing. */
	assert_field(w, "container.mount[*]", "-");
}

static void test_labels(void **state)
{
	struct world *w = *state;

	add_contained(w);
	container_event(w, "container", web);
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_field(w, "container.label[app]", "shop");
	assert_field(w, "container.label[empty]", "");
	assert_field(w, "container.label[none]", "-");
	assert_field(w, "container.labels", "app:shop, empty");
	assert_field(w, "k8s.pod.name", "web-0");
	assert_field(w, "k8s.ns.name", "prod");
	assert_field(w, "k8s.pod.uid", "u1");
	assert_field(w, "k8s.pod.id", "u1");
	assert_field(w, "k8s.pod.full_sandbox_id", "ffffffffffffffff");
	assert_field(w, "k8s.pod.sandbox_id", "ffffffffffff");
	/* The sandbox is not known: neither is what only it knows. */
	assert_field(w, "k8s.pod.ip", "-");
	assert_field(w, "k8s.pod.label[app]", "-");
	container_event(w, "container",
		"{\"container\":{\"type\":7,\"id\":\"ffffffffffff\",\"ip\":\"10.9.9.9\","
		"\"cni_json\":\"{}\",\"pod_sandbox_labels\":{\"app\":\"pod\"}}}");
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_field(w, "k8s.pod.ip", "10.9.9.9");
	assert_field(w, "k8s.pod.cni.json", "{}");
	assert_field(w, "k8s.pod.label[app]", "pod");
	assert_field(w, "k8s.pod.labels", "app:pod");
	assert_field(w, "k8s.rc.name", "-");
}

static void test_host(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_field(w, "container.id", "host");
	assert_field(w, "container.name", "host");
	assert_field(w, "container.full_id", "host");
	assert_field(w, "container.type", "host");
	assert_field(w, "container.image", "");
	assert_json(w, "container.privileged", "false");
	assert_field(w, "container.mounts", "");
	assert_field(w, "container.mount[0]", "-");
	assert_field(w, "container.start_ts", "-");
	assert_field(w, "k8s.pod.name", "-");
	assert_field(w, "k8s.pod.ip", "");
	EMIT(w, -1, EV_GROUPADDED_E, U32(0), S("x"), S(""));
	assert_field(w, "container.id", "-");
	assert_field(w, "container.name", "-");
}

/* ---- anything ---- */

/* No record makes an extractor read where it must not, nor change its mind. */
static void test_any_event(void **state)
{
	struct world *w = *state;
	struct field fields[FIELD_MAX];
	struct arena own;
	size_t n = 0;
	struct random_events *random = mem_zalloc(sizeof(*random));
	uint16_t types[EV_MAX];

	arena_init(&own, 0);
	for (size_t i = 0; i < FIELD_MAX; i++) {
		bool key = field_table[i].flags & FF_ARG_KEY;
		char err[FIELD_ERR_MAX];

		if (field_init(&own, str_c(field_table[i].name), key ? STR("x") : STR_NONE,
			    STR("syscall"), &fields[n], err, NULL))
			n++;
	}
	assert_true(n > FIELD_MAX - 6);
	add_contained(w);
	container_event(w, "container", web);
	for (uint16_t type = 0; type < EV_MAX; type++)
		types[type] = type;
	random->seed = 1;
	random->ts = w->ts;
	for (int i = 0; i < 3000; i++) {
		struct event_ctx ctx = {.arena = &w->arena};

		random_event(random, types, EV_MAX, &w->ev);
		arena_reset(&w->arena);
		state_apply(w->s, &w->ev, &ctx);
		for (size_t k = 0; k < n; k++) {
			struct buf b = {.arena = &w->arena};
			struct value v;

			fields[k].compare = i & 1;
			if (!field_extract(&fields[k], &ctx, &v))
				continue;
			value_print(&b, &fields[k], &v);
			value_print_json(&b, &fields[k], &v);
		}
	}
	arena_done(&own);
	free(random);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, field_world_setup, field_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_container),
		T(test_mounts),
		T(test_labels),
		T(test_host),
		T(test_any_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
