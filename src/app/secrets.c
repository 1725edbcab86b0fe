/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens stand in addresses, as user, path or query, in the commands that alerts are piped into,
 * and in what plugins are told.  None of that can be told from what is harmless, so all of it is
 * left out.
 */
#include "app/secrets.h"

#include "base/mem.h"

#define BLOT "***"

bool secrets_has_key(struct str key)
{
	static const char *const keys[] = {"program", "init_config", "open_params"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_is(key, keys[i]))
			return true;
	return false;
}

/* How many bytes stand before the first of those in end. */
static size_t span_to(struct str s, const char *end)
{
	size_t n = 0;

	while (n < s.n && s.p[n] && !strchr(end, s.p[n]))
		n++;
	return n;
}

/* rest: what comes behind "://"; returns what comes behind the address. */
static struct str put_address(struct buf *out, struct str rest)
{
	size_t whole = span_to(rest, "\"'`\\ \t\n|;<>(),"),
	       host = span_to(str_head(rest, whole), "/?#");
	ptrdiff_t user = str_rchr(str_head(rest, host), '@');

	if (!host) { /* of a file or socket */
		buf_str(out, str_head(rest, whole));
		return str_from(rest, whole);
	}
	if (user >= 0)
		buf_puts(out, BLOT);
	buf_str(out, str_from(str_head(rest, host), user >= 0 ? (size_t)user : 0));
	if (whole > host + 1)
		buf_puts(out, "/" BLOT);
	else
		buf_str(out, str_from(str_head(rest, whole), host));
	return str_from(rest, whole);
}

void secrets_put(struct buf *out, struct str text)
{
	ptrdiff_t at;

	while ((at = str_find(text, STR("://"))) >= 0) {
		buf_str(out, str_head(text, (size_t)at + 3));
		text = put_address(out, str_from(text, (size_t)at + 3));
	}
	buf_str(out, text);
}

void secrets_put_argument(struct buf *out, struct str arg)
{
	size_t name = span_to(arg, "=");
	struct str key = str_head(arg, name);
	ptrdiff_t dot;

	if (name == arg.n) {
		secrets_put(out, arg);
		return;
	}
	/* "plugins[0].init_config.token=": any part may be one that hides what is below it. */
	while (key.n && !secrets_has_key(key)) {
		dot = str_rchr(key, '.');
		if (dot >= 0 && secrets_has_key(str_from(key, (size_t)dot + 1)))
			break;
		key.n = dot >= 0 ? (size_t)dot : 0;
	}
	if (!key.n) {
		secrets_put(out, arg);
		return;
	}
	buf_str(out, str_head(arg, name + 1));
	buf_puts(out, BLOT);
}
