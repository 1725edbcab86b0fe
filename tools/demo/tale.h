/* SPDX-License-Identifier: Apache-2.0 */
/* Who plays, and the acts in their order. */
#ifndef DEMO_TALE_H
#define DEMO_TALE_H
#include "demo/scene.h"

#define WEB_ID "5b2f0a9c71de4c8fb6d3e09a54c1f7728e6ad90b31c45f28e7a6d01b9c3f4e55"
#define BACKUP_ID "e41c77d2903a4b5f8c6d1ea2f90b3d47a85c62f1d07e9b34c8a1f6520d93be7c"
#define NO_LOGIN UINT32_MAX

extern struct place host, web, backup;

/* Those who are on stage from the beginning. */
struct cast {
	struct actor *sshd, *cron, *containerd, *web_shim, *httpd, *worker, *backup_shim, *agent;
};

/* Customers, cron and an administrator: nothing to see. */
void tale_quiet(struct scene *s, const struct cast *c);
/* From the first probe of the web server to the wiped logs of the node. */
void tale_attack(struct scene *s, const struct cast *c);
/* The shop goes on. */
void tale_morning(struct scene *s, const struct cast *c);
#endif
