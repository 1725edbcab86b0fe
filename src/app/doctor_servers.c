/* SPDX-License-Identifier: Apache-2.0 */
/* Whether our own servers could be opened: addresses that are free, certificates that are there. */
#include <errno.h>
#include <libgen.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/doctor.h"
#include "base/file.h"

#define SERVERS "servers"
#define MAX_PEM (1 << 20)

static void report_address(struct doctor *d, const char *name, const char *address, int r)
{
	if (!r)
		doctor_add(d, SERVERS, name, FINDING_OK, NULL, "%s is free", address);
	else
		doctor_add(d, SERVERS, name, FINDING_BROKEN,
			r == -EADDRINUSE
				? "Another program has it, another falco perhaps: end it, or "
				  "take another address."
			: r == -EACCES ? "Ports below 1024 take CAP_NET_BIND_SERVICE."
				       : "Take an address of this machine.",
			"%s: %s", address, strerror(-r));
}

/* parts: what must be in the file, between "-----BEGIN " and "-----"; a key is for us only. */
static void check_pem(struct doctor *d, const char *name, const char *path, bool cert, bool key)
{
	struct str text;
	struct stat st;
	int r = file_read(&d->arena, path, MAX_PEM, &text);
	const char *lacks = NULL;

	if (r) {
		doctor_add(d, SERVERS, name, FINDING_BROKEN, "Make it, or name another file.",
			"%s: %s", path, strerror(-r));
		return;
	}
	if (cert && str_find(text, STR("-----BEGIN CERTIFICATE-----")) < 0)
		lacks = "certificate";
	if (key && str_find(text, STR("PRIVATE KEY-----")) < 0)
		lacks = "private key";
	if (lacks)
		doctor_add(d, SERVERS, name, FINDING_BROKEN, "Put it into the file, in PEM.",
			"%s has no %s", path, lacks);
	else if (key && stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		doctor_add(d, SERVERS, name, FINDING_WARNING, "chmod o-rwx the file.",
			"everybody can read the private key in %s", path);
	else
		doctor_add(d, SERVERS, name, FINDING_OK, NULL, "%s has what it takes", path);
}

static void check_web(struct doctor *d)
{
	const struct config *c = d->config;
	const char *host = c->webserver_listen_address;
	struct str shown = arena_printf(&d->arena, strchr(host, ':') ? "[%s]:%lld" : "%s:%lld",
		host, (long long)c->webserver_listen_port);

	report_address(d, "web server", shown.p,
		doctor_can_listen(host, (unsigned)c->webserver_listen_port));
	if (c->webserver_ssl_enabled)
		check_pem(d, "web certificate", c->webserver_ssl_certificate, true, true);
}

/* A socket that is there already is only in the way when somebody listens at it. */
static void check_grpc_socket(struct doctor *d, const char *path)
{
	int fd = doctor_connect_unix(path, SOCK_STREAM), r = 0;
	char *copy = arena_strdup(&d->arena, str_c(path));

	if (fd >= 0) {
		close(fd);
		r = -EADDRINUSE;
	} else if (faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS)) {
		r = -errno;
	}
	report_address(d, "grpc", path, r);
}

static void check_grpc(struct doctor *d)
{
	const struct config *c = d->config;
	struct str s = str_c(c->grpc_bind_address), host;
	ptrdiff_t colon = str_rchr(s, ':');
	uint64_t port = 0;

	if (str_starts(s, STR("unix:"))) {
		s = str_from(s, str_starts(s, STR("unix://")) ? 7 : 5);
		check_grpc_socket(d, s.p);
		return;
	}
	if (colon < 0 || !str_to_u64(str_from(s, (size_t)colon + 1), &port) || port > 65535) {
		report_address(d, "grpc", c->grpc_bind_address, -EINVAL);
		return;
	}
	host = str_head(s, (size_t)colon);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_n(host.p + 1, host.n - 2);
	host = arena_str(&d->arena, host);
	report_address(d, "grpc", s.p, doctor_can_listen(host.p, (unsigned)port));
	check_pem(d, "grpc key", c->grpc_private_key, false, true);
	check_pem(d, "grpc certificate", c->grpc_cert_chain, true, false);
	check_pem(d, "grpc authority", c->grpc_root_certs, true, false);
}

void doctor_servers(struct doctor *d)
{
	if (!d->config)
		return;
	if (d->config->webserver_enabled)
		check_web(d);
	if (d->config->grpc_enabled)
		check_grpc(d);
	if (d->config->http_output_enabled && d->config->http_output_mtls) {
		check_pem(d, "http certificate", d->config->http_output_client_cert, true, false);
		check_pem(d, "http key", d->config->http_output_client_key, false, true);
	}
}
