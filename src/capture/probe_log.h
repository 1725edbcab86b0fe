/* SPDX-License-Identifier: Apache-2.0 */
/* What libbpf says while it loads: nothing of it is printed, the gist of a refusal is kept. */
#ifndef CAPTURE_PROBE_LOG_H
#define CAPTURE_PROBE_LOG_H

struct probe_log {
	char program[64]; /* that the kernel refused, "" if none */
	char reason[256]; /* last words of the verifier, or of libbpf */
};

/* Between these two calls what libbpf says, on any thread, goes to log. */
void probe_log_begin(struct probe_log *log);
void probe_log_end(struct probe_log *log);
#endif
