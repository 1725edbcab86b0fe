/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "evt" about events of system calls: type, parameters, result, what kind of work
 * it was.  Those that the event's type alone decides are of scope TYPE; the engine asks once.
 */
#include "filter/extract.h"

#define SECOND 1000000000u

/* ---- type ---- */

/* The name of a generic event's system call; of one that the recorder did not know, by number. */
static const char *generic_name(const struct event *ev)
{
	uint64_t code = event_u64(ev, 0);

	if (code == 0 && event_param(ev, 1).n)
		code = (uint64_t)syscall_by_nr((int)event_u64(ev, 1));
	return syscall_table[code < SC_MAX ? code : 0].name;
}

bool field_evt_type(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	switch (ctx->ev->type) {
	case EV_SYSCALL_X:
		return value_text(ret, str_c(generic_name(ctx_decoded(ctx))));
	case EV_ASYNCEVENT_E:
		return value_text(ret, param_str(ctx_decoded(ctx), 1));
	default:
		return value_text(ret, str_c(ctx->ev->info->name));
	}
}

bool field_syscall_type(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return (ctx->ev->info->category & EC_SYSCALL) && field_evt_type(f, ctx, ret);
}

bool field_evt_type_is(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct type_pair *pair = f->aux;

	return value_u64(ret, ctx->ev->type == pair->first || ctx->ev->type == pair->second);
}

bool field_evt_dir(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_text(ret, EVENT_IS_ENTER(ctx->ev->type) ? STR(">") : STR("<"));
}

/* Reading and writing count as what the descriptor is. */
static struct str io_category(const struct fd *fd)
{
	switch (fd ? fd->type : FD_UNKNOWN) {
	case FD_FILE:
	case FD_FILE_V2:
	case FD_DIRECTORY:
		return STR("file");
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		return STR("net");
	case FD_FIFO:
	case FD_UNIX_SOCK:
	case FD_EVENT:
	case FD_SIGNALFD:
	case FD_INOTIFY:
	case FD_USERFAULTFD:
		return STR("ipc");
	default:
		return STR("unknown");
	}
}

bool field_evt_category(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	static const char *const names[] = {[EC_UNKNOWN] = "unknown",
		[EC_OTHER] = "other",
		[EC_FILE] = "file",
		[EC_NET] = "net",
		[EC_IPC] = "IPC",
		[EC_MEMORY] = "memory",
		[EC_PROCESS] = "process",
		[EC_SLEEP] = "sleep",
		[EC_SYSTEM] = "system",
		[EC_SIGNAL] = "signal",
		[EC_USER] = "user",
		[EC_TIME] = "time",
		[EC_PROCESSING] = "processing",
		[EC_WAIT] = "wait",
		[EC_SCHEDULER] = "scheduler",
		[EC_INTERNAL] = "internal"};
	uint32_t category = ctx->ev->info->category & (EC_SYSCALL - 1);
	const char *name = category < ARRAY_SIZE(names) ? names[category] : NULL;

	if (category >= EC_IO_READ && category <= EC_IO_OTHER)
		return value_text(ret, io_category(ctx->fd));
	return value_text(ret, str_c(name ? name : "unknown"));
}

bool field_evt_cpu(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	ret->i = (int16_t)ctx->ev->cpu;
	return true;
}

/* ---- parameters ---- */

bool field_evt_args(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct buf text = {.arena = ctx->arena};

	if (ctx_decoded(ctx)->type != EV_SYSCALL_X)
		params_print(ctx, &text);
	return value_buf(ret, &text);
}

bool field_evt_info(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return field_evt_args(f, ctx, ret);
}

bool field_evt_arg(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	int i = field_param(f, ctx_decoded(ctx));

	return i >= 0 && value_text(ret, param_shown(ctx, (unsigned)i, f->compare));
}

/* The event's own parameter decides type and format; an empty one is 0 or "", but matches nothing.
 */
bool field_evt_rawarg(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct event *ev = ctx_decoded(ctx);
	int i = field_param(f, ev);
	const struct param_info *info;

	if (i < 0 || (f->compare && !event_param(ev, (unsigned)i).n))
		return false;
	info = &ev->info->params[i];
	f->format = info->format;
	ret->type = info->type;
	switch (info->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		ret->s = param_str(ev, (unsigned)i);
		break;
	case PT_BYTEBUF:
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
	case PT_FDLIST:
	case PT_DYN:
	case PT_IPV4ADDR:
	case PT_IPV6ADDR:
		ret->s = event_bytes(ev, (unsigned)i);
		break;
	case PT_BOOL:
		ret->b = event_u64(ev, (unsigned)i) != 0;
		break;
	default:
		ret->u = event_u64(ev, (unsigned)i);
		break;
	}
	return true;
}

bool field_evt_buffer(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct event *ev = ctx_decoded(ctx);
	int i = event_param_index(ev->info, STR("data"));

	if (i < 0 || i >= ev->nparams)
		return false;
	ret->s = event_bytes(ev, (unsigned)i);
	if (!ret->s.n && !f->compare)
		ret->s = STR("NULL");
	return true;
}

/* Calls of the *at() family with one path or two, and where they have them. */
struct at_call {
	uint8_t dirfd, path, dirfd2, path2; /* parameters, 0: none */
};

static const struct at_call at_calls[EV_MAX] = {
	[EV_RENAMEAT_X] = {1, 2, 3, 4},
	[EV_RENAMEAT2_X] = {1, 2, 3, 4},
	[EV_LINKAT_X] = {1, 2, 3, 4},
	[EV_SYMLINKAT_X] = {2, 3, 0, 0},
	[EV_OPENAT_X] = {1, 2, 0, 0},
	[EV_OPENAT2_X] = {1, 2, 0, 0},
	[EV_UNLINKAT_X] = {1, 2, 0, 0},
	[EV_MKDIRAT_X] = {1, 2, 0, 0},
	[EV_FCHMODAT_X] = {1, 2, 0, 0},
	[EV_FCHOWNAT_X] = {1, 2, 0, 0},
};

static struct str at_base(const struct field *f, struct event_ctx *ctx, int64_t dirfd)
{
	struct fd *fd;

	if (dirfd == AT_FDCWD_PARAM)
		return thread_cwd(ctx->thread);
	fd = thread_fd(ctx->thread, dirfd);
	if (!f->compare)
		ctx->fd = fd;
	return fd ? arena_printf(ctx->arena, "%.*s/", STR_ARG(fd_name(fd))) : STR("<UNKNOWN>/");
}

static bool abs_path(const struct field *f, struct event_ctx *ctx, unsigned dirfd, unsigned path,
	struct value *ret)
{
	const struct event *ev = ctx->ev;
	struct str name = param_str(ev, path), base = STR("");

	if (!event_param(ev, dirfd).n || !event_param(ev, path).n)
		return false;
	if (!name.n || name.p[0] != '/')
		base = at_base(f, ctx, event_i64(ev, dirfd));
	return value_text(ret, path_join(ctx->arena, base, name));
}

bool field_evt_origin(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	static const char *const names[] = {
		[ORIGIN_64] = "64-bit", [ORIGIN_32] = "32-bit", [ORIGIN_URING] = "io_uring"};
	enum origin origin;

	return event_origin(ctx_decoded(ctx), &origin) && value_text(ret, str_c(names[origin]));
}

bool field_evt_abspath(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct event *ev = ctx_decoded(ctx);
	const struct at_call *c = &at_calls[ev->type];
	int64_t result;

	if (!ctx->thread)
		return false;
	if (ev->type == EV_OPEN_BY_HANDLE_AT_X)
		return event_result(ev, &result) && result > 0 &&
		       value_text(ret, path_join(ctx->arena, STR(""), param_str(ev, 3)));
	if (f->index == 2 && c->path2)
		return abs_path(f, ctx, c->dirfd2, c->path2, ret);
	return c->path && abs_path(f, ctx, c->dirfd, c->path, ret);
}

/* ---- result ---- */

bool field_evt_rawres(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return event_result(ctx_decoded(ctx), &ret->i);
}

bool field_evt_res(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	int64_t result;

	if (!event_result(ctx_decoded(ctx), &result))
		return false;
	return value_text(ret, result >= 0 ? STR("SUCCESS") : param_shown(ctx, 0, true));
}

bool field_evt_failed(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	int64_t result;

	return event_result(ctx_decoded(ctx), &result) && value_bool(ret, result < 0);
}

/* ---- reading and writing ---- */

bool field_evt_is_io(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_bool(ret, ctx->ev->info->flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD));
}

bool field_evt_is_io_read(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_bool(ret, ctx->ev->info->flags & EF_READS_FROM_FD);
}

bool field_evt_is_io_write(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_bool(ret, ctx->ev->info->flags & EF_WRITES_TO_FD);
}

bool field_evt_io_dir(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	if (ctx->ev->info->flags & EF_WRITES_TO_FD)
		return value_text(ret, STR("write"));
	return (ctx->ev->info->flags & EF_READS_FROM_FD) && value_text(ret, STR("read"));
}

bool field_evt_is_wait(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_bool(ret, ctx->ev->info->flags & EF_WAITS);
}

bool field_evt_is_syslog(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_bool(ret, (ctx->ev->info->flags & EF_WRITES_TO_FD) && ctx->fd &&
				       str_find(fd_name(ctx->fd), STR("/dev/log")) >= 0);
}

/* Bytes moved by a call of a class (0: any input or output) on a kind of descriptor. */
static bool moved(struct event_ctx *ctx, uint32_t category, bool (*on)(const struct fd *fd),
	struct value *ret)
{
	uint32_t own = ctx->ev->info->category & (EC_SYSCALL - 1);
	int64_t result;

	if (!ctx->fd || !(own & EC_IO_READ) || (category && own != category))
		return false;
	if ((on && !on(ctx->fd)) || !event_result(ctx_decoded(ctx), &result) || result < 0)
		return false;
	return value_u64(ret, (uint64_t)result);
}

static bool is_file(const struct fd *fd)
{
	return fd->type == FD_FILE || fd->type == FD_FILE_V2;
}

static bool is_net(const struct fd *fd)
{
	return fd->type >= FD_IPV4_SOCK && fd->type <= FD_IPV6_SERVSOCK;
}

#define MOVED(sym, category, on)                                                                   \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return moved(ctx, category, on, ret);                                              \
	}
MOVED(evt_buflen, 0, NULL)
MOVED(evt_buflen_in, EC_IO_READ, NULL)
MOVED(evt_buflen_out, EC_IO_WRITE, NULL)
MOVED(evt_buflen_file, 0, is_file)
MOVED(evt_buflen_file_in, EC_IO_READ, is_file)
MOVED(evt_buflen_file_out, EC_IO_WRITE, is_file)
MOVED(evt_buflen_net, 0, is_net)
MOVED(evt_buflen_net_in, EC_IO_READ, is_net)
MOVED(evt_buflen_net_out, EC_IO_WRITE, is_net)

/* ---- opening ---- */

#define O_RDONLY_PARAM (1u << 0) /* O_RDWR is both */
#define O_WRONLY_PARAM (1u << 1)
#define O_CREAT_PARAM (1u << 2)
#define O_TMPFILE_PARAM (1u << 13)
#define O_F_CREATED_PARAM (1u << 14)
#define MODE_ANY_X 0111u

/* Where the calls that open files have their flags and the mode of a new file; 0: nowhere. */
static const struct opening {
	uint8_t flags, mode;
} openings[EV_MAX] = {
	[EV_OPEN_X] = {2, 3},
	[EV_OPENAT_X] = {3, 4},
	[EV_OPENAT2_X] = {3, 4},
	[EV_CREAT_X] = {0, 2},
	[EV_OPEN_BY_HANDLE_AT_X] = {2, 0},
};

bool event_opens(uint16_t type)
{
	return openings[type].flags || openings[type].mode;
}

/* Of one that may make a file. */
static unsigned creating_kind(const struct event *ev, const struct opening *o, uint32_t flags)
{
	bool makes = !o->flags || flags & (O_CREAT_PARAM | O_TMPFILE_PARAM);
	unsigned kind = 0;
	int64_t result;

	if (makes && o->mode && event_u64(ev, o->mode) & MODE_ANY_X)
		kind |= OPEN_EXEC;
	if (flags & O_F_CREATED_PARAM)
		kind |= OPEN_CREATE;
	if (flags & O_TMPFILE_PARAM && event_result(ev, &result) && result >= 0)
		kind |= OPEN_CREATE;
	return kind;
}

unsigned event_open_kind(const struct event *ev)
{
	const struct opening *o = &openings[ev->type];
	struct param p = event_param(ev, o->flags);
	uint32_t flags = 0;
	unsigned kind;

	if (o->flags && p.n == sizeof(flags)) /* nearly always */
		memcpy(&flags, p.p, sizeof(flags));
	else if (o->flags)
		flags = (uint32_t)event_u64(ev, o->flags);
	kind = flags & (O_RDONLY_PARAM | O_WRONLY_PARAM);

	_Static_assert(O_RDONLY_PARAM == OPEN_READ && O_WRONLY_PARAM == OPEN_WRITE, "same bits");
	if (!o->flags || flags & (O_CREAT_PARAM | O_TMPFILE_PARAM | O_F_CREATED_PARAM))
		kind |= creating_kind(ev, o, flags);
	return kind;
}

#define IS_OPEN(sym, bit)                                                                          \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return value_bool(ret, event_open_kind(ctx_decoded(ctx)) & (bit));                 \
	}
IS_OPEN(evt_is_open_read, OPEN_READ)
IS_OPEN(evt_is_open_write, OPEN_WRITE)
IS_OPEN(evt_is_open_exec, OPEN_EXEC)
IS_OPEN(evt_is_open_create, OPEN_CREATE)
