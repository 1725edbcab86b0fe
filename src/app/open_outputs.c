/* SPDX-License-Identifier: Apache-2.0 */
/* From the configuration to the outputs. */
#include <stdlib.h>
#include <unistd.h>

#include "app/app.h"
#include "app/log.h"
#include "app/open_grpc.h"
#include "app/privileges.h"
#include "app/signals.h"

static void set_alerts(struct outputs_config *oc, const struct config *c)
{
	oc->json = c->json_output;
	oc->json_output_property = c->json_include_output_property;
	oc->json_message_property = c->json_include_message_property;
	oc->json_fields_property = c->json_include_output_fields_property;
	oc->json_tags_property = c->json_include_tags_property;
	oc->time_iso_8601 = c->time_format_iso_8601;
	oc->rate = c->outputs_rate;
	oc->max_burst = (unsigned)c->outputs_max_burst;
}

static bool ending(void)
{
	return signal_terminate;
}

static void set_queue(struct outputs_config *oc, const struct config *c)
{
	oc->buffered = c->buffered_outputs;
	oc->queue_capacity = (size_t)c->outputs_queue_capacity;
	oc->wait = c->engine_kind == ENGINE_REPLAY;
	oc->ending = ending;
	oc->timeout_ms = (unsigned)c->output_timeout;
	oc->spool.path = c->outputs_spool_path;
	oc->spool.max_bytes = (uint64_t)c->outputs_spool_max_bytes;
	oc->spool.fsync = (enum spool_fsync)c->outputs_spool_fsync;
	oc->spool.fsync_ms = (unsigned)c->outputs_spool_fsync_interval;
}

static void set_sinks(struct outputs_config *oc, const struct config *c)
{
	oc->subscribers = grpc_wants_alerts(c);
	oc->stdout_enabled = c->stdout_output_enabled;
	oc->syslog_enabled = c->syslog_output_enabled;
	oc->file_enabled = c->file_output_enabled;
	oc->file_keep_alive = c->file_output_keep_alive;
	oc->file_name = c->file_output_filename;
	oc->program_enabled = c->program_output_enabled && !privileges_sealed();
	oc->program_keep_alive = c->program_output_keep_alive;
	oc->program = c->program_output_program;
}

void app_http_config(struct http_config *ret, const struct config *c)
{
	*ret = (struct http_config){
		.url = c->http_output_url,
		.user_agent = c->http_output_user_agent,
		.ca_cert = c->http_output_ca_cert,
		.ca_bundle = c->http_output_ca_bundle,
		.ca_path = c->http_output_ca_path,
		.client_cert = c->http_output_client_cert,
		.client_key = c->http_output_client_key,
		.insecure = c->http_output_insecure,
		.mtls = c->http_output_mtls,
		.echo = c->http_output_echo,
		.compress = c->http_output_compress_uploads,
		.keep_alive = c->http_output_keep_alive,
		.max_consecutive_timeouts = (unsigned)c->http_output_max_consecutive_timeouts,
		.timeout_ms = (unsigned)c->http_output_timeout,
	};
}

/* host: room for the name of this machine, as long as ret is in use. */
static void outputs_config_of(const struct config *c, char host[256], struct outputs_config *ret)
{
	const char *name = getenv("FALCO_HOSTNAME");

	host[0] = host[255] = '\0';
	if (!name && gethostname(host, 255) == 0)
		name = host;
	*ret = (struct outputs_config){.hostname = name ? name : ""};
	set_alerts(ret, c);
	set_queue(ret, c);
	set_sinks(ret, c);
	ret->http_enabled = c->http_output_enabled;
	app_http_config(&ret->http, c);
}

bool app_open_outputs(struct app *a)
{
	char host[256], err[512];
	struct outputs_config oc;

	outputs_config_of(a->config, host, &oc);
	a->outputs = outputs_new(&oc, log_text, err);
	if (!a->outputs)
		app_error("%s", err);
	return a->outputs;
}

struct outputs_change *app_prepare_outputs(const struct config *from, const struct config *to)
{
	struct outputs_config was, is;
	char host[256], err[512];
	struct outputs_change *ret;

	outputs_config_of(from, host, &was);
	outputs_config_of(to, host, &is);
	ret = outputs_prepare(&was, &is, err);
	if (!ret)
		app_error("%s", err);
	return ret;
}
