/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: ids from control groups, records from events, and which of them threads are in. */
#include "state/containers.h"
#include "state_clone.h"

#define ID64 "605439acbd4fb18c145069289094b17f17e0cfa938f78012d4960bc797305f22"

static int setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, &(struct state_config){0});
	world_ready(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

static void test_cgroups(void **state)
{
	static const struct {
		const char *path;
		const char *id; /* "": the host */
		enum container_type type;
	} cases[] = {
		{"/", "", CT_HOST},
		{"/system.slice/libpod-" ID64, "605439acbd4f", CT_PODMAN},
		{"/machine.slice/libpod-" ID64 ".scope", "605439acbd4f", CT_PODMAN},
		{"/machine.slice/libpod-" ID64 ".scope/container", "605439acbd4f", CT_PODMAN},
		{"/x.service/libpod-payload-" ID64, "605439acbd4f", CT_PODMAN},
		{"/docker/" ID64, "605439acbd4f", CT_DOCKER},
		{"/docker.slice/docker-" ID64 ".scope", "605439acbd4f", CT_DOCKER},
		{"/kubepods/besteffort/pod1/" ID64, "605439acbd4f", CT_DOCKER},
		{"/kubepods/pod1/crio-" ID64, "605439acbd4f", CT_CRI},
		{"/kubepods.slice/crio-" ID64 ".scope", "605439acbd4f", CT_CRI},
		{"/kubepods.slice/cri-containerd-" ID64 ".scope", "605439acbd4f", CT_CRI},
		{"/pod1.slice:cri-containerd:" ID64, "605439acbd4f", CT_CRI},
		{"/default/test_container", "test_contain", CT_CONTAINERD},
		{"/my.name-space_1/c", "c", CT_CONTAINERD},
		{"/default/x.service", "", CT_HOST},
		{"/default/x.scope", "", CT_HOST},
		{"/user.slice/user-1000.slice/user@1000.service/init.scope", "", CT_HOST},
		{"/a--b/c", "", CT_HOST},
		{"/lxc/web/init.scope", "web", CT_LXC},
		{"/lxc.payload/web", "web", CT_CONTAINERD},
		{"/lxc.payload.web/x.scope", "web", CT_LXC},
		{"/db.libvirt-lxc", "db", CT_LIBVIRT_LXC},
		{"/machine.slice/machine-lxc\\x2d12.scope", "12", CT_LIBVIRT_LXC},
		{"/m--x/machine-lxc\\x2d12.scope/libvirt", "12", CT_LIBVIRT_LXC},
		{"/machine.slice/machine-lxc\\x2d12.scope/libvirt", "machine-lxc\\", CT_CONTAINERD},
		{"/bpm-ab.c", "ab.c", CT_BPM},
		{"/system.slice/bpm-ab.scope", "ab", CT_BPM},
		{"/bpm-a%b", "", CT_HOST},
		/* Too long, or not hexadecimal. */
		{"/system.slice/libpod-" ID64 "aa.scope", "", CT_HOST},
		{"/system.slice/sub/libpod-" ID64 "g.scope", "", CT_HOST},
		{"/sys--tem/0123456789012345678901234567890123456789012345678901234567890xyz", "",
			CT_HOST},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum container_type type;
		char text[256];
		int n = snprintf(text, sizeof(text), "cpu=/%cmemory=%s", 0, cases[i].path);
		struct str id = container_id_of_cgroups(str_n(text, (size_t)n + 1), &type);

		if (!str_is(id, cases[i].id) || type != cases[i].type)
			fail_msg("%s: got %.*s, type %d", cases[i].path, STR_ARG(id), type);
	}
}

/* ---- records ---- */

static const char full_json[] =
	"{\"container\":{\"type\":7,\"id\":\"605439acbd4f\",\"full_id\":\"" ID64
	"\",\"name\":\"web\",\"image\":\"nginx:1\",\"imageid\":\"i\",\"imagerepo\":\"nginx\","
	"\"imagetag\":\"1\",\"imagedigest\":\"sha\",\"User\":\"www\",\"cni_json\":\"{}\","
	"\"ip\":\"10.0.0.1\",\"pod_sandbox_id\":\"p\",\"privileged\":true,\"host_pid\":true,"
	"\"host_network\":false,\"is_pod_sandbox\":false,\"created_time\":1730971086,"
	"\"labels\":{\"z\":\"1\",\"a\":\"2\"},\"pod_sandbox_labels\":null,"
	"\"Mounts\":[{\"Source\":\"/s\",\"Destination\":\"/d\",\"Mode\":\"ro\",\"RW\":false,"
	"\"Propagation\":\"private\"}],"
	"\"Healthcheck\":{\"exe\":\"/hc\",\"args\":[\"a\",\"b\"]},"
	"\"LivenessProbe\":{\"exe\":\"/lp\",\"args\":null}}}";

static void test_record(void **state)
{
	struct container *c = container_parse(str_n(full_json, sizeof(full_json)));

	assert_non_null(c);
	assert_int_equal(c->type, CT_CONTAINERD);
	assert_text(c->id, "605439acbd4f");
	assert_text(c->full_id, ID64);
	assert_text(c->name, "web");
	assert_text(c->image_repo, "nginx");
	assert_text(c->user, "www");
	assert_text(c->ip, "10.0.0.1");
	assert_true(c->privileged && c->host_pid);
	assert_false(c->host_network || c->host_ipc);
	assert_int_equal(c->created_ts, 1730971086);
	assert_int_equal(c->labels.n, 2);
	assert_text(c->labels.v[0].key, "a");
	assert_true(str_is(container_label(c, STR("z")), "1"));
	assert_null(container_label(c, STR("q")).p);
	assert_int_equal(c->pod_labels.n, 0);
	assert_int_equal(c->mounts.n, 1);
	assert_text(c->mounts.v[0].dest, "/d");
	assert_int_equal(c->healthcheck.n, 1);
	assert_true(str_eq(istr_str(c->healthcheck.v[0].args), STR("a\0b\0")));
	assert_int_equal(c->liveness.n, 1);
	assert_int_equal(c->readiness.n, 0);
	container_free(c);
	assert_int_equal(istr_count(), 0);
}

static void test_bad_records(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "null", "{\"container\":7}",
		"{\"container\":{}}", "{\"container\":{\"id\":\"\"}}", "{\"container\":{\"id\":5}}",
		"{\"container\":{\"id\":\"\xff\"}}"};
	static const char odd[] = "{\"container\":{\"id\":\"x\",\"type\":\"7\",\"name\":5,"
				  "\"labels\":[1],\"Mounts\":{\"a\":1},\"Healthcheck\":3}}";
	struct container *c;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(container_parse(str_c(bad[i])));
	c = container_parse(str_c(odd));
	assert_non_null(c);
	assert_int_equal(c->type, CT_UNKNOWN);
	assert_null(c->name);
	assert_int_equal(c->labels.n + c->mounts.n + c->healthcheck.n, 0);
	container_free(c);
	assert_int_equal(istr_count(), 0);
}

/* ---- events ---- */

static void emit_record(struct world *w, const char *name, const char *json)
{
	EMIT(w, 100, EV_ASYNCEVENT_E, U32(0), text_param(name), text_param(json));
}

static void put_in(struct world *w, int64_t child, const char *cgroup)
{
	emit_clone(w, EV_CLONE_X, child,
		&(struct clone_args){.pid = child, .ptid = 100, .cgroups = cgroup});
}

static void test_events(void **state)
{
	struct world *w = *state;
	struct container *c;
	uint32_t epoch = state_epoch(w->s);

	put_in(w, 200, "cpu=/docker/" ID64);
	assert_text(state_thread(w->s, 200)->container_id, "605439acbd4f");
	assert_null(thread_container(w->s, state_thread(w->s, 200)));
	emit_record(w, "container", full_json);
	assert_int_not_equal(state_epoch(w->s), epoch);
	c = thread_container(w->s, state_thread(w->s, 200));
	assert_non_null(c);
	assert_ptr_equal(event_container(&w->ctx), c);
	EMIT(w, 100, EV_GETUID_X, U32(0));
	assert_null(event_container(&w->ctx));
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_ptr_equal(event_container(&w->ctx), c);
	emit_record(w, "container_removed", full_json);
	assert_text(event_container(&w->ctx)->name, "web");
	assert_null(state_container(w->s, STR("605439acbd4f")));
	EMIT(w, 200, EV_GETUID_X, U32(0));
	assert_null(event_container(&w->ctx));
	emit_record(w, "container_removed", full_json);
	assert_text(event_container(&w->ctx)->name, "web");
}

static void test_record_replaced(void **state)
{
	struct world *w = *state;

	emit_record(w, "container", "{\"container\":{\"id\":\"x\",\"name\":\"a\"}}");
	emit_record(w, "container", "{\"container\":{\"id\":\"x\",\"name\":\"b\"}}");
	assert_text(state_container(w->s, STR("x"))->name, "b");
	emit_record(w, "container", "garbage");
	emit_record(w, "other", "{\"container\":{\"id\":\"x\",\"name\":\"c\"}}");
	assert_text(state_container(w->s, STR("x"))->name, "b");
	emit_record(w, "container_removed", "{\"container\":{\"id\":\"unknown\"}}");
	assert_non_null(state_container(w->s, STR("x")));
}

static void test_old_events(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_CONTAINER_4_E, S("c1"), U32(1), S("name"), S("image"));
	assert_text(state_container(w->s, STR("c1"))->image, "image");
	assert_int_equal(state_container(w->s, STR("c1"))->type, CT_LXC);
	EMIT(w, 100, EV_CONTAINER_1_E, S("{\"container\":{\"id\":\"c2\"}}"));
	assert_non_null(state_container(w->s, STR("c2")));
	EMIT(w, 100, EV_CONTAINER_E, S("{\"container\":{\"id\":\"c3\"}}"));
	assert_non_null(state_container(w->s, STR("c3")));
	assert_ptr_equal(event_container(&w->ctx), state_container(w->s, STR("c3")));
	w->sink.reset(w->sink.arg);
	assert_null(state_container(w->s, STR("c3")));
}

/* ---- threads ---- */

static void test_threads(void **state)
{
	struct world *w = *state;
	struct thread *t;
	uint32_t version;

	assert_text(state_thread(w->s, 100)->container_id, "");
	put_in(w, 200, "cpu=/docker/" ID64);
	t = state_thread(w->s, 200);
	version = t->version;
	emit_exec(w, 200, 100, "ls", "/bin/ls"); /* in /a, /b and /c: the host */
	assert_text(t->container_id, "");
	assert_int_not_equal(t->version, version);
	put_in(w, 300, "cpu=/lxc.payload.box");
	assert_int_equal(thread_container(w->s, state_thread(w->s, 300))->type, CT_LXC);
	/* The same list again, remembered. */
	put_in(w, 301, "cpu=/docker/" ID64);
	put_in(w, 302, "cpu=/docker/" ID64);
	assert_text(state_thread(w->s, 302)->container_id, "605439acbd4f");
	assert_ptr_equal(state_thread(w->s, 301)->cgroups, state_thread(w->s, 302)->cgroups);
	put_in(w, 303, "no list");
	assert_text(state_thread(w->s, 303)->cgroups, "");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_bad_records),
		T(test_events),
		T(test_record_replaced),
		T(test_old_events),
		T(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
