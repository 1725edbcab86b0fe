/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/probe_machine.h"

#include <bpf/bpf.h>
#include <linux/filter.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "capture/probe_targets.h"

#if defined(__aarch64__)
#define FUNCTION_TO_TRY "__arm64_sys_close"
#else
#define FUNCTION_TO_TRY "__x64_sys_close"
#endif

uint64_t probe_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* Both clocks are read as close together as can be had. */
uint64_t probe_boot_time(void)
{
	uint64_t best = UINT64_MAX, ret = 0;

	for (int i = 0; i < 10; i++) {
		uint64_t before = clock_ns(CLOCK_BOOTTIME), now = clock_ns(CLOCK_REALTIME);
		uint64_t after = clock_ns(CLOCK_BOOTTIME);

		if (after - before < best) {
			best = after - before;
			ret = now - (before + (after - before) / 2);
		}
	}
	return ret;
}

#if defined(__x86_64__)
static void number_compat(uint16_t *ret)
{
	static const struct {
		uint16_t nr, code;
	} more[] = {
#define SYSCALL(...)
#define SYSCALL_I386(nr, sym) {nr, SC_##sym},
#include "tables/syscalls.def"
#undef SYSCALL
#undef SYSCALL_I386
	};

	for (unsigned code = 1; code < SC_MAX; code++)
		if (syscall_table[code].nr_i386 >= 0)
			ret[syscall_table[code].nr_i386] = (uint16_t)code;
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		ret[more[i].nr] = more[i].code;
}
#else
/* Without a table of their numbers, calls of 32-bit programs are not seen. */
static void number_compat(uint16_t *ret)
{
}
#endif

void probe_number_calls(uint16_t *ret_native, uint16_t *ret_compat)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (native_nr(code) >= 0)
			ret_native[native_nr(code)] = (uint16_t)code;
	number_compat(ret_compat);
}

bool probe_state_type(uint16_t type)
{
	uint16_t flags = event_table[type].flags;

	if (!(flags & EF_MODIFIES_STATE) || (flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD)))
		return false;
	return !(flags & EF_CREATES_FD) || (flags & EF_USES_FD);
}

bool probe_can_attach_functions(const struct btf *kernel)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	int id = btf__find_by_name_kind(kernel, FUNCTION_TO_TRY, BTF_KIND_FUNC), fd, link;

	if (id < 0)
		return false;
	opts.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(
		BPF_PROG_TYPE_TRACING, "try", "GPL", nothing, ARRAY_SIZE(nothing), &opts);
	link = fd < 0 ? -1 : bpf_raw_tracepoint_open(NULL, fd);
	if (fd >= 0)
		close(fd);
	if (link >= 0)
		close(link);
	return link >= 0;
}
