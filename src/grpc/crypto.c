/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/crypto.h"

#include <stdio.h>

#include "base/library.h"

#define NAME(name) #name,
static const char *const names[] = {CRYPTO_FUNCTIONS(NAME)};
static struct crypto crypto;
static struct library library = LIBRARY(CRYPTO_SONAME, names, &crypto);

const struct crypto *crypto_load(char err[512])
{
	char why[400];

	if (library_load(&library, why))
		return &crypto;
	snprintf(err, 512,
		"%s: install OpenSSL's library (" CRYPTO_SONAME "), or listen without TLS", why);
	return NULL;
}
