/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of the rules; what is needed to understand them, either what the state lives on, or
 * what base_syscalls.custom_set names, or the least that .repair finds; without what custom_set
 * takes away and, unless .all is set, without those that move data.
 *
 * A set is an array of bool by code. Names in the configuration and in the log are those of events
 * (evt.type), of which one may stand for several calls.
 */
#include "app/watch.h"

#include <stdlib.h>

#include "app/log.h"
#include "base/mem.h"

typedef bool call_set[SC_MAX];

/* ---- facts about calls ---- */

/* Limits change nothing that is kept, but Falco never does without these two. */
bool watch_is_state(unsigned code)
{
	uint16_t event = syscall_table[code].event;

	return code == SC_SETRLIMIT || code == SC_PRLIMIT64 ||
	       (event_table[event].flags & EF_MODIFIES_STATE);
}

static uint32_t class_of(unsigned code)
{
	return event_table[syscall_table[code].event].category & EC_CLASS_MASK;
}

static bool moves_data(unsigned code)
{
	return class_of(code) == EC_IO_READ || class_of(code) == EC_IO_WRITE;
}

bool watch_is_ignored(unsigned code)
{
	return moves_data(code) && !watch_is_state(code);
}

/* Codes that were given up; no call is called so. */
static bool is_hole(unsigned code)
{
	return strncmp(syscall_table[code].name, "na_", 3) == 0;
}

/* ---- sets ---- */

static void add(call_set to, const call_set what)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		to[code] |= what[code];
}

static void take_away(call_set from, const call_set what)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		from[code] &= !what[code];
}

static void add_if(call_set to, bool (*is)(unsigned code))
{
	for (unsigned code = 1; code < SC_MAX; code++)
		to[code] |= is(code);
}

static bool is_empty(const call_set s)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (s[code])
			return false;
	return true;
}

static bool has_any(const call_set s, bool (*is)(unsigned code))
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (s[code] && is(code))
			return true;
	return false;
}

/* ---- the least that is needed ---- */

static bool is_net(unsigned code)
{
	return class_of(code) == EC_NET;
}

static bool takes_connections(unsigned code)
{
	return code == SC_ACCEPT || code == SC_ACCEPT4 || code == SC_LISTEN;
}

static bool has_descriptors(unsigned code)
{
	return is_net(code) || moves_data(code) || class_of(code) == EC_FILE ||
	       class_of(code) == EC_IO_OTHER;
}

void watch_repair(bool set[SC_MAX])
{
	static const uint16_t always[] = {SC_CLONE, SC_CLONE3, SC_FORK, SC_VFORK, SC_EXECVE,
		SC_EXECVEAT, SC_FCHDIR, SC_CHDIR, SC_CHROOT, SC_CAPSET, SC_SETGID, SC_SETGID32,
		SC_SETPGID, SC_SETRESGID, SC_SETRESGID32, SC_SETRESUID, SC_SETRESUID32, SC_SETSID,
		SC_SETUID, SC_SETUID32, SC_PRCTL, SC_SCHED_PROCESS_EXIT};
	bool net = has_any(set, is_net), accepts = has_any(set, takes_connections);
	bool descriptors = has_any(set, has_descriptors);

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		set[always[i]] = true;
	set[SC_SOCKET] |= net;
	set[SC_GETSOCKOPT] |= net;
	set[SC_BIND] |= accepts;
	set[SC_CLOSE] |= descriptors;
}

/* ---- names ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts, and leaves each text once; returns how many are left. */
static size_t sort_names(const char **names, size_t n)
{
	size_t kept = 0;

	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	return kept;
}

static void put_list(struct buf *b, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? ", " : "", names[i]);
}

static const char *name_of(unsigned code)
{
	uint16_t event = syscall_table[code].event;

	return EVENT_IS_GENERIC(event) ? syscall_table[code].name : event_table[event].name;
}

static size_t names_of(const call_set s, const char *ret[SC_MAX])
{
	size_t n = 0;

	for (unsigned code = 1; code < SC_MAX; code++)
		if (s[code] && !is_hole(code))
			ret[n++] = name_of(code);
	return sort_names(ret, n);
}

/* "+(2) WHAT: open, openat"; nothing for an empty set. */
static void log_set(enum log_level level, const char *sign, const call_set s, const char *what)
{
	const char *names[SC_MAX];
	size_t n = names_of(s, names);
	struct buf b = {0};

	if (n) {
		buf_printf(&b, "%s(%zu) %s: ", sign, n, what);
		put_list(&b, names, n);
		log_msg(level, "%s", buf_cstr(&b));
	}
	buf_done(&b);
}

/* ---- what the configuration names ---- */

struct custom {
	call_set calls;
	const char **unknown;
	size_t nunknown;
};

static bool add_named(call_set to, const char *name)
{
	const struct event_name *n = event_name_find(str_c(name));
	uint16_t first = n ? n->first_call : 0;

	if (!first || is_hole(first))
		return false;
	for (uint16_t code = first; code; code = syscall_next_of_name(code))
		to[code] = true;
	return true;
}

/* Names that begin with '!', without it, or the others. */
static void read_custom(struct custom *ret, const struct config *c, bool negative)
{
	*ret = (struct custom){
		.unknown = mem_zalloc((c->base_syscalls_custom_set.n + 1) * sizeof(char *))};
	for (size_t i = 0; i < c->base_syscalls_custom_set.n; i++) {
		const char *name = c->base_syscalls_custom_set.v[i];

		if (*name && (*name == '!') == negative && !add_named(ret->calls, name + negative))
			ret->unknown[ret->nunknown++] = name + negative;
	}
	ret->nunknown = sort_names(ret->unknown, ret->nunknown);
}

static void warn_unknown(const struct custom *c, const char *sign)
{
	struct buf b = {0};

	if (!c->nunknown)
		return;
	put_list(&b, c->unknown, c->nunknown);
	log_msg(LOG_LEVEL_WARNING,
		"Invalid (%s) syscall names: warning (base_syscalls override): %s", sign,
		buf_cstr(&b));
	buf_done(&b);
}

/* ---- the decision ---- */

static void select_base(
	call_set ret, const struct config *c, const struct custom *plus, const call_set rules)
{
	add(ret, rules);
	if (!is_empty(plus->calls)) {
		add(ret, plus->calls);
		log_set(LOG_LEVEL_DEBUG, "+", plus->calls,
			"syscalls added (base_syscalls override)");
	} else if (c->base_syscalls_repair) {
		watch_repair(ret);
	} else {
		add_if(ret, watch_is_state);
	}
}

static void drop_ignored(call_set set)
{
	call_set dropped = {false};

	for (unsigned code = 1; code < SC_MAX; code++)
		dropped[code] = set[code] && watch_is_ignored(code);
	take_away(set, dropped);
	log_set(LOG_LEVEL_DEBUG, "-", dropped, "ignored syscalls (-> activate via `-A` flag)");
}

static void repair_custom(call_set set)
{
	call_set added = {false};

	add(added, set);
	watch_repair(added);
	take_away(added, set);
	add(set, added);
	log_set(LOG_LEVEL_INFO, "+", added, "repaired syscalls");
}

static void log_state(const call_set selected, const call_set rules)
{
	call_set more = {false};

	add(more, selected);
	take_away(more, rules);
	log_set(LOG_LEVEL_DEBUG, "+", more, "syscalls (Falco's state engine set of syscalls)");
}

static void warn_unwatched(const call_set selected, const call_set rules)
{
	const char *names[SC_MAX];
	call_set missing = {false};
	struct buf b = {0};
	size_t n;

	add(missing, rules);
	take_away(missing, selected);
	n = names_of(missing, names);
	if (!n)
		return;
	put_list(&b, names, n);
	log_msg(LOG_LEVEL_WARNING,
		"Loaded rules match syscalls that are not activated: warning "
		"(unsupported-evttype): %s. Those that move data are with base_syscalls.all (-A), "
		"others were removed by base_syscalls.custom_set",
		buf_cstr(&b));
	buf_done(&b);
}

void watch_select(bool ret[SC_MAX], const struct config *c, const bool rules[SC_MAX])
{
	struct custom plus, minus;

	memset(ret, 0, SC_MAX * sizeof(*ret));
	read_custom(&plus, c, false);
	read_custom(&minus, c, true);
	log_set(LOG_LEVEL_DEBUG, "", rules, "syscalls in rules");
	select_base(ret, c, &plus, rules);
	warn_unknown(&plus, "positive");
	take_away(ret, minus.calls);
	log_set(LOG_LEVEL_DEBUG, "-", minus.calls, "syscalls removed (base_syscalls override)");
	warn_unknown(&minus, "negative");
	if (is_empty(plus.calls))
		log_state(ret, rules);
	if (!c->base_syscalls_all)
		drop_ignored(ret);
	if (c->base_syscalls_repair && c->base_syscalls_custom_set.n)
		repair_custom(ret);
	/* Without the ends of processes the state would grow for ever. */
	ret[SC_SCHED_PROCESS_EXIT] = true;
	log_set(LOG_LEVEL_DEBUG, "", ret, "syscalls selected in total (final set)");
	warn_unwatched(ret, rules);
	free(plus.unknown);
	free(minus.unknown);
}

void watch_calls(bool ret[SC_MAX], const struct config *c, const struct ruleset *rules)
{
	call_set asked = {false};

	for (size_t i = 0; i < rules->nrules; i++) {
		const struct rule *r = rules->rules[i];

		if (!r->enabled || strcmp(r->source, "syscall") != 0)
			continue;
		for (uint16_t code = 1; code < SC_MAX; code++)
			asked[code] |= syscall_set_has(&r->syscalls, code) && !is_hole(code);
	}
	watch_select(ret, c, asked);
}

#define DEFAULT_SNAPLEN 80

struct probe_detail watch_detail(const struct config *c, const struct ruleset *rules)
{
	uint32_t snaplen =
		c->falco_libs_snaplen ? (uint32_t)c->falco_libs_snaplen : DEFAULT_SNAPLEN;
	bool data = c->records || c->capture_enabled || ruleset_uses_data(rules);

	return (struct probe_detail){.snaplen = data ? snaplen : 0,
		.resolve = c->engine_modern_ebpf_resolve || ruleset_uses(rules, "fd.realpath") ||
			   ruleset_uses(rules, "evt.origin")};
}
