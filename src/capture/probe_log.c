/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf reports by lines of text only.  A refusal reads
 *	libbpf: prog 'NAME': BPF program load failed: Permission denied
 *	libbpf: prog 'NAME': -- BEGIN PROG LOAD LOG --
 *	...
 *	processed 93 insns (limit 1000000) ...
 *	-- END PROG LOAD LOG --
 * and the line before "processed" is what is wrong.  FALCO_BPF_DEBUG=1 prints all of it.
 */
#include "capture/probe_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct probe_log *keeper;

static void keep_line(const char *from, const char *to)
{
	size_t n = (size_t)(to - from);

	if (n == 0)
		return;
	if (n > sizeof(keeper->reason) - 1)
		n = sizeof(keeper->reason) - 1;
	memcpy(keeper->reason, from, n);
	keeper->reason[n] = '\0';
}

/* The last line before the verifier's summary. */
static void keep_verdict(const char *text)
{
	const char *summary = strstr(text, "\nprocessed "), *line = summary;

	if (!summary)
		return;
	while (line > text && line[-1] != '\n')
		line--;
	keep_line(line, summary);
}

static void keep(const char *text)
{
	static const char failed[] = "': BPF program load failed: ";
	const char *at = strstr(text, failed), *name = strstr(text, "prog '");

	if (at && name && name < at) {
		snprintf(keeper->program, sizeof(keeper->program), "%.*s", (int)(at - name - 6),
			name + 6);
		at += sizeof(failed) - 1;
		keep_line(at, at + strcspn(at, "\n"));
	} else if (strstr(text, "BEGIN PROG LOAD LOG")) {
		keep_verdict(text);
	} else if (!keeper->reason[0]) {
		if (strncmp(text, "libbpf: ", 8) == 0)
			text += 8;
		keep_line(text, text + strcspn(text, "\n"));
	}
}

static int listen_to(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (level == LIBBPF_DEBUG && !getenv("FALCO_BPF_DEBUG"))
		return 0;
	if (vasprintf(&text, fmt, ap) < 0)
		return 0;
	if (getenv("FALCO_BPF_DEBUG"))
		fputs(text, stderr);
	if (level == LIBBPF_WARN && keeper)
		keep(text);
	free(text);
	return 0;
}

void probe_log_begin(struct probe_log *log)
{
	*log = (struct probe_log){0};
	keeper = log;
	libbpf_set_print(listen_to);
}

void probe_log_end(struct probe_log *log)
{
	keeper = NULL;
	libbpf_set_print(listen_to);
}
