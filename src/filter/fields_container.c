/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "container": container.*, k8s.* and proc.is_container_*, as the container plugin
 * of Falco has them.
 *
 * They are about the thread's container, or the one that a container event tells of.  The host
 * counts as a container named "host" that has nothing else.  Of one that is not known (yet) there
 * is only its id.  Fields that the plugin keeps for old rules' sake never have a value.
 */
#include <pthread.h>

#include "base/vec.h"
#include "filter/extract.h"
#include "filter/fields.h"
#include "filter/re2_shim.h"

#define SHORT_ID 12

static const struct container host = {.type = CT_HOST};

/* NULL: nothing is known. */
static const struct container *subject(const struct event_ctx *ctx)
{
	const struct container *c = event_container(ctx);

	if (!c && ctx->thread && !ctx_container_id(ctx).n)
		return &host;
	return c;
}

static bool text(struct istr *s, struct value *ret)
{
	value_istr(ret, s);
	return true;
}

#define TEXT(sym, member)                                                                          \
	bool field_container_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)      \
	{                                                                                          \
		const struct container *c = subject(ctx);                                          \
                                                                                                   \
		return c && text(c->member, ret);                                                  \
	}
/* The same, where the host has its own name. */
#define TEXT_OR_HOST(sym, member)                                                                  \
	bool field_container_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)      \
	{                                                                                          \
		const struct container *c = subject(ctx);                                          \
                                                                                                   \
		if (c == &host)                                                                    \
			return value_text(ret, STR("host"));                                       \
		return c && text(c->member, ret);                                                  \
	}
#define FLAG(sym, member)                                                                          \
	bool field_container_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)      \
	{                                                                                          \
		const struct container *c = subject(ctx);                                          \
                                                                                                   \
		return c && value_bool(ret, c->member);                                            \
	}
TEXT_OR_HOST(full_id, full_id)
TEXT_OR_HOST(name, name)
TEXT(image, image)
TEXT(image_id, image_id)
TEXT(image_repository, image_repo)
TEXT(image_tag, image_tag)
TEXT(image_digest, image_digest)
TEXT(ip, ip)
TEXT(cni_json, cni_json)
FLAG(privileged, privileged)
FLAG(host_pid, host_pid)
FLAG(host_network, host_network)
FLAG(host_ipc, host_ipc)

bool field_container_id(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx);

	if (c == &host)
		return value_text(ret, STR("host"));
	if (c)
		return text(c->id, ret);
	return ctx->thread && text(ctx->thread->container_id, ret);
}

bool field_container_type(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	static const char *const names[] = {[CT_DOCKER] = "docker",
		[CT_LXC] = "lxc",
		[CT_LIBVIRT_LXC] = "libvirt-lxc",
		[CT_MESOS] = "mesos",
		[CT_RKT] = "rkt",
		[CT_CRI] = "cri",
		[CT_CONTAINERD] = "containerd",
		[CT_CRIO] = "cri-o",
		[CT_BPM] = "bpm",
		[CT_PODMAN] = "podman"};
	const struct container *c = subject(ctx);
	const char *name;

	if (!c)
		return false;
	name = c->type < ARRAY_SIZE(names) ? names[c->type] : NULL;
	return value_text(ret, str_c(c->type == CT_HOST ? "host" : name ? name : ""));
}

bool field_container_start_ts(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return ctx->thread && ctx->thread->pidns_init_start_ts &&
	       value_u64(ret, ctx->thread->pidns_init_start_ts);
}

bool field_container_duration(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return ctx->thread && ctx->thread->pidns_init_start_ts &&
	       value_u64(ret, ctx->ev->ts - ctx->thread->pidns_init_start_ts);
}

/* ---- mounts ---- */

/* Patterns of container.mount[...], compiled once per process: rules come back at every reload. */
static pthread_mutex_t patterns_lock = PTHREAD_MUTEX_INITIALIZER;
static VEC(struct pattern {
	char *key;
	struct regex *re;
}) patterns;

static struct regex *compile_search(struct str key)
{
	struct buf b = {0};
	struct regex *re;
	char err[128];

	buf_puts(&b, ".*(");
	buf_str(&b, key);
	buf_puts(&b, ").*");
	re = regex_new(b.p, b.n, err, sizeof(err));
	buf_done(&b);
	return re;
}

const struct regex *container_mount_pattern(struct str key)
{
	struct regex *re = NULL;
	bool known = false;

	pthread_mutex_lock(&patterns_lock);
	for (size_t i = 0; i < patterns.n && !known; i++) {
		known = str_is(key, patterns.v[i].key);
		re = known ? patterns.v[i].re : NULL;
	}
	if (!known) {
		re = compile_search(key);
		vec_push(&patterns, ((struct pattern){str_dup(key), re}));
	}
	pthread_mutex_unlock(&patterns_lock);
	return re;
}

/* By number, or the first whose path (source, or by_dest destination) the pattern is found in. */
static const struct container_mount *find_mount(
	const struct field *f, const struct container *c, bool by_dest)
{
	const struct container_mount *m;

	if (f->index >= 0)
		return (uint64_t)f->index < c->mounts.n ? &c->mounts.v[f->index] : NULL;
	if (!f->aux)
		return NULL;
	vec_foreach (m, &c->mounts) {
		struct str path = istr_str(by_dest ? m->dest : m->source);

		if (regex_match(f->aux, path.p, path.n))
			return m;
	}
	return NULL;
}

static void print_mount(struct buf *b, const struct container_mount *m)
{
	buf_printf(b, "%.*s:%.*s:%.*s:%s:%.*s", STR_ARG(istr_str(m->source)),
		STR_ARG(istr_str(m->dest)), STR_ARG(istr_str(m->mode)), m->rdwr ? "true" : "false",
		STR_ARG(istr_str(m->propagation)));
}

bool field_container_mounts(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx);
	const struct container_mount *m;
	struct buf b = {.arena = ctx->arena};

	if (!c)
		return false;
	vec_foreach (m, &c->mounts) {
		if (m != c->mounts.v)
			buf_char(&b, ',');
		print_mount(&b, m);
	}
	return value_buf(ret, &b);
}

static const struct container_mount *mount_of(
	const struct field *f, const struct event_ctx *ctx, bool by_dest)
{
	const struct container *c = subject(ctx);

	return c ? find_mount(f, c, by_dest) : NULL;
}

bool field_container_mount(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container_mount *m = mount_of(f, ctx, false);
	struct buf b = {.arena = ctx->arena};

	if (!m)
		return false;
	print_mount(&b, m);
	return value_buf(ret, &b);
}

#define MOUNT(sym, by_dest)                                                                        \
	bool field_container_mount_##sym(                                                          \
		struct field *f, struct event_ctx *ctx, struct value *ret)                         \
	{                                                                                          \
		const struct container_mount *m = mount_of(f, ctx, by_dest);                       \
                                                                                                   \
		return m && text(m->sym, ret);                                                     \
	}
MOUNT(source, true)
MOUNT(dest, false)
MOUNT(mode, false)
MOUNT(propagation, false)

bool field_container_mount_rdwr(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container_mount *m = mount_of(f, ctx, false);

	return m && value_text(ret, m->rdwr ? STR("true") : STR("false"));
}

/* ---- labels ---- */

/* Annotations and the runtime's own labels are not shown among all. */
static bool is_shown(struct str key)
{
	return !str_starts(key, STR("annotation.")) && !str_starts(key, STR("io.kubernetes."));
}

static bool labels_text(
	struct event_ctx *ctx, const struct container_label *v, size_t n, struct value *ret)
{
	struct buf b = {.arena = ctx->arena};

	for (size_t i = 0; i < n; i++) {
		struct str key = istr_str(v[i].key), value = istr_str(v[i].value);

		if (!is_shown(key))
			continue;
		if (b.n)
			buf_puts(&b, ", ");
		buf_str(&b, key);
		if (value.n)
			buf_char(&b, ':');
		buf_str(&b, value);
	}
	return value_buf(ret, &b);
}

static bool label_value(
	const struct container_label *v, size_t n, struct str key, struct value *ret)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(istr_str(v[i].key), key))
			return text(v[i].value, ret);
	return false;
}

bool field_container_label(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx);

	return c && label_value(c->labels.v, c->labels.n, f->arg, ret);
}

bool field_container_labels(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx);

	return c && labels_text(ctx, c->labels.v, c->labels.n, ret);
}

/* ---- pods ---- */

#define POD_LABEL(sym, key)                                                                        \
	bool field_k8s_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)            \
	{                                                                                          \
		const struct container *c = subject(ctx);                                          \
                                                                                                   \
		return c && label_value(c->labels.v, c->labels.n, STR(key), ret);                  \
	}
POD_LABEL(pod_name, "io.kubernetes.pod.name")
POD_LABEL(ns_name, "io.kubernetes.pod.namespace")
POD_LABEL(pod_id, "io.kubernetes.pod.uid")
POD_LABEL(pod_uid, "io.kubernetes.pod.uid")

bool field_k8s_pod_full_sandbox_id(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx);

	return c && text(c->pod_sandbox_id, ret);
}

bool field_k8s_pod_sandbox_id(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx);

	return c && value_text(ret, str_head(istr_str(c->pod_sandbox_id), SHORT_ID));
}

/*
 * Whoever knows the pod's network: the container itself, or else the one of its sandbox (the host
 * where no sandbox is named). NULL: nothing is known of the sandbox.
 */
static const struct container *pod_of(const struct event_ctx *ctx, const struct container *c)
{
	struct str sandbox = str_head(istr_str(c->pod_sandbox_id), SHORT_ID);

	if (istr_str(c->cni_json).n)
		return c;
	return sandbox.n ? state_container(ctx->state, sandbox) : &host;
}

bool field_k8s_pod_label(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx), *pod = c ? pod_of(ctx, c) : NULL;

	if (pod && label_value(pod->pod_labels.v, pod->pod_labels.n, f->arg, ret))
		return true;
	return c && label_value(c->pod_labels.v, c->pod_labels.n, f->arg, ret);
}

bool field_k8s_pod_labels(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx), *pod = c ? pod_of(ctx, c) : NULL;

	pod = pod ? pod : c;
	return pod && labels_text(ctx, pod->pod_labels.v, pod->pod_labels.n, ret);
}

bool field_k8s_pod_ip(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx), *pod = c ? pod_of(ctx, c) : NULL;

	return pod && text(pod->ip, ret);
}

bool field_k8s_pod_cni_json(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c = subject(ctx), *pod = c ? pod_of(ctx, c) : NULL;

	return pod && text(pod->cni_json, ret);
}

/* ---- kept for old rules ---- */

#define NEVER(sym)                                                                                 \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return false;                                                                      \
	}
NEVER(container_healthcheck)
NEVER(container_liveness_probe)
NEVER(container_readiness_probe)
NEVER(proc_is_container_healthcheck)
NEVER(proc_is_container_liveness_probe)
NEVER(proc_is_container_readiness_probe)
NEVER(k8s_rc_name)
NEVER(k8s_rc_id)
NEVER(k8s_rc_label)
NEVER(k8s_rc_labels)
NEVER(k8s_svc_name)
NEVER(k8s_svc_id)
NEVER(k8s_svc_label)
NEVER(k8s_svc_labels)
NEVER(k8s_ns_id)
NEVER(k8s_ns_label)
NEVER(k8s_ns_labels)
NEVER(k8s_rs_name)
NEVER(k8s_rs_id)
NEVER(k8s_rs_label)
NEVER(k8s_rs_labels)
NEVER(k8s_deployment_name)
NEVER(k8s_deployment_id)
NEVER(k8s_deployment_label)
NEVER(k8s_deployment_labels)
