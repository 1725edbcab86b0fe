/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of /proc's texts over any bytes: whatever they give out lies in the input. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "capture/proc_text.h"

static struct str input;

static void within(struct str s)
{
	assert(!s.n || (s.p >= input.p && s.p + s.n <= input.p + input.n));
}

static void processes(void)
{
	struct proc_status status;
	struct proc_stat stat;

	if (proc_stat_parse(input, &stat))
		within(stat.comm);
	if (proc_status_parse(input, &status)) {
		within(status.groups);
		proc_status_in_group(&status, 77);
	}
}

static void strings(void)
{
	char *copy = mem_alloc(input.n + 1);
	struct proc_cmdline c;

	memcpy(copy, input.n ? input.p : "", input.n);
	c = proc_cmdline_parse(copy, input.n);
	assert(c.exe.n + c.args.n <= input.n + 1);
	assert(!c.args.n || c.args.p[c.args.n - 1] == '\0');
	free(copy);
}

static void lists(void)
{
	struct str rest = input;
	struct proc_cgroup g;
	struct proc_mount m;

	while (proc_cgroup_next(&rest, &g)) {
		within(g.path);
		within(g.controllers);
		assert(g.path.p[0] == '/');
	}
	rest = input;
	while (proc_mountinfo_next(&rest, &m)) {
		within(m.point);
		within(m.type);
		within(m.options);
		within(proc_mount_option(m.options, STR("upperdir=")));
	}
}

static void sockets(void)
{
	struct str rest = input, line;
	struct proc_sock s;

	while (rest.n && str_split(&rest, '\n', &line)) {
		proc_inet_parse(line, false, &s);
		proc_inet_parse(line, true, &s);
		proc_netlink_parse(line, &s);
		if (proc_unix_parse(line, &s))
			within(s.path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_fdinfo info;
	uint64_t ino;

	input = str_n(data, size);
	processes();
	strings();
	lists();
	sockets();
	proc_fdinfo_parse(input, &info);
	proc_link_ino(input, STR("socket"), &ino);
	return 0;
}
