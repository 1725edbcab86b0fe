/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that there are. */
#ifndef WEB_ENDPOINTS_H
#define WEB_ENDPOINTS_H
#include "web/server.h"
#include "web/recent.h"

struct endpoints {
	struct metrics *metrics;
	struct recent *recent;
	const char *versions; /* JSON, owned by whoever fills this in */
};

#define MAX_ROUTES 4
/*
 * Fills ret with routes over e, which stays as long as they are used; returns how many. healthz:
 * the path of the health endpoint; prometheus: whether there is one at /metrics.
 */
size_t endpoints_routes(struct endpoints *e, const char *healthz, bool prometheus,
	struct server_route ret[MAX_ROUTES]);

/* The status page (web/page.c). */
void page_handler(void *endpoints, const struct server_request *q, struct server_response *ret);
/* Its table of alerts; with their texts only when local. (web/page_alerts.c) */
void page_alerts(struct buf *out, struct recent *w, bool local);
#endif
