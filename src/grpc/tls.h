/* SPDX-License-Identifier: Apache-2.0 */
/* Key and certificates of the server, as files in PEM. */
#ifndef GRPC_TLS_H
#define GRPC_TLS_H
#include "base/arena.h"

struct tls_files {
	const char *private_key; /* without a passphrase */
	const char *cert_chain;	 /* of the server, its own first */
	const char *root_certs;	 /* of who may vouch for clients */
};

struct tls {
	struct arena arena;
	struct str key, chain, roots; /* NUL behind them */
};

/* Reads and checks them. False with a message in err that says what to do; t needs no tls_done. */
bool tls_read(struct tls *t, const struct tls_files *f, char err[512]);
/* The key is wiped. */
void tls_done(struct tls *t);
#endif
