/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, when it is called for the first time.  It brings thirty other libraries along, and to
 * load them costs more than anything else at start-up and a third of our memory, while most runs
 * send nothing by HTTP.  So we do not link with it: the functions of its that we call are here,
 * under their own names, and pass on to it.  Where it cannot be loaded they fail as it would.
 *
 * Options are numbers, pointers and functions, all of which travel in the same way as arguments
 * that a function takes any number of (each of them fills a register or eight bytes).
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdarg.h>
#include <stdbool.h>

#include "base/library.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

_Static_assert(sizeof(long) == 8 && sizeof(curl_off_t) == 8 && sizeof(void *) == 8,
	"every option fills eight bytes");

#if LIBCURL_VERSION_NUM >= 0x080100
#define URL_TO_GET const CURLU
#else
#define URL_TO_GET CURLU
#endif

/* type, name, parameters, how they are passed on, what is returned without the library */
#define FUNCTIONS(F)                                                                               \
	F(CURLcode, curl_global_init, (long flags), (flags), CURLE_FAILED_INIT)                    \
	F(CURL *, curl_easy_init, (void), (), NULL)                                                \
	F(CURLcode, curl_easy_perform, (CURL * c), (c), CURLE_FAILED_INIT)                         \
	F(const char *, curl_easy_strerror, (CURLcode r), (r), "libcurl.so.4 cannot be loaded")    \
	F(struct curl_slist *, curl_slist_append, (struct curl_slist * l, const char *s), (l, s),  \
		NULL)                                                                              \
	F(CURLU *, curl_url, (void), (), NULL)                                                     \
	F(CURLUcode, curl_url_get, (URL_TO_GET * u, CURLUPart what, char **part, unsigned flags),  \
		(u, what, part, flags), CURLUE_BAD_HANDLE)                                         \
	F(CURLUcode, curl_url_set, (CURLU * u, CURLUPart what, const char *part, unsigned flags),  \
		(u, what, part, flags), CURLUE_BAD_HANDLE)
#define PROCEDURES(P)                                                                              \
	P(curl_easy_cleanup, (CURL * c), (c))                                                      \
	P(curl_slist_free_all, (struct curl_slist * l), (l))                                       \
	P(curl_url_cleanup, (CURLU * u), (u))                                                      \
	P(curl_free, (void *p), (p))

static struct {
#define F(type, name, params, args, without) __typeof__(&name) name;
#define P(name, params, args) __typeof__(&name) name;
	FUNCTIONS(F)
	PROCEDURES(P)
#undef F
#undef P
	CURLcode (*curl_easy_setopt)(CURL *c, CURLoption option, ...);
	CURLcode (*curl_easy_getinfo)(CURL *c, CURLINFO info, ...);
} real;

#define F(type, name, params, args, without) #name,
#define P(name, params, args) #name,
static const char *const names[] = {
	FUNCTIONS(F) PROCEDURES(P) "curl_easy_setopt", "curl_easy_getinfo"};
#undef F
#undef P
static struct library library = LIBRARY("libcurl.so.4", names, &real);

static bool have(void)
{
	char why[400];

	return library_load(&library, why);
}

#define F(type, name, params, args, without)                                                       \
	type name params                                                                           \
	{                                                                                          \
		return have() ? real.name args : without;                                          \
	}
#define P(name, params, args)                                                                      \
	void name params                                                                           \
	{                                                                                          \
		if (have())                                                                        \
			real.name args;                                                            \
	}
FUNCTIONS(F)
PROCEDURES(P)

CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	void *value;
	va_list ap;

	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return have() ? real.curl_easy_setopt(c, option, value) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_getinfo(CURL *c, CURLINFO info, ...)
{
	void *value;
	va_list ap;

	va_start(ap, info);
	value = va_arg(ap, void *);
	va_end(ap);
	return have() ? real.curl_easy_getinfo(c, info, value) : CURLE_FAILED_INIT;
}
