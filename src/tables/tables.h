/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is fixed by the outside world, one row per fact in the .def files of this folder; here are
 * the types that the rows become, and the look-ups.  Numbers are those of capture files and of the
 * plugin interface.
 */
#ifndef TABLES_TABLES_H
#define TABLES_TABLES_H
#include "base/str.h"

/* clang-format off */
/* Parameter and field types; the numbers are part of the plugin interface. */
enum ptype {
	PT_NONE, PT_INT8, PT_INT16, PT_INT32, PT_INT64, PT_UINT8, PT_UINT16, PT_UINT32, PT_UINT64,
	PT_CHARBUF, PT_BYTEBUF, PT_ERRNO, PT_SOCKADDR, PT_SOCKTUPLE, PT_FD, PT_PID, PT_FDLIST,
	PT_FSPATH, PT_SYSCALLID, PT_SIGTYPE, PT_RELTIME, PT_ABSTIME, PT_PORT, PT_L4PROTO,
	PT_SOCKFAMILY, PT_BOOL, PT_IPV4ADDR, PT_DYN, PT_FLAGS8, PT_FLAGS16, PT_FLAGS32, PT_UID,
	PT_GID, PT_DOUBLE, PT_SIGSET, PT_CHARBUFARRAY, PT_CHARBUF_PAIR_ARRAY, PT_IPV4NET,
	PT_IPV6ADDR, PT_IPV6NET, PT_IPADDR, PT_IPNET, PT_MODE, PT_FSRELPATH, PT_ENUMFLAGS8,
	PT_ENUMFLAGS16, PT_ENUMFLAGS32, PT_FD32, PT_PID32, PT_MAX
};

enum pformat { PF_NA, PF_DEC, PF_HEX, PF_PADDED_DEC, PF_ID, PF_DIR, PF_OCT };

enum event_category {
	EC_UNKNOWN, EC_OTHER, EC_FILE, EC_NET, EC_IPC, EC_MEMORY, EC_PROCESS, EC_SLEEP, EC_SYSTEM,
	EC_SIGNAL, EC_USER, EC_TIME, EC_PROCESSING,
	EC_IO_READ = 32, EC_IO_WRITE, EC_IO_OTHER,
	EC_CLASS_MASK = 63,
	EC_WAIT = 1 << 6, EC_SCHEDULER = 1 << 7, EC_INTERNAL = 1 << 8, EC_SYSCALL = 1 << 9,
	EC_TRACEPOINT = 1 << 10, EC_PLUGIN = 1 << 11, EC_METAEVENT = 1 << 12, EC_ITER = 1 << 13,
};

enum event_flag {
	EF_CREATES_FD = 1 << 0, EF_DESTROYS_FD = 1 << 1, EF_USES_FD = 1 << 2,
	EF_READS_FROM_FD = 1 << 3, EF_WRITES_TO_FD = 1 << 4, EF_MODIFIES_STATE = 1 << 5,
	EF_UNUSED = 1 << 6, EF_WAITS = 1 << 7, EF_SKIPPARSERESET = 1 << 8,
	EF_OLD_VERSION = 1 << 9, EF_LARGE_PAYLOAD = 1 << 11, EF_CONVERTER_MANAGED = 1 << 12,
};

/* clang-format on */

/* Bytes that a parameter of a type takes; 0 where it varies. */
extern const uint8_t ptype_size[PT_MAX];

struct flag_value {
	const char *name; /* NULL ends a table */
	uint32_t value;
};

struct dyn_table;

struct param_info {
	const char *name;
	uint8_t type;	/* enum ptype */
	uint8_t format; /* enum pformat */
	int8_t dirfd;	/* PT_FSRELPATH: index of the directory's parameter, else -1 */
	const struct flag_value *flags; /* names of its values, or NULL */
	const struct dyn_table *dyn;	/* PT_DYN: what the first byte selects, or NULL */
};

/* PT_DYN: byte 0 is an index into alt, the value follows; an unknown socket option is bytes. */
struct dyn_table {
	uint8_t n;
	struct param_info alt[5];
};

struct event_info {
	const char *name;  /* of the system call or event; "NA" in unused slots */
	uint32_t category; /* class | modifiers | source, enum event_category */
	uint16_t flags;	   /* enum event_flag */
	uint8_t nparams;
	const struct param_info *params;
};

enum event_type {
#define EVENT(id, sym, name, cat, source, flags, nparams, ...) EV_##sym = id,
#include "tables/events.def"
#undef EVENT
	EV_MAX
};

/* Odd numbers are exits. */
#define EVENT_IS_ENTER(type) (((type)&1) == 0)
/* Of system calls without a type of their own. */
#define EVENT_IS_GENERIC(type) ((type) == EV_SYSCALL_E || (type) == EV_SYSCALL_X)
#define EVENT_MAX_PARAMS 32

extern const struct event_info event_table[EV_MAX];

enum syscall_code {
#define SYSCALL(code, sym, name, x86_64, i386, aarch64, event) SC_##sym = code,
#include "tables/syscalls.def"
#undef SYSCALL
	SC_MAX
};

struct syscall_info {
	const char *name;
	int16_t nr_x86_64, nr_i386, nr_aarch64; /* -1: none there */
	uint16_t event;				/* exit event type; EV_SYSCALL_X: none of its own */
};

extern const struct syscall_info syscall_table[SC_MAX];

#define FLAG_TABLE(name) extern const struct flag_value flags_##name[];
#define FLAG(name, value)
#define FLAG_TABLE_END
#include "tables/flags.def"
#undef FLAG_TABLE
#undef FLAG
#undef FLAG_TABLE_END

/* Code by number on x86_64 (captures hold no others), 0 if unknown. */
int syscall_by_nr(int nr);
/*
 * What is called name. A system call with events of its own is called as they are, others by their
 * own name; generic events have no name. Codes and types are never 0 here: 0 is none.
 */
struct event_name {
	bool known;	     /* an event type that is in use has this name */
	uint16_t call;	     /* the system call with this name of its own */
	uint16_t first_type; /* the others: event_next_of_name() */
	uint16_t first_call; /* the others: syscall_next_of_name() */
};
/* NULL: neither an event type nor a system call is called so. */
const struct event_name *event_name_find(struct str name);
uint16_t event_next_of_name(uint16_t type);
uint16_t syscall_next_of_name(uint16_t code);
/* Index of the parameter called name, -1 if the type has none. */
int event_param_index(const struct event_info *info, struct str name);
/* Index of the parameter that holds the descriptor of an EF_USES_FD event type, -1: none. */
int event_fd_param(uint16_t type);
/* "ENOENT" for 2, "SIGKILL" for 9, "CAP_CHOWN" for bit 0; NULL when unknown. */
const char *errno_name(int err);
const char *signal_name(int sig);
const char *capability_name(unsigned bit);
#define CAP_BITS 41
#define SCHEMA_VERSION "4.5.1"
#define DRIVER_API_VERSION "10.1.0"
#endif
