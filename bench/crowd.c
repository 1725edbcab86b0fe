/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a capture of processes that come and go to standard output (tests/lib/crowd.h).
 * usage: crowd EVENTS [LOST]    (LOST: the exit of every so many processes is lost)
 */
#include <stdlib.h>

#include "capture/scap_write.h"
#include "../tests/lib/crowd.h"

static void write_lists(struct scap_writer *w)
{
	struct machine_info machine = {.num_cpus = 2, .hostname = STR("crowd"), .max_pid = 4194304};
	struct machine_proc parent = {.tid = CROWD_PARENT,
		.pid = CROWD_PARENT,
		.ptid = 1,
		.sid = CROWD_PARENT,
		.vpgid = CROWD_PARENT,
		.comm = STR("crowd"),
		.exe = STR("/usr/bin/crowd"),
		.exepath = STR("/usr/bin/crowd"),
		.cwd = STR("/"),
		.fdlimit = 1024,
		.vtid = CROWD_PARENT,
		.vpid = CROWD_PARENT,
		.root = STR("/")};

	scap_write_info(w, &machine);
	scap_write_proc(w, &parent);
}

int main(int argc, char **argv)
{
	struct crowd crowd = {.lost = argc > 2 ? strtoull(argv[2], NULL, 10) : 0};
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	struct scap_writer *w = n ? scap_create("-", false) : NULL;
	struct event ev;

	if (!w) {
		fprintf(stderr, "usage: crowd EVENTS [LOST] >CAPTURE\n");
		return 2;
	}
	write_lists(w);
	for (uint64_t i = 0; i < n; i++) {
		crowd_event(&crowd, &ev);
		scap_write_event(w, &ev);
	}
	return scap_close(w) < 0;
}
