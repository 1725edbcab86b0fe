/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All parameters of an event in one line, a letter for each:
 *	i  an int, as a number with a sign	l  a long
 *	u  an unsigned int			t  a text, NULL: empty
 *	_  anything, there is no argument for it
 * For tests of live capture whose working folder is one of their own.
 */
#ifndef TESTS_LIVE_EXPECT_H
#define TESTS_LIVE_EXPECT_H
#include "live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void expect_param(const struct event *ev, unsigned i, char kind, va_list *ap)
{
	const char *text;

	switch (kind) {
	case 'i':
		live_int(ev, i, va_arg(*ap, int));
		break;
	case 'l':
		live_int(ev, i, va_arg(*ap, long));
		break;
	case 'u':
		live_uint(ev, i, va_arg(*ap, unsigned));
		break;
	case 't':
		text = va_arg(*ap, const char *);
		if (text)
			live_text(ev, i, text);
		else
			live_empty(ev, i);
		break;
	default:
		assert_int_equal(kind, '_');
	}
}

/* The nth event of a type that the case made, where there is a call that makes it. */
static inline void expect(uint16_t type, size_t nth, const char *params, ...)
{
	const struct event *ev;
	va_list ap;

	if (!live_makes(type))
		return;
	ev = live_nth(type, nth);
	assert_int_equal(strlen(params), ev->info->nparams);
	va_start(ap, params);
	for (unsigned i = 0; params[i]; i++)
		expect_param(ev, i, params[i], &ap);
	va_end(ap);
}

/* A folder to work in, and all our memory at hand: the probe reads no text that would first have to
 * be fetched, and some calls fail before they look at theirs. The folder goes with the machine's
 * other temporary ones if a test is killed. */
static inline void expect_enter(void)
{
	char dir[] = "/tmp/falco-live-XXXXXX";

	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!mkdtemp(dir) || chdir(dir) < 0)
		_exit(1);
}

/* Notes the working folder, in 8 numbers from i on. */
static inline void note_cwd(unsigned i)
{
	long cwd[8] = {0};

	if (!getcwd((char *)cwd, sizeof(cwd)))
		_exit(1);
	for (unsigned k = 0; k < 8; k++)
		live_note(i + k, cwd[k]);
}

/* What NAME in that folder is called. */
static inline void noted_path(unsigned i, const char *name, char ret[128])
{
	long cwd[8];

	for (unsigned k = 0; k < 8; k++)
		cwd[k] = live_noted(i + k);
	snprintf(ret, 128, "%s/%s", (char *)cwd, name);
}

/* Removes it, with all that is in it. */
static inline void expect_leave(void)
{
	char dir[256], command[300];

	if (!getcwd(dir, sizeof(dir)) || strncmp(dir, "/tmp/falco-live-", 16) != 0)
		return;
	snprintf(command, sizeof(command), "/bin/rm -rf %s", dir);
	if (chdir("/") < 0 || system(command) != 0)
		_exit(1);
}
#endif
