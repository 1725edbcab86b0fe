/* SPDX-License-Identifier: Apache-2.0 */
/* One row per output, in the order in which they are set up. */
#include "output/kinds.h"

#include <stddef.h>

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool has_spool(const struct outputs_config *c)
{
	return c->spool.path && *c->spool.path;
}

static struct sink *make_file(const struct outputs_config *c, char err[512])
{
	return sink_file_new(c->file_name, c->file_keep_alive, c->buffered, has_spool(c));
}

static bool same_file(const struct outputs_config *a, const struct outputs_config *b)
{
	return a->file_keep_alive == b->file_keep_alive && same_text(a->file_name, b->file_name);
}

static const char *place_file(const struct outputs_config *c)
{
	return c->file_name;
}

static struct sink *make_stdout(const struct outputs_config *c, char err[512])
{
	return sink_stdout_new(c->buffered);
}

static bool same_stdout(const struct outputs_config *a, const struct outputs_config *b)
{
	return true;
}

static const char *place_stdout(const struct outputs_config *c)
{
	return NULL;
}

static struct sink *make_syslog(const struct outputs_config *c, char err[512])
{
	return sink_syslog_new(c->syslog_socket);
}

static bool same_syslog(const struct outputs_config *a, const struct outputs_config *b)
{
	return same_text(a->syslog_socket, b->syslog_socket);
}

static const char *place_syslog(const struct outputs_config *c)
{
	return c->syslog_socket;
}

static struct sink *make_program(const struct outputs_config *c, char err[512])
{
	return sink_program_new(c->program, c->program_keep_alive, c->buffered);
}

static bool same_program(const struct outputs_config *a, const struct outputs_config *b)
{
	return a->program_keep_alive == b->program_keep_alive && same_text(a->program, b->program);
}

static const char *place_program(const struct outputs_config *c)
{
	return c->program;
}

static struct sink *make_http(const struct outputs_config *c, char err[512])
{
	return sink_http_new(&c->http, c->json, err);
}

static bool same_http(const struct outputs_config *a, const struct outputs_config *b)
{
	const struct http_config *x = &a->http, *y = &b->http;

	return a->json == b->json && x->insecure == y->insecure && x->mtls == y->mtls &&
	       x->echo == y->echo && x->compress == y->compress && x->keep_alive == y->keep_alive &&
	       x->max_consecutive_timeouts == y->max_consecutive_timeouts &&
	       x->timeout_ms == y->timeout_ms && same_text(x->url, y->url) &&
	       same_text(x->user_agent, y->user_agent) && same_text(x->ca_cert, y->ca_cert) &&
	       same_text(x->ca_bundle, y->ca_bundle) && same_text(x->ca_path, y->ca_path) &&
	       same_text(x->client_cert, y->client_cert) && same_text(x->client_key, y->client_key);
}

static const char *place_http(const struct outputs_config *c)
{
	return c->http.url;
}

#define KIND(what)                                                                                 \
	{                                                                                          \
#what, offsetof(struct outputs_config, what##_enabled), make_##what, same_##what,  \
			place_##what                                                               \
	}
const struct output_kind output_kinds[OUTPUT_KINDS] = {
	KIND(file), KIND(stdout), KIND(syslog), KIND(program), KIND(http)};
