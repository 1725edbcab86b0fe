/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gRPC server whose alerts are raised on demand, numbered from 0.
 *
 * usage: serve_alerts ADDRESS QUEUE
 * Prints "ready", then obeys lines: "raise N" (bytes of padding: "raise N PADDING"), prints
 * "raised"; "stats", prints what the outputs say of gRPC; the end of input ends it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "grpc/rpc.h"

static void print_log(int level, const char *text)
{
	printf("log %d %s\n", level, text);
}

static void raise_alerts(struct outputs *o, unsigned long n, int padding)
{
	static uint64_t number;
	char text[32], *value = mem_alloc((size_t)padding + 3);
	const char *fields[] = {"number", text, "padding", value};

	snprintf(value, (size_t)padding + 3, "\"%0*d\"", padding, 0);
	for (; n; n--) {
		snprintf(text, sizeof(text), "%" PRIu64, number++);
		outputs_internal(o, number, PRIORITY_WARNING, "A rule", "Something", fields,
			padding ? 2 : 1);
	}
	free(value);
}

static void print_stats(struct outputs *o)
{
	struct output_stats s[8];
	size_t n = outputs_stats(o, s, ARRAY_SIZE(s));

	for (size_t i = 0; i < n; i++)
		printf("%s written=%" PRIu64 " dropped=%" PRIu64 "\n", s[i].name, s[i].written,
			s[i].dropped);
}

static void obey(struct outputs *o)
{
	unsigned long n;
	char line[128];
	int padding;

	while (fgets(line, sizeof(line), stdin)) {
		padding = 0;
		if (sscanf(line, "raise %lu %d", &n, &padding) >= 1) {
			raise_alerts(o, n, padding);
			puts("raised");
		} else {
			print_stats(o);
		}
	}
}

int main(int argc, char **argv)
{
	const struct outputs_config oc = {.hostname = "host", .subscribers = true};
	struct rpc_config rc = {.hostname = "host",
		.threads = 2,
		.version = {"0", 0, 0, 0, "", "", 0, 0, 0, "0"},
		.log = print_log};
	struct outputs *o;
	struct rpc *r;
	char err[512];

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	o = outputs_new(&oc, print_log, err);
	if (o) {
		rc.address = argv[1];
		rc.outputs = o;
		rc.queue_capacity = strtoul(argv[2], NULL, 10);
		r = rpc_start(&rc, err);
	}
	if (!o || !r) {
		fprintf(stderr, "%s\n", err);
		return 2;
	}
	puts("ready");
	obey(o);
	rpc_stop(r);
	outputs_free(o);
	return 0;
}
