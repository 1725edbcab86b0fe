/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of events.def, flags.def and syscalls.def as arrays, and the look-ups over them. */
#include "tables/tables.h"

#define FLAG_TABLE(name) const struct flag_value flags_##name[] = {
#define FLAG(text, value) {text, value},
#define FLAG_TABLE_END                                                                             \
	{                                                                                          \
		NULL, 0                                                                            \
	}                                                                                          \
	}                                                                                          \
	;
#include "tables/flags.def"
#undef FLAG_TABLE
#undef FLAG
#undef FLAG_TABLE_END

#define flags_NONE NULL

/* clang-format off */
const uint8_t ptype_size[PT_MAX] = {
	[PT_INT8] = 1, [PT_UINT8] = 1, [PT_FLAGS8] = 1, [PT_ENUMFLAGS8] = 1, [PT_SIGTYPE] = 1,
	[PT_L4PROTO] = 1, [PT_SOCKFAMILY] = 1,
	[PT_INT16] = 2, [PT_UINT16] = 2, [PT_FLAGS16] = 2, [PT_ENUMFLAGS16] = 2,
	[PT_SYSCALLID] = 2, [PT_PORT] = 2,
	[PT_INT32] = 4, [PT_UINT32] = 4, [PT_FLAGS32] = 4, [PT_ENUMFLAGS32] = 4, [PT_UID] = 4,
	[PT_GID] = 4, [PT_MODE] = 4, [PT_SIGSET] = 4, [PT_FD32] = 4, [PT_PID32] = 4, [PT_BOOL] = 4,
	[PT_IPV4ADDR] = 4,
	[PT_INT64] = 8, [PT_UINT64] = 8, [PT_RELTIME] = 8, [PT_ABSTIME] = 8, [PT_ERRNO] = 8,
	[PT_FD] = 8, [PT_PID] = 8,
	[PT_IPV6ADDR] = 16,
};

static const struct dyn_table dyn_sockopt = {5, {
	{"", PT_BYTEBUF, PF_HEX, -1, NULL, NULL}, {"", PT_ERRNO, PF_DEC, -1, NULL, NULL},
	{"", PT_UINT32, PF_DEC, -1, NULL, NULL}, {"", PT_UINT64, PF_DEC, -1, NULL, NULL},
	{"", PT_RELTIME, PF_DEC, -1, NULL, NULL}}};
static const struct dyn_table dyn_ptrace = {2, {
	{"", PT_UINT64, PF_HEX, -1, NULL, NULL}, {"", PT_SIGTYPE, PF_DEC, -1, NULL, NULL}}};
static const struct dyn_table dyn_bpf = {2, {
	{"", PT_FD, PF_DEC, -1, NULL, NULL}, {"", PT_ERRNO, PF_DEC, -1, NULL, NULL}}};
static const struct dyn_table dyn_keyctl = {2, {
	{"", PT_INT64, PF_DEC, -1, NULL, NULL}, {"", PT_CHARBUF, PF_NA, -1, NULL, NULL}}};

#define P(name, type, format, table) {name, PT_##type, PF_##format, -1, flags_##table, NULL}
#define PREL(name, dirfd) {name, PT_FSRELPATH, PF_NA, dirfd, NULL, NULL}
#define PDYN(name, format, table) {name, PT_DYN, PF_##format, -1, NULL, &dyn_##table}
/* clang-format on */
#define EVENT(id, sym, name, cat, source, flags, nparams, ...)                                     \
	[id] = {name, (cat) | (source), flags, nparams, (const struct param_info[]){__VA_ARGS__}},
const struct event_info event_table[EV_MAX] = {
#include "tables/events.def"
};
#undef EVENT

#define SYSCALL(code, sym, name, x86_64, i386, aarch64, event)                                     \
	[code] = {name, x86_64, i386, aarch64, EV_##event},
const struct syscall_info syscall_table[SC_MAX] = {
#include "tables/syscalls.def"
};
#undef SYSCALL

int syscall_by_nr(int nr)
{
	static uint16_t code_of[512];
	static bool filled;

	if (!filled) {
		for (int i = 1; i < SC_MAX; i++)
			if (syscall_table[i].nr_x86_64 >= 0)
				code_of[syscall_table[i].nr_x86_64] = (uint16_t)i;
		filled = true;
	}
	return nr >= 0 && nr < 512 ? code_of[nr] : 0;
}

int event_param_index(const struct event_info *info, struct str name)
{
	for (int i = 0; i < info->nparams; i++)
		if (str_is(name, info->params[i].name))
			return i;
	return -1;
}

/* clang-format off */
int event_fd_param(uint16_t type)
{
	switch (type) {
	case EV_READ_X: case EV_PREAD_X: case EV_BIND_X: case EV_WRITE_X: case EV_PWRITE_X:
	case EV_RECV_X: case EV_SEND_X: case EV_SENDTO_X: case EV_SENDMSG_X: case EV_SENDFILE_X:
	case EV_SPLICE_X: case EV_WRITEV_X: case EV_PWRITEV_X: case EV_CONNECT_X:
	case EV_SYMLINKAT_X:
		return 2;
	case EV_RECVFROM_X: case EV_READV_X: case EV_PREADV_X:
		return 3;
	case EV_RECVMSG_X:
		return 5;
	case EV_MMAP_X: case EV_MMAP2_X:
		return 8;
	case EV_MMAP_E: case EV_MMAP2_E:
		return 4;
	case EV_SPLICE_E:
		return 1;
	default:
		if (type >= EV_MAX || !(event_table[type].flags & EF_USES_FD))
			return -1;
		return EVENT_IS_ENTER(type) ? 0 : 1;
	}
}
/* clang-format on */

const char *errno_name(int err)
{
	static const char *const names[] = {
#include "tables/errnos.def"
	};

	return err > 0 && (size_t)err < sizeof(names) / sizeof(names[0]) ? names[err] : NULL;
}

const char *signal_name(int sig)
{
	static const char *const names[] = {
#include "tables/signals.def"
	};

	return sig > 0 && (size_t)sig < sizeof(names) / sizeof(names[0]) ? names[sig] : NULL;
}

const char *capability_name(unsigned bit)
{
	static const char *const names[CAP_BITS] = {
#include "tables/capabilities.def"
	};

	return bit < CAP_BITS ? names[bit] : NULL;
}
