/* SPDX-License-Identifier: Apache-2.0 */
/* Who the server is for its clients: key and certificates, which may be others after a while. */
#ifndef GRPC_IDENTITY_H
#define GRPC_IDENTITY_H
#include "grpc/core.h"
#include "grpc/tls.h"

struct identity;
/* Names of files are copied. NULL with a message in err that says what to do. */
struct identity *identity_new(
	const struct core *core, const struct tls_files *files, char err[512]);
/* For grpc_server_add_http2_port(); clients need a certificate, too. */
grpc_server_credentials *identity_credentials(struct identity *id);
/*
 * Reads the files anew: connections from now on get what is there. 1; 0 if it is the same as
 * before; -1 with a message in err, and all stays as it was. Any thread.
 */
int identity_renew(struct identity *id, char err[512]);
/* After the server, which asks it; NULL is fine. */
void identity_free(struct identity *id);
#endif
