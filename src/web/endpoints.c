/* SPDX-License-Identifier: Apache-2.0 */
#include "web/endpoints.h"

static void healthz(void *arg, const struct server_request *q, struct server_response *ret)
{
	ret->type = "application/json";
	buf_puts(&ret->body, "{\"status\": \"ok\"}");
}

static void versions(void *arg, const struct server_request *q, struct server_response *ret)
{
	const struct endpoints *e = arg;

	ret->type = "application/json";
	buf_puts(&ret->body, e->versions);
}

static void metrics(void *arg, const struct server_request *q, struct server_response *ret)
{
	const struct endpoints *e = arg;

	ret->type = "text/plain; version=0.0.4";
	metrics_prometheus(e->metrics, &ret->body);
}

size_t endpoints_routes(struct endpoints *e, const char *healthz_path, bool prometheus,
	struct server_route ret[MAX_ROUTES])
{
	size_t n = 0;

	/* The first one that fits answers: a health endpoint may be anywhere. */
	ret[n++] = (struct server_route){healthz_path, healthz, e};
	ret[n++] = (struct server_route){"/versions", versions, e};
	if (prometheus)
		ret[n++] = (struct server_route){"/metrics", metrics, e};
	ret[n++] = (struct server_route){"/", page_handler, e};
	return n;
}
