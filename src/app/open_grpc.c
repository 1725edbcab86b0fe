/* SPDX-License-Identifier: Apache-2.0 */
#include "app/open_grpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/log.h"
#include "grpc/rpc.h"

bool grpc_wants_alerts(const struct config *c)
{
	return c->grpc_enabled && c->grpc_output_enabled;
}

static struct message_version versions(void)
{
	struct message_version v = {.version = FALCO_VERSION,
		.prerelease = "",
		.build = "",
		.engine_version = ENGINE_VERSION};

	sscanf(FALCO_VERSION, "%u.%u.%u", &v.major, &v.minor, &v.patch);
	sscanf(ENGINE_VERSION, "%u.%u.%u", &v.engine_major, &v.engine_minor, &v.engine_patch);
	return v;
}

static const char *find_hostname(char *buf, size_t size)
{
	const char *name = getenv("FALCO_HOSTNAME");

	if (!name)
		name = getenv("FALCO_GRPC_HOSTNAME"); /* before Falco 0.33 */
	if (name)
		return name;
	*buf = '\0';
	gethostname(buf, size - 1);
	return buf;
}

void open_grpc(struct app *a)
{
	const struct config *c = a->config;
	char host[256] = "", err[512];
	struct rpc_config rc = {
		.address = c->grpc_bind_address,
		.threads = (unsigned)c->grpc_threadiness,
		.files = {c->grpc_private_key, c->grpc_cert_chain, c->grpc_root_certs},
		.hostname = find_hostname(host, sizeof(host)),
		.version = versions(),
		.outputs = grpc_wants_alerts(c) ? a->outputs : NULL,
		.queue_capacity = (size_t)c->outputs_queue_capacity,
		.timeout_ms = (unsigned)c->output_timeout,
		.log = log_text,
	};

	if (!c->grpc_enabled)
		return;
	a->grpc = rpc_start(&rc, err);
	if (a->grpc)
		log_msg(LOG_LEVEL_INFO, "Starting gRPC server at %s with threadiness %u",
			c->grpc_bind_address, rpc_threads(a->grpc));
	else
		log_msg(LOG_LEVEL_EMERGENCY, "Error starting gRPC server: %s", err);
}
