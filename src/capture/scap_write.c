/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list is gathered in memory until another kind, another process's descriptors or the first event
 * comes, then written as one block; processes and descriptors, which readers also take in parts,
 * earlier.  An event is written as it comes.  All goes through one buffer, then zlib if asked.
 *
 * Strings are cut to what other readers accept: they refuse a whole file for one that is longer.
 * After a write has failed nothing more is written; scap_close() tells.
 */
#include "capture/scap_write.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "capture/scap_format.h"

#define BUFFER (128u * 1024)
/* A list that may come in parts is written when it has this size. */
#define LIST_PART (1024u * 1024)

struct scap_writer {
	int fd;
	bool own_fd, gzip;
	bool in_events;
	int error; /* -errno of the first write that failed */
	uint64_t written, file_bytes;
	struct buf *memory; /* where blocks go instead of to a file, or NULL */
	uint32_t list_type; /* of the list in list, 0: none */
	int64_t list_tid;   /* whose descriptors these are */
	struct buf list;    /* its body */
	z_stream z;
	size_t n; /* bytes in buffer */
	uint8_t buffer[BUFFER], packed[BUFFER];
};

/* ---- bytes ---- */

static void write_all(struct scap_writer *w, const uint8_t *p, size_t n)
{
	ssize_t done;

	while (n && !w->error) {
		done = write(w->fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			w->error = -errno;
			return;
		}
		p += done;
		n -= (size_t)done;
		w->file_bytes += (uint64_t)done;
	}
}

static void deflate_all(struct scap_writer *w, const uint8_t *p, size_t n, int flush)
{
	int res;

	w->z.next_in = (Bytef *)p;
	w->z.avail_in = (uInt)n;
	do {
		w->z.next_out = w->packed;
		w->z.avail_out = sizeof(w->packed);
		res = deflate(&w->z, flush);
		assert(res != Z_STREAM_ERROR);
		write_all(w, w->packed, sizeof(w->packed) - w->z.avail_out);
	} while (!w->z.avail_out && !w->error);
}

static void flush(struct scap_writer *w, bool finish)
{
	if (w->gzip && (w->n || finish))
		deflate_all(w, w->buffer, w->n, finish ? Z_FINISH : Z_NO_FLUSH);
	else
		write_all(w, w->buffer, w->n);
	w->n = 0;
}

static void put(struct scap_writer *w, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t part;

	w->written += n;
	if (w->memory) {
		buf_put(w->memory, data, n);
		return;
	}
	while (n) {
		part = MIN(n, BUFFER - w->n);
		memcpy(w->buffer + w->n, p, part);
		w->n += part;
		p += part;
		n -= part;
		if (w->n == BUFFER)
			flush(w, false);
	}
}

/* ---- blocks ---- */

static void block_begin(struct scap_writer *w, uint32_t type, size_t body)
{
	uint32_t header[2] = {type, (uint32_t)(BLOCK_OVERHEAD + ((body + 3) & ~(size_t)3))};

	put(w, header, sizeof(header));
}

static void block_end(struct scap_writer *w, size_t body)
{
	static const uint8_t zeros[4];
	size_t padded = (body + 3) & ~(size_t)3;
	uint32_t total = (uint32_t)(BLOCK_OVERHEAD + padded);

	put(w, zeros, padded - body);
	put(w, &total, sizeof(total));
}

static void block(struct scap_writer *w, uint32_t type, const void *body, size_t n)
{
	block_begin(w, type, n);
	put(w, body, n);
	block_end(w, n);
}

static void list_end(struct scap_writer *w)
{
	if (w->list_type)
		block(w, w->list_type, w->list.p, w->list.n);
	w->list_type = 0;
	w->list.n = 0;
}

/* Makes list one of this kind, with room for another entry. */
static void list_begin(struct scap_writer *w, uint32_t type, int64_t tid)
{
	assert(!w->in_events);
	if (w->list_type != type || w->list_tid != tid)
		list_end(w);
	if ((type == BLOCK_PL_V9 || type == BLOCK_FDL_V2) && w->list.n >= LIST_PART)
		list_end(w);
	if (w->list_type)
		return;
	w->list_type = type;
	w->list_tid = tid;
	if (type == BLOCK_FDL_V2)
		buf_put(&w->list, &tid, sizeof(tid));
}

#define ADD(b, value) buf_put(b, &(value), sizeof(value))

static void add_u8(struct buf *b, bool v)
{
	uint8_t byte = v;

	ADD(b, byte);
}

/* u16 length, then at most limit bytes. */
static void add_str(struct buf *b, struct str s, size_t limit)
{
	uint16_t n = (uint16_t)MIN(s.n, limit);

	ADD(b, n);
	buf_put(b, s.p, n);
}

/* NUL-terminated strings one after the other: also when cut, the last one ends with a NUL. */
static void add_strings(struct buf *b, struct str s)
{
	add_str(b, s, ARGS_LIMIT);
	if (s.n > ARGS_LIMIT)
		b->p[b->n - 1] = '\0';
}

/* An entry begins with its length. */
static size_t entry_begin(struct buf *b)
{
	buf_pad(b, 0, sizeof(uint32_t));
	return b->n;
}

static void entry_end(struct buf *b, size_t start, bool counts_itself)
{
	uint32_t len = (uint32_t)(b->n - start + (counts_itself ? sizeof(len) : 0));

	memcpy(b->p + start - sizeof(len), &len, sizeof(len));
}

/* ---- lists ---- */

void scap_write_info(struct scap_writer *w, const struct machine_info *m)
{
	uint8_t name[MACHINE_HOSTNAME] = {0};
	struct buf b = {0};

	assert(!w->in_events);
	list_end(w);
	memcpy(name, m->hostname.n ? m->hostname.p : "", MIN(m->hostname.n, sizeof(name) - 1));
	ADD(&b, m->num_cpus);
	ADD(&b, m->memory_bytes);
	ADD(&b, m->max_pid);
	ADD(&b, name);
	ADD(&b, m->boot_ts);
	ADD(&b, m->flags);
	buf_pad(&b, 0, MACHINE_INFO_BODY - b.n);
	block(w, BLOCK_MI, b.p, b.n);
	buf_done(&b);
}

void scap_write_iface(struct scap_writer *w, const struct machine_iface *i)
{
	uint16_t type = i->v6 ? IFACE_V6 : IFACE_V4;
	uint16_t namelen = (uint16_t)MIN(i->name.n, PATH_LIMIT - 1);
	size_t addr_size = i->v6 ? 16 : 4, start;
	struct buf *b = &w->list;

	list_begin(w, BLOCK_IL_V2, 0);
	start = entry_begin(b);
	ADD(b, type);
	ADD(b, namelen);
	buf_put(b, i->addr, addr_size);
	buf_put(b, i->netmask, addr_size);
	buf_put(b, i->bcast, addr_size);
	ADD(b, i->linkspeed);
	buf_put(b, i->name.p, namelen);
	entry_end(b, start, false);
}

void scap_write_user(struct scap_writer *w, const struct machine_user *u)
{
	struct buf *b = &w->list;
	size_t start;

	list_begin(w, BLOCK_UL_V2, 0);
	start = entry_begin(b);
	add_u8(b, u->is_group); /* USER_ENTRY or GROUP_ENTRY */
	if (!u->is_group)
		ADD(b, u->uid);
	ADD(b, u->gid);
	add_str(b, u->name, NAME_LIMIT);
	if (!u->is_group) {
		add_str(b, u->home, NAME_LIMIT);
		add_str(b, u->shell, NAME_LIMIT);
	}
	entry_end(b, start, true);
}

static void add_proc_names(struct buf *b, const struct machine_proc *p)
{
	add_str(b, p->comm, PATH_LIMIT);
	add_str(b, p->exe, PATH_LIMIT);
	add_str(b, p->exepath, PATH_LIMIT);
	add_strings(b, p->args);
	add_str(b, p->cwd, PATH_LIMIT);
}

static void add_proc_tail(struct buf *b, const struct machine_proc *p)
{
	ADD(b, p->pidns_init_start_ts);
	ADD(b, p->tty);
	ADD(b, p->loginuid);
	add_u8(b, p->exe_writable);
	ADD(b, p->cap_inheritable);
	ADD(b, p->cap_permitted);
	ADD(b, p->cap_effective);
	add_u8(b, p->exe_upper_layer);
	ADD(b, p->exe_ino);
	ADD(b, p->exe_ino_ctime);
	ADD(b, p->exe_ino_mtime);
	add_u8(b, p->exe_from_memfd);
	add_u8(b, p->exe_lower_layer);
	ADD(b, p->pgid);
	if (p->clone_ts) {
		uint32_t tag = CLONE_TS_TAG;

		buf_pad(b, 0, sizeof(uint64_t));
		ADD(b, tag);
		ADD(b, p->clone_ts);
	}
}

void scap_write_proc(struct scap_writer *w, const struct machine_proc *p)
{
	struct buf *b = &w->list;
	size_t start;

	list_begin(w, BLOCK_PL_V9, 0);
	start = entry_begin(b);
	ADD(b, p->tid);
	ADD(b, p->pid);
	ADD(b, p->ptid);
	ADD(b, p->sid);
	ADD(b, p->vpgid);
	add_proc_names(b, p);
	ADD(b, p->fdlimit);
	ADD(b, p->flags);
	ADD(b, p->uid);
	ADD(b, p->gid);
	ADD(b, p->vmsize_kb);
	ADD(b, p->vmrss_kb);
	ADD(b, p->vmswap_kb);
	ADD(b, p->pfmajor);
	ADD(b, p->pfminor);
	add_strings(b, p->env);
	ADD(b, p->vtid);
	ADD(b, p->vpid);
	add_strings(b, p->cgroups);
	add_str(b, p->root, PATH_LIMIT);
	add_proc_tail(b, p);
	entry_end(b, start, true);
}

static void add_inet(struct buf *b, const struct machine_fd *f, size_t addr_size, bool server)
{
	buf_put(b, f->inet.sip, addr_size);
	if (!server)
		buf_put(b, f->inet.dip, addr_size);
	ADD(b, f->inet.sport);
	if (!server)
		ADD(b, f->inet.dport);
	add_u8(b, false);
	b->p[b->n - 1] = (char)f->l4;
}

static void add_fd_payload(struct buf *b, const struct machine_fd *f)
{
	switch (f->type) {
	case FD_IPV4_SOCK:
	case FD_IPV4_SERVSOCK:
		add_inet(b, f, 4, f->type == FD_IPV4_SERVSOCK);
		break;
	case FD_IPV6_SOCK:
	case FD_IPV6_SERVSOCK:
		add_inet(b, f, 16, f->type == FD_IPV6_SERVSOCK);
		break;
	case FD_UNIX_SOCK:
		ADD(b, f->unix_source);
		ADD(b, f->unix_dest);
		add_str(b, f->name, PATH_LIMIT - 1);
		break;
	case FD_FILE_V2:
		ADD(b, f->open_flags);
		add_str(b, f->name, PATH_LIMIT - 1);
		ADD(b, f->dev);
		break;
	default:
		add_str(b, f->name, PATH_LIMIT - 1);
		break;
	}
}

void scap_write_fd(struct scap_writer *w, const struct machine_fd *f)
{
	struct buf *b = &w->list;
	uint8_t type = (uint8_t)f->type;
	size_t start;

	if (f->type < FD_UNKNOWN || f->type >= FD_TYPE_MAX)
		return;
	list_begin(w, BLOCK_FDL_V2, f->tid);
	start = entry_begin(b);
	ADD(b, f->fd);
	ADD(b, f->ino);
	ADD(b, type);
	add_fd_payload(b, f);
	entry_end(b, start, true);
}

/* ---- events ---- */

void scap_write_event(struct scap_writer *w, const struct event *ev)
{
	uint32_t flags = ev->flags & EVENT_IMPLIED ? 0 : ev->flags & EVENT_STATE_ONLY;
	size_t body = sizeof(ev->cpu) + (flags ? sizeof(flags) : 0) + ev->len;
	bool large =
		ev->info->flags & EF_LARGE_PAYLOAD || body + 3 + BLOCK_TRAILER > EVENT_BLOCK_SMALL;

	list_end(w);
	w->in_events = true;
	if (flags)
		block_begin(w, large ? BLOCK_EVF_V2_LARGE : BLOCK_EVF_V2, body);
	else
		block_begin(w, large ? BLOCK_EV_V2_LARGE : BLOCK_EV_V2, body);
	put(w, &ev->cpu, sizeof(ev->cpu));
	if (flags)
		put(w, &flags, sizeof(flags));
	put(w, ev->rec, ev->len);
	block_end(w, body);
}

/* ---- the file ---- */

uint64_t scap_written(const struct scap_writer *w)
{
	return w->written;
}

uint64_t scap_file_bytes(const struct scap_writer *w)
{
	return w->file_bytes;
}

static void section_header(struct scap_writer *w)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint64_t length; /* unknown */
	} shb = {SHB_MAGIC, SCAP_MAJOR, SCAP_MINOR, UINT64_MAX};

	_Static_assert(sizeof(shb) == SHB_BODY, "section header as in the file");
	block(w, BLOCK_SHB, &shb, sizeof(shb));
}

void scap_write_section(struct scap_writer *w)
{
	list_end(w);
	w->in_events = false;
	section_header(w);
}

/* fd is the writer's, unless it is standard output. */
static struct scap_writer *create(int fd, bool gzip, int level)
{
	bool to_stdout = fd == STDOUT_FILENO;
	struct scap_writer *w;

	if (fd < 0)
		return NULL;
	w = mem_zalloc(sizeof(*w));
	w->fd = fd;
	w->own_fd = !to_stdout;
	w->gzip = gzip;
	if (gzip &&
		deflateInit2(&w->z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		if (w->own_fd)
			close(fd);
		free(w);
		errno = ENOMEM;
		return NULL;
	}
	section_header(w);
	return w;
}

struct scap_writer *scap_create(const char *path, bool gzip)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;

	if (strcmp(path, "-") == 0)
		return create(STDOUT_FILENO, gzip, Z_DEFAULT_COMPRESSION);
	return create(open(path, flags, 0666), gzip, Z_DEFAULT_COMPRESSION);
}

struct scap_writer *scap_create_fast(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

	return create(open(path, flags, 0600), true, Z_BEST_SPEED);
}

struct scap_writer *scap_create_memory(struct buf *to)
{
	struct scap_writer *w = mem_zalloc(sizeof(*w));

	w->fd = -1;
	w->memory = to;
	return w;
}

void scap_into(struct scap_writer *w, struct buf *to)
{
	list_end(w);
	w->memory = to;
	w->in_events = false;
}

void scap_write_blocks(struct scap_writer *w, struct str blocks, bool has_events)
{
	list_end(w);
	w->in_events = has_events;
	put(w, blocks.p, blocks.n);
}

int scap_close(struct scap_writer *w)
{
	int error;

	list_end(w);
	if (!w->memory)
		flush(w, true);
	if (w->gzip)
		deflateEnd(&w->z);
	if (w->own_fd && close(w->fd) < 0 && !w->error)
		w->error = -errno;
	error = w->error;
	buf_done(&w->list);
	free(w);
	return error;
}
