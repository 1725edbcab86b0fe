/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts and where they go.  An alert is rendered once by the thread that drives the events; every
 * sink has a thread and a place of its own in the queue, so that none waits for another.
 */
#ifndef OUTPUT_OUTPUTS_H
#define OUTPUT_OUTPUTS_H
#include "rules/ruleset.h"

/* One alert, rendered: everything sinks could want. Strings belong to the alert. */
struct alert {
	uint64_t ts; /* nanoseconds since the epoch */
	enum priority priority;
	const char *rule, *source;
	const char *const *tags; /* of the rule, sorted */
	size_t ntags;
	struct str text;   /* the line: JSON object or "time: Priority text", no newline */
	struct str fields; /* output_fields as JSON members, "" when nobody asked for them */
};

/* As the keys http_output.* say; strings may be NULL where "" is allowed. */
struct http_config {
	const char *url, *user_agent;
	const char *ca_cert, *ca_bundle, *ca_path;
	const char *client_cert, *client_key; /* mtls only */
	bool insecure, mtls, echo, compress, keep_alive;
	unsigned max_consecutive_timeouts;
	unsigned timeout_ms; /* of one request, 0: 30 seconds */
};

enum spool_fsync {
	SPOOL_FSYNC_NEVER,    /* alerts outlive the process */
	SPOOL_FSYNC_INTERVAL, /* and the machine, but for the last moments */
	SPOOL_FSYNC_ALWAYS    /* and the machine; whoever raises one waits for the disk */
};

/* As the keys outputs_spool.* say. */
struct spool_config {
	const char *path; /* folder; NULL or "": no spool */
	uint64_t max_bytes;
	enum spool_fsync fsync;
	unsigned fsync_ms; /* SPOOL_FSYNC_INTERVAL */
};

struct outputs_config {
	bool json, json_output_property, json_message_property, json_fields_property,
		json_tags_property, time_iso_8601, buffered;
	const char *hostname;
	size_t queue_capacity; /* alerts that may wait for a sink; 0: what fits into 256 MiB */
	bool wait; /* a full queue makes the caller wait, as reading a capture can, not drop */
	bool (*ending)(void); /* true: nobody is to wait any more; any thread, NULL: never */
	unsigned timeout_ms;  /* watchdog of a sink that does not come back */
	double rate;	      /* old outputs.rate: alerts a second, 0 off */
	unsigned max_burst;
	/* Subscriptions are an output as good as others, and want output_fields in any case. */
	bool subscribers;
	bool stdout_enabled, syslog_enabled;
	const char *syslog_socket; /* NULL: /dev/log */
	bool file_enabled, file_keep_alive;
	const char *file_name;
	bool program_enabled, program_keep_alive;
	const char *program;
	bool http_enabled;
	struct http_config http;
	struct spool_config spool;
};

/*
 * Connects to the receiver, verifies who it is, and hangs up: nothing is sent. False with a
 * message, without the address, in err.
 */
bool outputs_try_http(const struct http_config *c, char err[512]);

struct outputs;
/*
 * NULL with a message in err when no output is enabled, one can not be set up, or there is no
 * thread to be had. Strings of c are copied. log: for reports (levels as enum priority), called
 * from other threads. A sink that can not be written to is reported when it begins to fail, and
 * tried again with every alert; the others go on, as they do when one does not come back.
 */
struct outputs *outputs_new(
	const struct outputs_config *c, void (*log)(int level, const char *text), char err[512]);
/*
 * Other settings, from those of from, which were given last: what has to be made new is made by
 * any thread, beside what is in use. NULL with a message in err, as outputs_new(). With a spool,
 * outputs stay as they are until they are set up anew.
 */
struct outputs_change;
struct outputs_change *outputs_prepare(
	const struct outputs_config *from, const struct outputs_config *to, char err[512]);
/* Of one that is not applied; NULL is fine. */
void outputs_change_free(struct outputs_change *change);
/*
 * From now on; frees the change. Outputs whose settings stay go on untouched, others write what
 * they have and end, while those in their place begin. Queue and buffering stay as they are.
 */
void outputs_apply(struct outputs *o, struct outputs_change *change);
/* An alert of a rule for the event in ctx. May be called from several threads. */
void outputs_rule(struct outputs *o, const struct rule *r, struct event_ctx *ctx);
/* An internal alert: fields are npairs pairs of key and JSON value. */
void outputs_internal(struct outputs *o, uint64_t ts, enum priority p, const char *rule,
	const char *message, const char *const *fields, size_t npairs);
/* Reopens files and programs (SIGUSR1). */
void outputs_reopen(struct outputs *o);
/*
 * Waits until everything queued has been handed to the sinks and by them to the system. Without
 * config.wait it gives up when nothing moves for longer than the timeout, with a spool after the
 * timeout in any case; nor does it wait then for sinks that fail: the spool keeps what is theirs.
 */
void outputs_flush(struct outputs *o);
/* Alerts that a full queue lost so far, for one sink or for several. */
uint64_t outputs_dropped(struct outputs *o);

/* How one sink, or one subscription, is doing. Lost for it are dropped + failed. */
struct output_stats {
	const char *name; /* "stdout", "file", ...; lasts as long as the sink */
	uint64_t written; /* alerts that it took */
	uint64_t dropped; /* alerts that it never saw: its queue was full, or the spool */
	uint64_t failed;  /* alerts lost because writing failed, or that were refused */
	uint64_t retried; /* failures after which the spool tries again; nothing is lost by them */
	uint64_t lag_alerts;  /* that wait for it */
	uint64_t lag_ms;      /* how long the oldest of them has waited */
	uint64_t busy_ms;     /* how long it has been at the one it is writing, 0: it writes none */
	bool failing;	      /* its last write failed */
	char last_error[128]; /* "": there was none */
};
/* Up to max of them into ret, in no particular order; returns how many there are. Any thread. */
size_t outputs_stats(struct outputs *o, struct output_stats *ret, size_t max);

/*
 * Flushes, closes, frees; NULL is fine. What a sink that does not come back has not taken after
 * the timeout is discarded, unless it is in the spool.
 */
void outputs_free(struct outputs *o);
#endif
