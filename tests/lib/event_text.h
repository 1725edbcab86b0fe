/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events written as a line of text: the name of a system call and its parameters.
 *
 *   openat fd=3 name=/etc/passwd flags=O_RDONLY|O_CLOEXEC
 *
 * It is the current exit event of that name; '>' in front makes it the enter event. Parameters
 * that are not named are empty. A value with blanks is 'quoted'. \0 ends each string of several
 * (arguments, environment); \xHH is any byte.
 * Addresses: 10.0.0.1:80->10.0.0.2:443.
 */
#ifndef TESTS_EVENT_TEXT_H
#define TESTS_EVENT_TEXT_H
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "event/event.h"

struct event_text {
	struct arena *arena;
	char error[256];
};

static inline bool event_text_fail(struct event_text *t, const char *what, struct str s)
{
	snprintf(t->error, sizeof(t->error), "%s: %.*s", what, STR_ARG(s));
	return false;
}

static inline bool event_text_flag(const struct flag_value *f, struct str name, uint64_t *ret)
{
	for (; f && f->name; f++) {
		if (str_is(name, f->name)) {
			*ret |= f->value;
			return true;
		}
	}
	return false;
}

/* A number, -ENOENT, or names of flags joined by '|'. */
static inline bool event_text_number(
	struct event_text *t, const struct param_info *info, struct str s, uint64_t *ret)
{
	char *end, *copy = arena_strdup(t->arena, s);
	struct str rest = s, name;

	*ret = strtoull(copy, &end, 0);
	if (*copy && !*end)
		return true;
	*ret = 0;
	for (int e = 1; s.n > 1 && s.p[0] == '-' && e < 134; e++) {
		if (errno_name(e) && str_is(str_from(s, 1), errno_name(e))) {
			*ret = (uint64_t)-e;
			return true;
		}
	}
	while (str_split(&rest, '|', &name))
		if (!event_text_flag(info->flags, name, ret))
			return event_text_fail(t, "not a number, error or flag", name);
	return true;
}

/* "10.0.0.1:80" or "[::1]:80", appended as address and port. */
static inline bool event_text_endpoint(
	struct event_text *t, struct str s, struct buf *out, bool *v6)
{
	ptrdiff_t colon = str_rchr(s, ':');
	struct str host = colon < 0 ? s : str_head(s, (size_t)colon);
	uint16_t port =
		colon < 0 ? 0
			  : (uint16_t)atoi(arena_strdup(t->arena, str_from(s, (size_t)colon + 1)));
	uint8_t addr[16];

	*v6 = host.n > 2 && host.p[0] == '[';
	if (*v6)
		host = str_n(host.p + 1, host.n - 2);
	if (inet_pton(*v6 ? AF_INET6 : AF_INET, arena_strdup(t->arena, host), addr) != 1)
		return event_text_fail(t, "not an address", s);
	buf_put(out, addr, *v6 ? 16 : 4);
	buf_put(out, &port, 2);
	return true;
}

/* Families in parameters are those of the kernel: 2 and 10. */
static inline bool event_text_address(struct event_text *t, struct str s, struct buf *out)
{
	ptrdiff_t arrow = str_find(s, STR("->"));
	struct str first = arrow < 0 ? s : str_head(s, (size_t)arrow);
	size_t family = out->n;
	bool v6;

	buf_char(out, 2);
	if (!event_text_endpoint(t, first, out, &v6))
		return false;
	if (arrow >= 0 && !event_text_endpoint(t, str_from(s, (size_t)arrow + 2), out, &v6))
		return false;
	out->p[family] = v6 ? 10 : 2;
	return true;
}

static inline bool event_text_param(
	struct event_text *t, const struct param_info *info, struct str s, struct param *ret)
{
	struct buf b = {.arena = t->arena};
	size_t width = ptype_size[info->type];
	uint64_t number;

	if (width) {
		if (!event_text_number(t, info, s, &number))
			return false;
		buf_put(&b, &number, width);
	} else if (info->type == PT_SOCKADDR || info->type == PT_SOCKTUPLE) {
		if (!event_text_address(t, s, &b))
			return false;
	} else {
		buf_str(&b, s);
		if (info->type != PT_BYTEBUF)
			buf_char(&b, '\0');
	}
	*ret = (struct param){(const uint8_t *)b.p, (uint32_t)b.n};
	return true;
}

/* Text with \0 and \xHH replaced. */
static inline struct str event_text_unescape(struct arena *a, struct str s)
{
	struct buf b = {.arena = a};
	unsigned byte;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '0') {
			buf_char(&b, '\0');
			i++;
		} else if (s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] == 'x' &&
			   sscanf(s.p + i + 2, "%2x", &byte) == 1) {
			buf_char(&b, (char)byte);
			i += 3;
		} else {
			buf_char(&b, s.p[i]);
		}
	}
	return buf_view(&b);
}

/* Takes the next word off *line; quotes within it hold blanks together. */
static inline bool event_text_word(struct arena *a, struct str *line, struct str *ret)
{
	struct buf b = {.arena = a};
	bool quoted = false;
	size_t i = 0;

	*line = str_trim(*line);
	for (; i < line->n && (quoted || line->p[i] != ' '); i++) {
		if (line->p[i] == '\'')
			quoted = !quoted;
		else
			buf_char(&b, line->p[i]);
	}
	*ret = event_text_unescape(a, buf_view(&b));
	*line = str_from(*line, i);
	return i > 0;
}

static inline int event_text_type(struct str name, bool enter)
{
	for (int i = enter ? 0 : 1; i < EV_MAX; i += 2)
		if (str_is(name, event_table[i].name) &&
			!(event_table[i].flags & (EF_OLD_VERSION | EF_UNUSED)))
			return i;
	return -1;
}

/* Writes the record to rec, which is large enough, and returns its length; 0 with t->error. */
static inline size_t event_text_encode(
	struct event_text *t, struct str line, uint64_t ts, int64_t tid, void *rec)
{
	struct param params[EVENT_MAX_PARAMS] = {0};
	bool enter = str_starts(line, STR(">"));
	struct str word;
	ptrdiff_t equals;
	int type, i;

	line = str_from(line, enter);
	if (!event_text_word(t->arena, &line, &word) || (type = event_text_type(word, enter)) < 0)
		return event_text_fail(t, "no such event", word);
	while (event_text_word(t->arena, &line, &word)) {
		equals = str_chr(word, '=');
		i = equals < 0
			    ? -1
			    : event_param_index(&event_table[type], str_head(word, (size_t)equals));
		if (i < 0)
			return event_text_fail(t, "no such parameter", word);
		if (!event_text_param(t, &event_table[type].params[i],
			    str_from(word, (size_t)equals + 1), &params[i]))
			return 0;
	}
	return event_encode(rec, ts, tid, (uint16_t)type, params, event_table[type].nparams);
}
#endif
