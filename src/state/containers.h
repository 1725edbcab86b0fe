/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers: which one a process is in (from its cgroups), and what is known of it (records that
 * captures carry as asyncevent "container", old container events, later the runtimes' sockets).
 */
#ifndef STATE_CONTAINERS_H
#define STATE_CONTAINERS_H
#include "state/state.h"

/* Numbers as in the records' JSON. */
enum container_type {
	CT_DOCKER,
	CT_LXC,
	CT_LIBVIRT_LXC,
	CT_MESOS,
	CT_RKT,
	CT_CUSTOM,
	CT_CRI,
	CT_CONTAINERD,
	CT_CRIO,
	CT_BPM,
	CT_STATIC,
	CT_PODMAN,
	CT_HOST = 0xfffe,
	CT_UNKNOWN = 0xffff
};

struct container_mount {
	struct istr *source, *dest, *mode, *propagation;
	bool rdwr;
};

struct container_probe {
	struct istr *exe;
	struct istr *args; /* NUL-terminated strings one after the other */
};

struct container_label {
	struct istr *key, *value;
};

struct container {
	struct istr *id; /* 12 characters for most runtimes */
	struct istr *full_id, *name, *image, *image_id, *image_repo, *image_tag, *image_digest;
	struct istr *user, *cni_json, *ip, *pod_sandbox_id;
	enum container_type type;
	bool privileged, host_pid, host_network, host_ipc, is_pod_sandbox;
	uint64_t created_ts; /* as the record gives it, 0 unknown */
	VEC(struct container_mount) mounts;
	VEC(struct container_label) labels, pod_labels; /* by ascending key */
	VEC(struct container_probe) healthcheck, liveness, readiness;
	size_t bytes; /* memory held, for the budget */
};

/* NULL when nothing is known of it. */
struct container *state_container(const struct state *s, struct str id);
size_t state_container_count(const struct state *s);
/* The thread's container; NULL on the host or when nothing is known. */
struct container *thread_container(const struct state *s, const struct thread *t);
/*
 * The container that an event's container fields are about: the one that a container event tells
 * of, coming or going, else the thread's.
 */
struct container *event_container(const struct event_ctx *ctx);
/* Whether any container is known to have this IPv4 address. */
bool containers_have_ip(const struct state *s, const uint8_t addr[4]);
/* Id from "subsystem=path" strings one after the other; type of the runtime that names it so. */
struct str container_id_of_cgroups(struct str cgroups, enum container_type *ret_type);
/*
 * From the JSON of a record ({"container": {...}}); NULL when it is not one or has no id. The
 * caller owns it: container_free().
 */
struct container *container_parse(struct str json);
void container_free(struct container *c);
/* Value of a label, STR_NONE when it has none of that name. */
struct str container_label(const struct container *c, struct str key);
#endif
