/* SPDX-License-Identifier: Apache-2.0 */
/* The gRPC server: from the configuration of the start, which reloads do not change. */
#ifndef APP_OPEN_GRPC_H
#define APP_OPEN_GRPC_H
#include "app/app.h"

/* Whether alerts are for gRPC clients, too. */
bool grpc_wants_alerts(const struct config *c);
/*
 * Starts a->grpc if the configuration asks for it. What goes wrong is logged; as in Falco, the rest
 * goes on.
 */
void open_grpc(struct app *a);
#endif
