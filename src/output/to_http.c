/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts by HTTP POST, one request for each, through libcurl; the body is the text of the alert,
 * byte for byte.
 *
 * Delivered is what a 2xx answers.  Redirects are not followed: whoever answers there is not whom
 * the configuration names.  Certificates are verified unless the configuration says otherwise.
 * User and password of the URL are handed to libcurl apart from it, so that no message has them.
 *
 * compress: bodies are sent with gzip.  A receiver that can not read that refuses the alert; it is
 * sent again as it is, and if that helps, so is everything from then on.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "output/sink.h"

#define CONNECT_TIMEOUT_MS 10000L
#define DEFAULT_TIMEOUT_MS 30000L
#define GZIP_WINDOW (15 + 16) /* zlib's way to ask for gzip's header */

struct to_http {
	struct sink sink;
	CURL *curl;
	struct curl_slist *headers, *gzip_headers;
	char message[CURL_ERROR_SIZE];
	unsigned max_timeouts;
	bool echo;
	_Atomic bool cancelled;

	bool compress;
	z_stream zip;
	struct buf body; /* compressed */
};

/* ---- what libcurl calls ---- */

static size_t take_answer(char *p, size_t size, size_t n, void *arg)
{
	const struct to_http *t = arg;
	size_t done = 0;

	while (t->echo && done < size * n) {
		ssize_t written = write(STDOUT_FILENO, p + done, size * n - done);

		if (written < 0 && errno != EINTR)
			break; /* to see answers is not worth losing alerts */
		done += written > 0 ? (size_t)written : 0;
	}
	return size * n;
}

static int look_up(
	void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	return atomic_load(&((struct to_http *)arg)->cancelled);
}

/* Programs that we start have no use for our connections. */
static int keep_socket_to_us(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return CURL_SOCKOPT_OK;
}

/* ---- one request ---- */

static void compress_body(struct to_http *t, struct str text)
{
	int r;

	t->body.n = 0;
	buf_reserve(&t->body, deflateBound(&t->zip, text.n));
	t->zip.next_in = (Bytef *)text.p;
	t->zip.avail_in = (uInt)text.n;
	t->zip.next_out = (Bytef *)t->body.p;
	t->zip.avail_out = (uInt)t->body.cap;
	r = deflate(&t->zip, Z_FINISH);
	t->body.n = r == Z_STREAM_END ? t->zip.total_out : 0;
	deflateReset(&t->zip);
}

static int fault(struct to_http *t, int r, const char *what)
{
	snprintf(
		t->sink.error, sizeof(t->sink.error), "%.*s", (int)sizeof(t->sink.error) - 1, what);
	return r;
}

/* What an HTTP status means for the alert. */
static int judge(struct to_http *t, long status)
{
	static const short refusals[] = {400, 413, 414, 415, 422, 431};
	char text[32];

	if (status >= 200 && status < 300)
		return 0;
	snprintf(text, sizeof(text), "HTTP status %ld", status);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (status == refusals[i])
			return fault(t, -EBADMSG, text);
	return fault(t, -EREMOTEIO, text);
}

static int post(struct to_http *t, struct str text, bool compressed)
{
	struct str body = text;
	long status = 0;
	CURLcode r;

	if (compressed) {
		compress_body(t, text);
		body = buf_view(&t->body);
	}
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, compressed ? t->gzip_headers : t->headers);
	curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, body.p);
	curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	t->message[0] = '\0';
	r = curl_easy_perform(t->curl);
	if (r == CURLE_ABORTED_BY_CALLBACK)
		return -ECANCELED;
	if (r)
		return fault(t, r == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EREMOTEIO,
			t->message[0] ? t->message : curl_easy_strerror(r));
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return judge(t, status);
}

/* The same alert again after a timeout, as often as the configuration says. */
static int post_patiently(struct to_http *t, struct str text, bool compressed)
{
	unsigned timeouts = 0;
	int r;

	do
		r = post(t, text, compressed);
	while (r == -ETIMEDOUT && timeouts++ < t->max_timeouts);
	if (!r)
		t->sink.error[0] = '\0';
	return r;
}

static int put(struct sink *s, const struct alert *a)
{
	struct to_http *t = (struct to_http *)s;
	int r = post_patiently(t, a->text, t->compress);

	if (r == -EBADMSG && t->compress) {
		r = post_patiently(t, a->text, false);
		t->compress = r != 0;
	}
	return r;
}

static void cancel(struct sink *s)
{
	atomic_store(&((struct to_http *)s)->cancelled, true);
}

static void finish(struct sink *s)
{
	struct to_http *t = (struct to_http *)s;

	curl_easy_cleanup(t->curl);
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->gzip_headers);
	deflateEnd(&t->zip);
	buf_done(&t->body);
	free(t);
}

/* ---- setting up ---- */

/* The address without user and password, which go to libcurl by themselves. */
static CURLcode set_url(CURL *curl, const char *url)
{
	struct str s = str_c(url);
	char *user = NULL, *password = NULL, *bare = NULL, *copy;
	CURLU *parts = curl_url();
	CURLcode r;

	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		s = str_n(s.p + 1, s.n - 2);
	copy = str_dup(s);
	if (curl_url_set(parts, CURLUPART_URL, copy, CURLU_GUESS_SCHEME) == CURLUE_OK) {
		curl_url_get(parts, CURLUPART_USER, &user, CURLU_URLDECODE);
		curl_url_get(parts, CURLUPART_PASSWORD, &password, CURLU_URLDECODE);
		curl_url_set(parts, CURLUPART_USER, NULL, 0);
		curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
		curl_url_get(parts, CURLUPART_URL, &bare, 0);
	}
	r = curl_easy_setopt(curl, CURLOPT_URL, bare ? bare : "");
	if (!r && user)
		r = curl_easy_setopt(curl, CURLOPT_USERNAME, user);
	if (!r && password)
		r = curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
	curl_free(user);
	curl_free(password);
	curl_free(bare);
	curl_url_cleanup(parts);
	free(copy);
	return bare ? r : CURLE_URL_MALFORMAT;
}

static CURLcode set_tls(CURL *curl, const struct http_config *c)
{
	CURLcode r = CURLE_OK;

	if (c->insecure) {
		r = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		if (!r)
			r = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (!r && c->mtls) {
		r = curl_easy_setopt(curl, CURLOPT_SSLCERT, c->client_cert);
		if (!r)
			r = curl_easy_setopt(curl, CURLOPT_SSLKEY, c->client_key);
	}
	if (r)
		return r;
	if (c->ca_cert && *c->ca_cert)
		return curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca_cert);
	if (c->ca_bundle && *c->ca_bundle)
		return curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca_bundle);
	return curl_easy_setopt(curl, CURLOPT_CAPATH, c->ca_path);
}

static CURLcode set_up(struct to_http *t, const struct http_config *c)
{
	CURL *curl = t->curl;
	CURLcode r = set_url(curl, c->url);

	if (!r)
		r = set_tls(curl, c);
	if (!r)
		r = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (!r)
		r = curl_easy_setopt(curl, CURLOPT_USERAGENT, c->user_agent);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->message);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(
		curl, CURLOPT_TIMEOUT_MS, c->timeout_ms ? (long)c->timeout_ms : DEFAULT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, (long)c->keep_alive);
	curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, keep_socket_to_us);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
	return r;
}

static struct curl_slist *make_headers(bool json, bool compressed)
{
	struct curl_slist *l = NULL;

	l = curl_slist_append(
		l, json ? "Content-Type: application/json" : "Content-Type: text/plain");
	l = curl_slist_append(l, "Expect:");
	return compressed ? curl_slist_append(l, "Content-Encoding: gzip") : l;
}

static void init_library(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct sink *sink_http_new(const struct http_config *c, bool json, char err[512])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct to_http *t = mem_zalloc(sizeof(*t));
	CURLcode r = CURLE_FAILED_INIT;

	pthread_once(&once, init_library);
	t->sink = (struct sink){.name = "http", .write = put, .cancel = cancel, .close = finish};
	t->max_timeouts = c->max_consecutive_timeouts;
	t->echo = c->echo;
	t->compress = c->compress;
	t->headers = make_headers(json, false);
	t->gzip_headers = make_headers(json, true);
	t->curl = curl_easy_init();
	if (t->curl && deflateInit2(&t->zip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
			       Z_DEFAULT_STRATEGY) == Z_OK)
		r = set_up(t, c);
	if (!r)
		return &t->sink;
	snprintf(err, 512, "http_output: %s", curl_easy_strerror(r));
	finish(&t->sink);
	return NULL;
}

bool outputs_try_http(const struct http_config *c, char err[512])
{
	struct to_http *t = (struct to_http *)sink_http_new(c, true, err);
	CURLcode r;

	if (!t)
		return false;
	r = curl_easy_setopt(t->curl, CURLOPT_CONNECT_ONLY, 1L);
	if (!r)
		r = curl_easy_perform(t->curl);
	if (r)
		snprintf(err, 512, "%s", t->message[0] ? t->message : curl_easy_strerror(r));
	finish(&t->sink);
	return !r;
}
