/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process may do, and what this kernel offers and refuses, as far as live capture is
 * concerned: found by trying, not by version numbers, for distributions carry features back and
 * security modules take them away.
 */
#ifndef CAPTURE_PROBE_CHECK_H
#define CAPTURE_PROBE_CHECK_H
#include <stdbool.h>
#include <stddef.h>

enum check_need {
	CHECK_REQUIRED, /* no live capture without it */
	CHECK_USEFUL,	/* something is not seen without it */
	CHECK_OPTIONAL, /* a better way, for which there is another */
};

struct probe_check {
	const char *name;
	enum check_need need;
	bool ok;
	char found[160];    /* a sentence without its full stop */
	const char *remedy; /* one or more sentences: what it is for, what to do if it is missing */
};

#define PROBE_CHECKS_MAX 24

/* All checks, in an order in which the first failure explains those behind it. Their number. */
size_t probe_check(struct probe_check ret[PROBE_CHECKS_MAX]);
/*
 * Why nothing can be captured here: every failed requirement up to the first that is not a
 * capability, and its remedy. False, and an empty text: none failed.
 */
bool probe_check_explain(char *ret, size_t size);
/* Whether this thread may watch the beginnings of system calls, by trampolines, or by tracefs and
 * perf events. */
bool probe_check_beginnings(void);
/* Tells warn, a line each, which useful capabilities are missing. Quick: nothing is tried. */
void probe_check_warn(void (*warn)(const char *text));
#endif
