/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it takes to attach programs to system calls one by one: for some numbers of calls, the time
 * to load, to attach and to detach, and how much of it this process was running.
 * usage: bench_attach [per_kernel|per_call] [NUMBER...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/mem.h"
#include "capture/probe.h"
#include "capture/probe_targets.h"

struct moment {
	double wall, busy;
};

static struct moment now(void)
{
	struct timespec t;
	struct rusage u;

	clock_gettime(CLOCK_MONOTONIC, &t);
	getrusage(RUSAGE_SELF, &u);
	return (struct moment){(double)t.tv_sec + (double)t.tv_nsec / 1e9,
		(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6};
}

static void say(const char *what, struct moment *since)
{
	struct moment at = now();

	printf(" %s %.3f s (busy %.3f)", what, at.wall - since->wall, at.busy - since->busy);
	*since = at;
}

static void warn(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static int measure(bool per_call, unsigned n)
{
	struct probe_config c = {.scope = PROBE_PID,
		.ring_bytes = 1 << 20,
		.per_call = per_call ? PER_CALL : PER_KERNEL,
		.warn = warn};
	struct moment at = now();
	bool wanted[SC_MAX] = {false};
	unsigned calls = 0;
	struct probe *p;
	char err[512];

	for (unsigned code = 1; code < SC_MAX && calls < n; code++)
		if (native_nr(code) >= 0 && code != SC_CLONE && code != SC_EXECVE)
			wanted[code] = ++calls;
	p = probe_open(&c, wanted, err);
	if (!p) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	printf("%s, %u calls:", per_call ? "per_call" : "per_kernel", calls);
	say("load", &at);
	if (probe_attach(p, wanted, err) < 0)
		return 1;
	printf(", %u attachments", probe_attachments(p));
	say("attach", &at);
	probe_close(p);
	say("close", &at);
	printf("\n");
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static const unsigned usual[] = {1, 8, 32, 64};
	bool per_call = argc < 2 || strcmp(argv[1], "per_call") == 0;
	int failed = argc < 2 && measure(false, 32);

	for (int i = 2; i < argc; i++)
		failed |= measure(per_call, (unsigned)strtoul(argv[i], NULL, 10));
	for (size_t i = 0; argc <= 2 && i < ARRAY_SIZE(usual); i++)
		failed |= measure(per_call, usual[i]);
	return failed;
}
