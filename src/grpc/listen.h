/* SPDX-License-Identifier: Apache-2.0 */
/* From grpc.bind_address to a port of gRPC's server. */
#ifndef GRPC_LISTEN_H
#define GRPC_LISTEN_H
#include "grpc/core.h"
#include "grpc/identity.h"

/*
 * "unix:///path": a socket that its owner alone may use, in the place of one that nobody listens
 * on any more; missing folders are made. "address:port": TCP, TLS with certificates on both sides.
 * False with a message in err that says what to do. *ret: of TCP, to be freed after the server.
 */
bool listen_on(const struct core *core, grpc_server *server, const char *address,
	const struct tls_files *files, struct identity **ret, char err[512]);
#endif
