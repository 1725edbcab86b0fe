/* SPDX-License-Identifier: Apache-2.0 */
/* What is called of OpenSSL's libcrypto, on which gRPC's core stands: loaded when there is TLS. */
#ifndef GRPC_CRYPTO_H
#define GRPC_CRYPTO_H
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define CRYPTO_FUNCTIONS(F)                                                                        \
	F(BIO_free)                                                                                \
	F(BIO_new_mem_buf)                                                                         \
	F(ERR_clear_error)                                                                         \
	F(EVP_PKEY_free)                                                                           \
	F(PEM_read_bio_PrivateKey)                                                                 \
	F(PEM_read_bio_X509)                                                                       \
	F(X509_check_private_key)                                                                  \
	F(X509_free)

struct crypto {
#define F(name) __typeof__(&name) name;
	CRYPTO_FUNCTIONS(F)
#undef F
};

/* Lasts for ever. NULL with a message in err: it is not there, or not as we know it. */
const struct crypto *crypto_load(char err[512]);
#endif
