/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of container runtimes: there, and answered?  Docker and podman speak HTTP and are asked
 * for a sign of life; containerd and CRI-O speak gRPC, and show themselves by the settings that
 * any HTTP/2 server begins with. No container is asked about.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/app.h"
#include "app/doctor.h"

#define CONTAINERS "containers"

static const char ping[] = "GET /_ping HTTP/1.0\r\nHost: localhost\r\n\r\n";
/* The preface of RFC 9113, 3.4, and an empty frame of settings. */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
#define FRAME_HEADER 9
#define FRAME_SETTINGS 4

enum protocol { HTTP, GRPC };

static const struct runtime {
	const char *name, *path;
	enum protocol protocol;
} runtimes[] = {
	{"docker", "/var/run/docker.sock", HTTP},
	{"podman", "/run/podman/podman.sock", HTTP},
	{"containerd", "/run/containerd/containerd.sock", GRPC},
	{"containerd", "/run/host-containerd/containerd.sock", GRPC},
	{"containerd (k3s)", "/run/k3s/containerd/containerd.sock", GRPC},
	{"cri-o", "/run/crio/crio.sock", GRPC},
};

static bool answers(int fd, enum protocol protocol, char why[128])
{
	char answer[64] = "";
	int n = protocol == HTTP
			? doctor_ask(fd, ping, sizeof(ping) - 1, answer, sizeof(answer))
			: doctor_ask(fd, preface, sizeof(preface) - 1, answer, sizeof(answer));
	bool good = protocol == HTTP ? n >= 5 && !memcmp(answer, "HTTP/", 5)
				     : n >= FRAME_HEADER && answer[3] == FRAME_SETTINGS;

	if (n < 0)
		snprintf(why, 128, "%s", strerror(-n));
	else
		snprintf(why, 128, n ? "what answers there is something else" : "it hung up");
	return good;
}

static void check(struct doctor *d, const char *name, const char *path, enum protocol protocol,
	bool asked_for)
{
	struct str full = arena_printf(&d->arena, "%s%s", d->host_root, path);
	int fd = doctor_connect_unix(full.p, SOCK_STREAM);
	char why[128];

	/* /var/run is a link to /run, which leads out of HOST_ROOT where it is an absolute one. */
	if (fd == -ENOENT && *d->host_root && str_starts(str_c(path), STR("/var/run/"))) {
		struct str other = arena_printf(&d->arena, "%s%s", d->host_root, path + 4);

		fd = doctor_connect_unix(other.p, SOCK_STREAM);
		full = fd == -ENOENT ? full : other;
	}
	if (fd == -ENOENT && !asked_for) {
		doctor_add(d, CONTAINERS, name, FINDING_NONE, NULL, "%s is not there", full.p);
	} else if (fd == -ENOENT) {
		doctor_add(d, CONTAINERS, name, FINDING_WARNING,
			"Start the runtime, repair the path, or set HOST_ROOT when this is a "
			"container.",
			"%s is not there", full.p);
	} else if (fd < 0) {
		doctor_add(d, CONTAINERS, name, FINDING_WARNING,
			fd == -EACCES || fd == -EPERM
				? "Run as root, or give this user the socket's group."
				: "Start the runtime, or remove the socket that it left behind.",
			"%s: %s", full.p, strerror(-fd));
	} else {
		bool ok = answers(fd, protocol, why);

		doctor_add(d, CONTAINERS, name, ok ? FINDING_OK : FINDING_WARNING,
			"Look after the runtime: names and images of its containers stay unknown.",
			ok ? "%s answers" : "%s does not answer: %s", full.p, why);
		close(fd);
	}
}

void doctor_containers(struct doctor *d)
{
	const option_list *options = &d->app->options.cri_sockets;

	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++)
		check(d, runtimes[i].name, runtimes[i].path, runtimes[i].protocol, false);
	for (size_t i = 0; i < options->n; i++)
		check(d, "cri", options->v[i], GRPC, true);
	for (size_t i = 0; d->config && i < d->config->container_engines_cri_sockets.n; i++)
		check(d, "cri", d->config->container_engines_cri_sockets.v[i], GRPC, true);
}
