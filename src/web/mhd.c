/* SPDX-License-Identifier: Apache-2.0 */
#include "web/mhd.h"

#include <stdio.h>

#include "base/library.h"

struct mhd mhd;

#define NAME(name) "MHD_" #name,
static const char *const names[] = {MHD_FUNCTIONS(NAME)};
/* The name that programs linked with today's libmicrohttpd, 0.9.45 to 1.0, ask for. */
static struct library library = LIBRARY("libmicrohttpd.so.12", names, &mhd);

bool mhd_load(char err[512])
{
	char why[400];

	if (library_load(&library, why))
		return true;
	snprintf(err, 512,
		"%s: install the library (libmicrohttpd12 on Debian), or say "
		"webserver.enabled=false",
		why);
	return false;
}
