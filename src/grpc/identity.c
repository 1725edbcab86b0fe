/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC's core asks at every handshake whether there is something new.  What it is given it copies.
 */
#include "grpc/identity.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct identity {
	const struct core *core;
	char *private_key, *cert_chain, *root_certs;
	pthread_mutex_t lock; /* of what follows */
	struct tls tls;
	bool fresh; /* gRPC's core has not got it yet */
};

static grpc_ssl_certificate_config_reload_status fetch(
	void *arg, grpc_ssl_server_certificate_config **ret)
{
	grpc_ssl_certificate_config_reload_status status =
		GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
	struct identity *id = arg;

	pthread_mutex_lock(&id->lock);
	if (id->fresh) {
		grpc_ssl_pem_key_cert_pair pair = {id->tls.key.p, id->tls.chain.p};

		*ret = id->core->grpc_ssl_server_certificate_config_create(
			id->tls.roots.p, &pair, 1);
		status = GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
		id->fresh = false;
	}
	pthread_mutex_unlock(&id->lock);
	return status;
}

static bool read_files(const struct identity *id, struct tls *ret, char err[512])
{
	const struct tls_files files = {id->private_key, id->cert_chain, id->root_certs};

	return tls_read(ret, &files, err);
}

struct identity *identity_new(const struct core *core, const struct tls_files *files, char err[512])
{
	struct identity *id = mem_zalloc(sizeof(*id));

	id->core = core;
	id->private_key = mem_strdup(files->private_key);
	id->cert_chain = mem_strdup(files->cert_chain);
	id->root_certs = mem_strdup(files->root_certs);
	pthread_mutex_init(&id->lock, NULL);
	id->fresh = read_files(id, &id->tls, err);
	if (id->fresh)
		return id;
	identity_free(id);
	return NULL;
}

grpc_server_credentials *identity_credentials(struct identity *id)
{
	const struct core *core = id->core;

	return core->grpc_ssl_server_credentials_create_with_options(
		core->grpc_ssl_server_credentials_create_options_using_config_fetcher(
			GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, fetch, id));
}

static bool same(const struct tls *a, const struct tls *b)
{
	return str_eq(a->key, b->key) && str_eq(a->chain, b->chain) && str_eq(a->roots, b->roots);
}

int identity_renew(struct identity *id, char err[512])
{
	struct tls now, before;
	bool changed;

	if (!read_files(id, &now, err))
		return -1;
	pthread_mutex_lock(&id->lock);
	changed = !same(&now, &id->tls);
	before = id->tls;
	id->tls = now;
	id->fresh |= changed;
	pthread_mutex_unlock(&id->lock);
	tls_done(&before);
	return changed;
}

void identity_free(struct identity *id)
{
	if (!id)
		return;
	tls_done(&id->tls);
	pthread_mutex_destroy(&id->lock);
	free(id->private_key);
	free(id->cert_chain);
	free(id->root_certs);
	free(id);
}
