/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's record as captures and runtimes' watchers carry it: a JSON object
 * {"container": {...}}, written by Falco's container plugin and, before 2025, by its libraries.
 *
 * Every member may be absent, null or of an unexpected type, and is then as if it were absent.
 */
#include <jansson.h>

#include "base/buf.h"
#include "state/containers.h"

/* More of any kind in one record is not believed. */
#define MAX_ITEMS 4096

static struct istr *text(struct container *c, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		return NULL;
	c->bytes += strlen(s);
	return istr_get(str_c(s));
}

static bool truth(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/* Strings of an array one after the other, each with its NUL. */
static struct istr *texts(struct container *c, const json_t *array)
{
	struct buf b = {0};
	struct istr *all;
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		const char *s = json_string_value(item);

		if (s && i < MAX_ITEMS)
			buf_put(&b, s, strlen(s) + 1);
	}
	c->bytes += b.n;
	all = istr_get(buf_view(&b));
	buf_done(&b);
	return all;
}

static void read_mounts(struct container *c, const json_t *array)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (i >= MAX_ITEMS)
			return;
		vec_push(&c->mounts, ((struct container_mount){
					     .source = text(c, item, "Source"),
					     .dest = text(c, item, "Destination"),
					     .mode = text(c, item, "Mode"),
					     .propagation = text(c, item, "Propagation"),
					     .rdwr = truth(item, "RW"),
				     }));
	}
	c->bytes += c->mounts.cap * sizeof(*c->mounts.v);
}

static int compare_labels(const void *a, const void *b)
{
	const struct container_label *l = a, *r = b;

	return str_cmp(istr_str(l->key), istr_str(r->key));
}

static void read_labels(struct container *c, json_t *object, bool of_pod)
{
	struct container_label l;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		size_t n = of_pod ? c->pod_labels.n : c->labels.n;

		if (!json_is_string(value) || n >= MAX_ITEMS)
			continue;
		l.key = istr_get(str_c(key));
		l.value = istr_get(str_c(json_string_value(value)));
		c->bytes += sizeof(l) + l.key->len + l.value->len;
		if (of_pod)
			vec_push(&c->pod_labels, l);
		else
			vec_push(&c->labels, l);
	}
	if (c->labels.n)
		qsort(c->labels.v, c->labels.n, sizeof(l), compare_labels);
	if (c->pod_labels.n)
		qsort(c->pod_labels.v, c->pod_labels.n, sizeof(l), compare_labels);
}

static bool read_probe(struct container *c, const json_t *o, struct container_probe *ret)
{
	if (!json_is_object(o))
		return false;
	ret->exe = text(c, o, "exe");
	ret->args = texts(c, json_object_get(o, "args"));
	return true;
}

static void read_probes(struct container *c, const json_t *o)
{
	struct container_probe p;

	if (read_probe(c, json_object_get(o, "Healthcheck"), &p))
		vec_push(&c->healthcheck, p);
	if (read_probe(c, json_object_get(o, "LivenessProbe"), &p))
		vec_push(&c->liveness, p);
	if (read_probe(c, json_object_get(o, "ReadinessProbe"), &p))
		vec_push(&c->readiness, p);
}

static void read_texts(struct container *c, const json_t *o)
{
	c->id = text(c, o, "id");
	c->full_id = text(c, o, "full_id");
	c->name = text(c, o, "name");
	c->image = text(c, o, "image");
	c->image_id = text(c, o, "imageid");
	c->image_repo = text(c, o, "imagerepo");
	c->image_tag = text(c, o, "imagetag");
	c->image_digest = text(c, o, "imagedigest");
	c->user = text(c, o, "User");
	c->cni_json = text(c, o, "cni_json");
	c->ip = text(c, o, "ip");
	c->pod_sandbox_id = text(c, o, "pod_sandbox_id");
}

static void read_container(struct container *c, json_t *o)
{
	const json_t *type = json_object_get(o, "type");

	read_texts(c, o);
	c->type =
		json_is_integer(type) ? (enum container_type)json_integer_value(type) : CT_UNKNOWN;
	c->privileged = truth(o, "privileged");
	c->host_pid = truth(o, "host_pid");
	c->host_network = truth(o, "host_network");
	c->host_ipc = truth(o, "host_ipc");
	c->is_pod_sandbox = truth(o, "is_pod_sandbox");
	c->created_ts = (uint64_t)json_integer_value(json_object_get(o, "created_time"));
	read_mounts(c, json_object_get(o, "Mounts"));
	read_labels(c, json_object_get(o, "labels"), false);
	read_labels(c, json_object_get(o, "pod_sandbox_labels"), true);
	read_probes(c, o);
}

struct container *container_parse(struct str json)
{
	json_t *root = json_loadb(json.p, strnlen(json.p, json.n), JSON_ALLOW_NUL, NULL);
	json_t *o = json_object_get(root, "container");
	struct container *c = NULL;

	if (json_is_object(o)) {
		c = mem_zalloc(sizeof(*c));
		c->bytes = sizeof(*c);
		read_container(c, o);
		if (!c->id || !c->id->len) {
			container_free(c);
			c = NULL;
		}
	}
	json_decref(root);
	return c;
}

static void free_probes(struct container_probe *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		istr_put(v[i].exe);
		istr_put(v[i].args);
	}
	free(v);
}

static void free_labels(struct container_label *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		istr_put(v[i].key);
		istr_put(v[i].value);
	}
	free(v);
}

void container_free(struct container *c)
{
	struct container_mount *m;

	if (!c)
		return;
	struct istr *all[] = {c->id, c->full_id, c->name, c->image, c->image_id, c->image_repo,
		c->image_tag, c->image_digest, c->user, c->cni_json, c->ip, c->pod_sandbox_id};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		istr_put(all[i]);
	vec_foreach (m, &c->mounts) {
		istr_put(m->source);
		istr_put(m->dest);
		istr_put(m->mode);
		istr_put(m->propagation);
	}
	vec_done(&c->mounts);
	free_labels(c->labels.v, c->labels.n);
	free_labels(c->pod_labels.v, c->pod_labels.n);
	free_probes(c->healthcheck.v, c->healthcheck.n);
	free_probes(c->liveness.v, c->liveness.n);
	free_probes(c->readiness.v, c->readiness.n);
	free(c);
}
