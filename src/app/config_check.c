/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no single row can tell: values that contradict each other, things that an enabled feature
 * needs, texts with a form of their own.
 */
#include <arpa/inet.h>

#include "app/config_internal.h"

/* The node to blame for key, or the nearest one above it that exists. */
static const struct conf_node *blame(const struct config_load *l, const char *key)
{
	struct str rest = str_c(key), part;
	const struct conf_node *n = l->root, *child;

	while (str_split(&rest, '.', &part)) {
		child = conf_child(n, part);
		if (!child)
			break;
		n = child;
	}
	return n;
}

static void need(struct config_load *l, bool wanted, const char *value, const char *enabled,
	const char *message, const char *key)
{
	if (wanted && !*value)
		conf_remedy(l, conf_error(l, blame(l, enabled), "%s", message), "Set %s.", key);
}

static void check_outputs(struct config_load *l)
{
	const struct config *c = l->c;

	need(l, c->file_output_enabled, c->file_output_filename, "file_output.enabled",
		"file output enabled but no filename in configuration block",
		"file_output.filename");
	need(l, c->program_output_enabled, c->program_output_program, "program_output.enabled",
		"program output enabled but no program in configuration block",
		"program_output.program");
	need(l, c->http_output_enabled, c->http_output_url, "http_output.enabled",
		"http output enabled but no url in configuration block", "http_output.url");
	need(l, c->engine_kind == ENGINE_REPLAY, c->engine_replay_capture_file, "engine.kind",
		"engine.kind is 'replay' but no engine.replay.capture_file specified.",
		"engine.replay.capture_file");
}

/* ---- syscall_event_drops.actions ---- */

static unsigned drop_action(const char *name)
{
	static const struct {
		const char *name;
		unsigned action;
	} actions[] = {{"ignore", DROP_IGNORE}, {"log", DROP_LOG}, {"alert", DROP_ALERT},
		{"exit", DROP_EXIT}};

	for (unsigned i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(name, actions[i].name))
			return actions[i].action;
	return 0;
}

static void check_drop_actions(struct config_load *l)
{
	const struct conf_node *actions = blame(l, "syscall_event_drops.actions");
	const string_list *list = &l->c->syscall_event_drops_actions;

	for (size_t i = 0; i < list->n; i++) {
		const struct conf_node *n =
			actions->kind == CONF_LIST ? conf_item(actions, i) : actions;
		unsigned action = drop_action(list->v[i]);

		if (!action)
			conf_error(l, n,
				"available actions for syscall event drops are \"ignore\", "
				"\"log\", \"alert\", and \"exit\"");
		if (action & (DROP_LOG | DROP_ALERT) && l->c->drop_actions & DROP_IGNORE)
			conf_error(l, n,
				"syscall event drop action \"%s\" does not make sense with the "
				"\"ignore\" action",
				list->v[i]);
		l->c->drop_actions |= action;
	}
	if (!l->c->drop_actions)
		l->c->drop_actions = DROP_IGNORE;
}

/* ---- forms ---- */

static bool is_address(const char *s)
{
	unsigned char binary[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, binary) == 1 || inet_pton(AF_INET6, s, binary) == 1;
}

static void check_address(struct config_load *l)
{
	const char *address = l->c->webserver_listen_address;

	if (!is_address(arena_strdup(&l->c->arena, str_trim(str_c(address)))))
		conf_error(l, blame(l, "webserver.listen_address"),
			"webserver listen address \"%s\" is not a valid IP address", address);
}

bool config_duration(struct str s, uint64_t *ret_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"y", 31536000000}, {"w", 604800000}, {"d", 86400000}, {"h", 3600000},
		{"m", 60000}, {"s", 1000}, {"ms", 1}};
	uint64_t total = 0, n;
	unsigned next = 0;
	size_t digits, letters;

	s = str_trim(s);
	while (s.n) {
		for (digits = 0; digits < s.n && strchr("0123456789", s.p[digits]); digits++)
			;
		for (letters = digits; letters < s.n && !strchr("0123456789", s.p[letters]);
			letters++)
			;
		if (!str_to_u64(str_head(s, digits), &n) || digits > 12)
			return false;
		while (next < ARRAY_SIZE(units) &&
			!str_is(str_n(s.p + digits, letters - digits), units[next].unit))
			next++;
		if (next == ARRAY_SIZE(units) || n > (UINT64_MAX - total) / units[next].ms)
			return false;
		total += n * units[next++].ms;
		s = str_from(s, letters);
	}
	*ret_ms = total;
	return total > 0;
}

static void check_interval(struct config_load *l)
{
	struct config *c = l->c;
	const struct conf_node *n = blame(l, "metrics.interval");
	bool ok = config_duration(str_c(c->metrics_interval), &c->metrics_interval_ms);
	uint64_t number;

	if (!ok)
		c->metrics_interval_ms = 0;
	if (!c->metrics_enabled || (ok && c->metrics_interval_ms >= 100))
		return;
	if (str_to_u64(str_c(c->metrics_interval), &number))
		conf_error(l, n,
			"Metrics interval was passed as numeric value without Prometheus time "
			"unit. "
			"Please specify a time unit");
	else
		conf_error(l, n,
			"Metrics interval must have a minimum value of 100ms and reflect a "
			"Prometheus compliant time duration format, such as 1h30m or 15s");
}

static void check_scope(struct config_load *l)
{
	struct str s = str_c(l->c->engine_modern_ebpf_scope);
	uint64_t pid;

	if (str_is(s, "host") || (str_starts(s, STR("cgroup:")) && s.n > 7))
		return;
	if (str_starts(s, STR("pid:")) && str_to_u64(str_from(s, 4), &pid) && pid)
		return;
	conf_remedy(l,
		conf_error(l, blame(l, "engine.modern_ebpf.scope"),
			"engine.modern_ebpf.scope '%s' is not a valid scope", s.p),
		"It is host, cgroup:PATH or pid:N.");
}

void config_cross_check(struct config_load *l)
{
	check_outputs(l);
	check_drop_actions(l);
	check_address(l);
	check_interval(l);
	check_scope(l);
	config_find_rules(l);
}
