/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list is read one entry at a time, through a cursor that knows where the entry ends: no length
 * in the file can lead further.  Since 2018 entries carry their own length, and fields are only
 * ever appended; older lists have a version each, and entries that must be parsed to be delimited.
 */
#include "capture/scap_blocks.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "capture/scap_format.h"

struct cursor {
	const uint8_t *p, *end;
	bool overrun; /* something was asked for behind the end, zeros were given */
};

static size_t left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static void take(struct cursor *c, void *out, size_t n)
{
	if (n > left(c)) {
		c->overrun = true;
		c->p = c->end;
		memset(out, 0, n);
		return;
	}
	memcpy(out, c->p, n);
	c->p += n;
}

static uint8_t take_u8(struct cursor *c)
{
	uint8_t v;

	take(c, &v, sizeof(v));
	return v;
}

static uint16_t take_u16(struct cursor *c)
{
	uint16_t v;

	take(c, &v, sizeof(v));
	return v;
}

static uint32_t take_u32(struct cursor *c)
{
	uint32_t v;

	take(c, &v, sizeof(v));
	return v;
}

static uint64_t take_u64(struct cursor *c)
{
	uint64_t v;

	take(c, &v, sizeof(v));
	return v;
}

static struct str take_bytes(struct cursor *c, size_t n)
{
	struct str s = str_n(c->p, n);

	if (n > left(c)) {
		c->overrun = true;
		c->p = c->end;
		return STR("");
	}
	c->p += n;
	return s;
}

/* u16 length, then the bytes. */
static struct str take_str(struct cursor *c)
{
	return take_bytes(c, take_u16(c));
}

/* The same, cut at a NUL: a name. */
static struct str take_name(struct cursor *c)
{
	struct str s = take_str(c);

	return str_head(s, strnlen(s.p, s.n));
}

/* A field that was appended in some version: *out stays as it is when the entry ends before. */
#define TAKE_IF_THERE(c, out)                                                                      \
	do {                                                                                       \
		if (left(c) >= sizeof(*(out)))                                                     \
			take(c, out, sizeof(*(out)));                                              \
	} while (0)

static void take_flag_if_there(struct cursor *c, bool *out)
{
	uint8_t v = *out;

	TAKE_IF_THERE(c, &v);
	*out = v != 0;
}

static int damaged(struct blocks *b, const char *what, unsigned long long value)
{
	snprintf(b->error, sizeof(b->error), what, value);
	b->error_offset = stream_offset(b->stream);
	return -EBADMSG;
}

/* ---- machine ---- */

static int machine_body(struct blocks *b, uint32_t version, uint32_t n)
{
	struct machine_info m = {0};
	struct cursor c;

	if (n > ENTRY_MAX)
		return damaged(b, "machine information of %llu bytes", n);
	if (!stream_need(b->stream, n))
		return -ENODATA;
	c = (struct cursor){b->stream->cur, b->stream->cur + n, false};
	m.num_cpus = take_u32(&c);
	m.memory_bytes = take_u64(&c);
	m.max_pid = take_u64(&c);
	m.hostname = take_bytes(&c, MIN(left(&c), MACHINE_HOSTNAME));
	m.hostname = str_head(m.hostname, strnlen(m.hostname.p, m.hostname.n));
	TAKE_IF_THERE(&c, &m.boot_ts);
	TAKE_IF_THERE(&c, &m.flags);
	if (c.overrun)
		return damaged(b, "machine information of %llu bytes", n);
	if (b->sink->info)
		b->sink->info(b->sink->arg, &m);
	b->stream->cur += n;
	return 0;
}

/* ---- processes ---- */

/* Strings one after the other: the last one gets the NUL that some writers left out. */
static struct str terminated(struct blocks *b, struct str s)
{
	if (!s.n || s.p[s.n - 1] == '\0')
		return s;
	/* Room for all three of an entry, so that none moves while it is in use. */
	if (!b->scratch.n)
		buf_reserve(&b->scratch, 3 * (UINT16_MAX + 1));
	buf_str(&b->scratch, s);
	buf_char(&b->scratch, '\0');
	return str_n(b->scratch.p + b->scratch.n - s.n - 1, s.n + 1);
}

static void clone_ts(struct cursor *c, struct machine_proc *p)
{
	uint64_t zeros = 1;
	uint32_t tag = 0;

	TAKE_IF_THERE(c, &zeros);
	TAKE_IF_THERE(c, &tag);
	if (!zeros && tag == CLONE_TS_TAG)
		TAKE_IF_THERE(c, &p->clone_ts);
}

/* What libraries from 0.10 on write between the two oldest fields of the tail is told by size. */
static void proc_tail(struct cursor *c, struct machine_proc *p)
{
	enum { OLD_TAIL = 4 + 1 + 3 * 8 };

	if (left(c) > OLD_TAIL) {
		TAKE_IF_THERE(c, &p->pidns_init_start_ts);
		TAKE_IF_THERE(c, &p->tty);
	}
	TAKE_IF_THERE(c, &p->loginuid);
	take_flag_if_there(c, &p->exe_writable);
	TAKE_IF_THERE(c, &p->cap_inheritable);
	TAKE_IF_THERE(c, &p->cap_permitted);
	TAKE_IF_THERE(c, &p->cap_effective);
	take_flag_if_there(c, &p->exe_upper_layer);
	TAKE_IF_THERE(c, &p->exe_ino);
	TAKE_IF_THERE(c, &p->exe_ino_ctime);
	TAKE_IF_THERE(c, &p->exe_ino_mtime);
	take_flag_if_there(c, &p->exe_from_memfd);
	take_flag_if_there(c, &p->exe_lower_layer);
	TAKE_IF_THERE(c, &p->pgid);
	clone_ts(c, p);
}

static void proc_memory(struct cursor *c, struct machine_proc *p)
{
	p->vmsize_kb = take_u32(c);
	p->vmrss_kb = take_u32(c);
	p->vmswap_kb = take_u32(c);
	p->pfmajor = take_u64(c);
	p->pfminor = take_u64(c);
}

static int proc_entry(struct blocks *b, uint32_t version, struct cursor *c)
{
	struct machine_proc p = {.sid = -1, .vpgid = -1, .vtid = -1, .vpid = -1, .pgid = -1};

	b->scratch.n = 0;
	p.loginuid = UINT32_MAX;
	p.tid = (int64_t)take_u64(c);
	p.pid = (int64_t)take_u64(c);
	p.ptid = (int64_t)take_u64(c);
	if (version >= 6)
		p.sid = (int64_t)take_u64(c);
	if (version >= 8)
		p.vpgid = (int64_t)take_u64(c);
	p.comm = take_name(c);
	p.exe = take_name(c);
	p.exepath = version >= 7 ? take_name(c) : STR("");
	p.args = terminated(b, take_str(c));
	p.cwd = take_name(c);
	p.fdlimit = take_u64(c);
	p.flags = take_u32(c);
	p.uid = take_u32(c);
	p.gid = take_u32(c);
	if (version >= 2)
		proc_memory(c, &p);
	p.env = version >= 3 ? terminated(b, take_str(c)) : STR("");
	if (version >= 4) {
		p.vtid = (int64_t)take_u64(c);
		p.vpid = (int64_t)take_u64(c);
	}
	p.cgroups = version >= 4 ? terminated(b, take_str(c)) : STR("");
	p.root = version >= 5 ? take_name(c) : STR("");
	if (version >= 9)
		proc_tail(c, &p);
	if (!c->overrun && b->sink->proc)
		b->sink->proc(b->sink->arg, &p);
	return 0;
}

/* ---- descriptors ---- */

static void fd_inet(struct cursor *c, struct machine_fd *f, unsigned addr_size, bool server)
{
	take(c, f->inet.sip, addr_size);
	if (!server)
		take(c, f->inet.dip, addr_size);
	f->inet.sport = take_u16(c);
	if (!server)
		f->inet.dport = take_u16(c);
	f->l4 = take_u8(c);
}

/* False for a type that this version does not know. */
static bool fd_payload(struct cursor *c, uint32_t version, struct machine_fd *f)
{
	switch (f->type) {
	case FD_IPV4_SOCK:
	case FD_IPV4_SERVSOCK:
		fd_inet(c, f, 4, f->type == FD_IPV4_SERVSOCK);
		return true;
	case FD_IPV6_SOCK:
	case FD_IPV6_SERVSOCK:
		fd_inet(c, f, 16, f->type == FD_IPV6_SERVSOCK);
		return true;
	case FD_UNIX_SOCK:
		f->unix_source = take_u64(c);
		f->unix_dest = take_u64(c);
		f->name = take_name(c);
		return true;
	case FD_FILE_V2:
		f->open_flags = take_u32(c);
		f->name = take_name(c);
		if (version >= 2)
			TAKE_IF_THERE(c, &f->dev);
		return true;
	case FD_UNKNOWN:
		if (version >= 2 && left(c) >= 2)
			f->name = take_name(c);
		return true;
	default:
		if (f->type >= FD_TYPE_MAX)
			return false;
		f->name = take_name(c);
		return true;
	}
}

static int fd_entry(struct blocks *b, uint32_t version, struct cursor *c, int64_t tid)
{
	struct machine_fd f = {.tid = tid, .name = STR("")};
	char name[32];
	uint8_t type;

	f.fd = (int64_t)take_u64(c);
	f.ino = take_u64(c);
	type = take_u8(c);
	f.type = (enum fd_type)type;
	if (!fd_payload(c, version, &f)) {
		if (version < 2)
			return damaged(b, "unknown type %llu of a descriptor", type);
		f.type = FD_UNSUPPORTED;
		f.name = str_n(
			name, (size_t)snprintf(name, sizeof(name), "unknown-type:[%d]", type));
	}
	if (!c->overrun && b->sink->fd)
		b->sink->fd(b->sink->arg, &f);
	return 0;
}

/* ---- users, interfaces ---- */

static int user_entry(struct blocks *b, uint32_t version, struct cursor *c)
{
	struct machine_user u = {.name = STR(""), .home = STR(""), .shell = STR("")};

	u.is_group = take_u8(c) != USER_ENTRY;
	if (!u.is_group)
		u.uid = take_u32(c);
	u.gid = take_u32(c);
	u.name = take_name(c);
	if (!u.is_group) {
		u.home = take_name(c);
		u.shell = take_name(c);
	}
	if (!c->overrun && b->sink->user)
		b->sink->user(b->sink->arg, &u);
	return 0;
}

static int iface_entry(struct blocks *b, uint32_t version, struct cursor *c)
{
	uint16_t type = take_u16(c), namelen = take_u16(c);
	bool v6 = type == IFACE_V6 || type == IFACE_V6_NO_SPEED;
	struct machine_iface i = {.v6 = v6};

	if (type < IFACE_V4 || type > IFACE_V6_NO_SPEED) {
		if (version < 2)
			return damaged(b, "unknown type %llu of an interface", type);
		return 0;
	}
	take(c, i.addr, v6 ? 16 : 4);
	take(c, i.netmask, v6 ? 16 : 4);
	take(c, i.bcast, v6 ? 16 : 4);
	if (type == IFACE_V4 || type == IFACE_V6)
		i.linkspeed = take_u64(c);
	i.name = take_bytes(c, namelen);
	i.name = str_head(i.name, strnlen(i.name.p, i.name.n));
	if (!c->overrun && b->sink->iface)
		b->sink->iface(b->sink->arg, &i);
	return 0;
}

/* ---- lists ---- */

enum list_kind { NO_LIST, MACHINE, PROCS, FDS, USERS, IFACES };

/* Which list a block type is, and in which version. */
static const struct list {
	uint32_t type;
	uint8_t kind, version;
	bool sized;    /* entries begin with their length, u32 */
	bool excluded; /* which does not count itself */
} lists[] = {
	{BLOCK_PL_V9, PROCS, 9, true, false},
	{BLOCK_FDL_V2, FDS, 2, true, false},
	{BLOCK_UL_V2, USERS, 2, true, false},
	{BLOCK_IL_V2, IFACES, 2, true, true},
	{BLOCK_MI, MACHINE, 1, false, false},
	{BLOCK_PL_V8, PROCS, 8, false, false},
	{BLOCK_PL_V7, PROCS, 7, false, false},
	{BLOCK_PL_V6, PROCS, 6, false, false},
	{BLOCK_PL_V5, PROCS, 5, false, false},
	{BLOCK_PL_V4, PROCS, 4, false, false},
	{BLOCK_PL_V3, PROCS, 3, false, false},
	{BLOCK_PL_V2, PROCS, 2, false, false},
	{BLOCK_PL_V1, PROCS, 1, false, false},
	{BLOCK_FDL_V1, FDS, 1, false, false},
	{BLOCK_UL_V1, USERS, 1, false, false},
	{BLOCK_IL_V1, IFACES, 1, false, false},
	{BLOCK_MI_OLD, MACHINE, 1, false, false},
	{BLOCK_PL_V3_OLD, PROCS, 3, false, false},
	{BLOCK_PL_V2_OLD, PROCS, 2, false, false},
	{BLOCK_PL_V1_OLD, PROCS, 1, false, false},
	{BLOCK_FDL_V1_OLD, FDS, 1, false, false},
	{BLOCK_UL_V1_OLD, USERS, 1, false, false},
	{BLOCK_IL_V1_OLD, IFACES, 1, false, false},
};

static int read_entry(struct blocks *b, const struct list *l, struct cursor *c, int64_t tid)
{
	switch (l->kind) {
	case PROCS:
		return proc_entry(b, l->version, c);
	case FDS:
		return fd_entry(b, l->version, c, tid);
	case USERS:
		return user_entry(b, l->version, c);
	default:
		return iface_entry(b, l->version, c);
	}
}

/* One entry at cur; *ret_len is its length. */
static int entry(struct blocks *b, uint32_t *ret_len)
{
	const struct list *l = b->list;
	uint32_t len = MIN(b->left, ENTRY_MAX), prefix = l->sized ? 4 : 0;
	struct cursor c;
	int err;

	if (l->sized) {
		if (!stream_need(b->stream, prefix))
			return -ENODATA;
		memcpy(&len, b->stream->cur, sizeof(len));
		if (l->excluded && len <= ENTRY_MAX)
			len += prefix;
		if (len < prefix || len > b->left || len > ENTRY_MAX)
			return damaged(b, "list entry of %llu bytes", len);
	}
	/* Without a length of its own the entry is somewhere in what is there of the block. */
	if (!stream_need(b->stream, len))
		return -ENODATA;
	c = (struct cursor){b->stream->cur + prefix, b->stream->cur + len, false};
	err = read_entry(b, l, &c, b->tid);
	if (!err && c.overrun)
		err = damaged(b, "list entry is longer than its %llu bytes", len);
	*ret_len = l->sized ? len : (uint32_t)(c.p - b->stream->cur);
	return err;
}

static const struct list *find_list(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i].type == type)
			return &lists[i];
	return NULL;
}

bool blocks_begin(struct blocks *b, uint32_t type, uint32_t n)
{
	b->list = find_list(type);
	b->left = n;
	b->tid_read = false;
	return b->list;
}

/* A list of descriptors begins with whose they are. */
static int read_tid(struct blocks *b)
{
	if (b->left < sizeof(b->tid))
		return damaged(b, "list of descriptors of %llu bytes", b->left);
	if (!stream_need(b->stream, sizeof(b->tid)))
		return -ENODATA;
	memcpy(&b->tid, b->stream->cur, sizeof(b->tid));
	b->stream->cur += sizeof(b->tid);
	b->left -= (uint32_t)sizeof(b->tid);
	b->tid_read = true;
	return 0;
}

int blocks_read(struct blocks *b)
{
	uint64_t padding;
	uint32_t len = 0;
	int err = 0;

	if (b->list->kind == MACHINE)
		return machine_body(b, b->list->version, b->left);
	if (b->list->kind == FDS && !b->tid_read)
		err = read_tid(b);
	/* Up to three bytes are padding. */
	while (!err && b->left >= 4) {
		err = entry(b, &len);
		if (!err) {
			b->stream->cur += len;
			b->left -= len;
		}
	}
	if (err)
		return err;
	padding = b->left;
	stream_skip(b->stream, &padding);
	b->left = (uint32_t)padding;
	return padding ? -ENODATA : 0;
}
