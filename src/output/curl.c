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
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>

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

static void load(void)
{
	void *lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return;
#define FIND(name) real.name = (__typeof__(real.name))dlsym(lib, #name);
#define F(type, name, params, args, without) FIND(name)
#define P(name, params, args) FIND(name)
	FUNCTIONS(F)
	PROCEDURES(P)
#undef F
#undef P
	FIND(curl_easy_setopt)
	FIND(curl_easy_getinfo)
#undef FIND
}

static void need(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
}

#define F(type, name, params, args, without)                                                       \
	type name params                                                                           \
	{                                                                                          \
		need();                                                                            \
		return real.name ? real.name args : without;                                       \
	}
#define P(name, params, args)                                                                      \
	void name params                                                                           \
	{                                                                                          \
		need();                                                                            \
		if (real.name)                                                                     \
			real.name args;                                                            \
	}
FUNCTIONS(F)
PROCEDURES(P)

CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	void *value;
	va_list ap;

	need();
	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return real.curl_easy_setopt ? real.curl_easy_setopt(c, option, value) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_getinfo(CURL *c, CURLINFO info, ...)
{
	void *value;
	va_list ap;

	need();
	va_start(ap, info);
	value = va_arg(ap, void *);
	va_end(ap);
	return real.curl_easy_getinfo ? real.curl_easy_getinfo(c, info, value) : CURLE_FAILED_INIT;
}
