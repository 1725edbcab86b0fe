/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC's core says of a key or certificate that it cannot use no more than that it cannot listen,
 * so they are looked at here first.  Nothing of the key is ever in a message.
 */
#include "grpc/tls.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "grpc/crypto.h"

#define MAX_PEM (1u << 20)
#define INSTEAD "or listen on a socket of this machine (grpc.bind_address: unix:///run/falco.sock)"

/* Whoever starts us is not there to be asked for one. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	*(bool *)arg = true;
	return -1;
}

static bool read_file(
	struct tls *t, const char *key, const char *path, struct str *ret, char err[512])
{
	int r = file_read(&t->arena, path, MAX_PEM, ret);

	if (r == 0)
		return true;
	snprintf(err, 512, "grpc.%s: %s: %s: let it name a PEM file that we may read, " INSTEAD,
		key, path, strerror(-r));
	return false;
}

static X509 *parse_cert(const struct crypto *y, struct str pem)
{
	BIO *in = y->BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = in ? y->PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	y->BIO_free(in);
	y->ERR_clear_error();
	return x;
}

static EVP_PKEY *parse_key(const struct crypto *y, struct str pem, bool *ret_locked)
{
	BIO *in = y->BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *k;

	*ret_locked = false;
	k = in ? y->PEM_read_bio_PrivateKey(in, NULL, no_passphrase, ret_locked) : NULL;
	y->BIO_free(in);
	y->ERR_clear_error();
	return k;
}

static bool check_pair(const struct crypto *y, const struct tls_files *f, EVP_PKEY *key,
	bool locked, X509 *cert, char err[512])
{
	if (!key)
		snprintf(err, 512, "grpc.private_key: %s: %s", f->private_key,
			locked ? "it is locked with a passphrase: store it without, readable for "
				 "us only"
			       : "no private key in PEM");
	else if (!cert)
		snprintf(err, 512, "grpc.cert_chain: %s: no certificate in PEM", f->cert_chain);
	else if (!y->X509_check_private_key(cert, key))
		snprintf(err, 512,
			"grpc.cert_chain: %s: its first certificate is not that of the key "
			"in %s",
			f->cert_chain, f->private_key);
	else
		return true;
	y->ERR_clear_error();
	return false;
}

static bool check(const struct tls *t, const struct tls_files *f, char err[512])
{
	const struct crypto *y = crypto_load(err);
	X509 *cert, *root;
	bool locked, ok;
	EVP_PKEY *key;

	if (!y)
		return false;
	key = parse_key(y, t->key, &locked);
	cert = parse_cert(y, t->chain);
	root = parse_cert(y, t->roots);
	ok = check_pair(y, f, key, locked, cert, err);
	if (ok && !root) {
		snprintf(err, 512, "grpc.root_certs: %s: no certificate in PEM", f->root_certs);
		ok = false;
	}
	y->EVP_PKEY_free(key);
	y->X509_free(cert);
	y->X509_free(root);
	return ok;
}

bool tls_read(struct tls *t, const struct tls_files *f, char err[512])
{
	*t = (struct tls){0};
	arena_init(&t->arena, 0);
	if (read_file(t, "private_key", f->private_key, &t->key, err) &&
		read_file(t, "cert_chain", f->cert_chain, &t->chain, err) &&
		read_file(t, "root_certs", f->root_certs, &t->roots, err) && check(t, f, err))
		return true;
	tls_done(t);
	return false;
}

void tls_done(struct tls *t)
{
	if (t->key.n)
		explicit_bzero((char *)t->key.p, t->key.n);
	arena_done(&t->arena);
	*t = (struct tls){0};
}
