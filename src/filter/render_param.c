/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of event parameters: per type how the raw value is written, and what it resolves to.
 *
 * Both are appended to a buffer, so that evt.arg makes only the one that it shows and evt.args
 * none twice.  Records come from anywhere: a parameter of any length is read as far as it goes.
 */
#include <stdio.h>
#include <time.h>

#include "filter/extract.h"

struct rendering {
	struct event_ctx *ctx;
	const struct param_info *outer; /* of the event's table */
	const struct param_info *info;	/* outer, or what a PT_DYN selected */
	struct param p;
	bool plain; /* no base64 */
};

typedef void (*put_fn)(const struct rendering *r, struct buf *out);

/* ---- values ---- */

static uint64_t number(struct param p)
{
	uint64_t v = 0;

	if (p.n)
		memcpy(&v, p.p, MIN(p.n, sizeof(v)));
	return v;
}

static int64_t signed_number(struct param p)
{
	unsigned unused = 64 - 8 * MIN(p.n, 8);

	return p.n ? (int64_t)(number(p) << unused) >> unused : 0;
}

static bool is_na(struct param p)
{
	return !p.n || (p.n == 7 && memcmp(p.p, "(NULL)", 7) == 0);
}

static struct str text_of(struct param p)
{
	return is_na(p) ? STR("<NA>") : str_n(p.p, strnlen((const char *)p.p, p.n));
}

struct str param_str(const struct event *ev, unsigned i)
{
	return text_of(event_param(ev, i));
}

/* ---- raw texts ---- */

/* As printf does it after promotion to int: small types are 32 bits wide, and unsigned ones too. */
static void put_number(const struct rendering *r, struct buf *out)
{
	bool wide = r->info->type == PT_INT64 || r->info->type == PT_UINT64;
	int64_t v = ptype_is_signed(r->info->type) ? signed_number(r->p) : (int64_t)number(r->p);
	uint64_t u = wide ? (uint64_t)v : (uint32_t)v;

	switch (r->outer->format) {
	case PF_HEX:
		buf_printf(out, "%lX", u);
		break;
	case PF_OCT:
		buf_printf(out, "%#lo", u);
		break;
	case PF_PADDED_DEC:
		buf_printf(out, "%09ld", wide ? v : (int32_t)v);
		break;
	default:
		buf_i64(out, wide ? v : (int32_t)v);
		break;
	}
}

static void put_signed(const struct rendering *r, struct buf *out)
{
	buf_i64(out, signed_number(r->p));
}

static void put_unsigned(const struct rendering *r, struct buf *out)
{
	buf_u64(out, number(r->p));
}

static void put_flags(const struct rendering *r, struct buf *out)
{
	buf_u64(out, (uint32_t)number(r->p));
}

static void put_id(const struct rendering *r, struct buf *out)
{
	buf_i64(out, (int32_t)number(r->p));
}

static void put_text(const struct rendering *r, struct buf *out)
{
	buf_str(out, text_of(r->p));
}

static void put_bytes(const struct rendering *r, struct buf *out)
{
	print_bytes(out, str_n(r->p.p, r->p.n), r->plain);
}

static void put_sockaddr(const struct rendering *r, struct buf *out)
{
	print_sockaddr(out, r->p);
}

static void put_socktuple(const struct rendering *r, struct buf *out)
{
	print_socktuple(out, r->p);
}

/* "3:f1 4:?0": descriptor, type, flags in hexadecimal */
static void put_fdlist(const struct rendering *r, struct buf *out)
{
	struct fd_list_entry e;

	if (!r->ctx->thread)
		return;
	for (unsigned i = 0; fd_list_entry(r->p, i, &e); i++) {
		const struct fd *fd = thread_fd(r->ctx->thread, e.fd);

		buf_printf(out, "%s%lu:%c%x", i ? " " : "", (uint64_t)e.fd,
			fd ? fd_typechar(fd->type) : '?', (uint32_t)(int16_t)e.flags);
	}
}

static void put_syscall(const struct rendering *r, struct buf *out)
{
	uint16_t code = (uint16_t)number(r->p);

	if (code >= SC_MAX)
		buf_puts(out, "<unknown syscall>");
	else
		buf_u64(out, code);
}

static void put_signal(const struct rendering *r, struct buf *out)
{
	buf_u64(out, (uint8_t)number(r->p));
}

static void put_reltime(const struct rendering *r, struct buf *out)
{
	uint64_t ns = number(r->p);

	if (ns == UINT64_MAX)
		buf_puts(out, "none");
	else
		buf_u64(out, ns);
}

static void put_abstime(const struct rendering *r, struct buf *out)
{
	print_time(out, number(r->p), TIME_DATE | TIME_NS);
}

static void put_sigset(const struct rendering *r, struct buf *out)
{
	uint32_t set = (uint32_t)number(r->p);
	size_t start = out->n;

	for (int sig = 1; sig <= 32; sig++) {
		const char *name = set >> (sig - 1) & 1 ? signal_name(sig) : NULL;

		if (!name)
			continue;
		if (out->n > start)
			buf_char(out, ' ');
		buf_puts(out, name);
	}
}

static void put_bool(const struct rendering *r, struct buf *out)
{
	buf_puts(out, number(r->p) ? "true" : "false");
}

static void put_ip(const struct rendering *r, struct buf *out)
{
	if (r->p.n == 4 || r->p.n == 16)
		print_ip(out, str_n(r->p.p, r->p.n));
	else
		buf_puts(out, "<NA>");
}

static void put_wrong_dyn(const struct rendering *r, struct buf *out)
{
	buf_puts(out, "INVALID DYNAMIC PARAMETER");
}

/* ---- what they resolve to ---- */

static void resolve_fd(const struct rendering *r, struct buf *out)
{
	static const char protocols[] = {
		[L4_TCP] = 't', [L4_UDP] = 'u', [L4_ICMP] = 'i', [L4_RAW] = 'r'};
	int64_t num = signed_number(r->p);
	const char *name = num < 0 ? errno_name((int)-num) : NULL;
	struct fd *fd;
	unsigned l4;

	if (!r->ctx->thread)
		return;
	if (num == AT_FDCWD_PARAM) {
		buf_puts(out, "AT_FDCWD");
	} else if (num < 0) {
		buf_puts(out, name ? name : "");
	} else if ((fd = thread_fd(r->ctx->thread, num))) {
		l4 = fd_l4(fd);
		buf_char(out, '<');
		buf_char(out, fd_typechar(fd->type));
		if (l4 < sizeof(protocols) && protocols[l4])
			buf_char(out, protocols[l4]);
		buf_char(out, '>');
		buf_str(out, fd_name(fd));
	}
}

static void resolve_pid(const struct rendering *r, struct buf *out)
{
	const struct thread *t = state_thread(r->ctx->state, signed_number(r->p));

	if (t)
		buf_str(out, istr_str(t->comm));
}

static void resolve_errno(const struct rendering *r, struct buf *out)
{
	int64_t v = signed_number(r->p);
	const char *name = v < 0 ? errno_name((int)-v) : NULL;

	buf_puts(out, name ? name : "");
}

/* The folder that a relative path in this parameter starts from. */
static struct str base_of(const struct rendering *r)
{
	const struct event *ev = r->ctx->ev;
	int dirfd = r->info->type == PT_FSRELPATH ? r->info->dirfd : -1;
	int64_t num;

	if (dirfd < 0 || dirfd >= ev->info->nparams || ev->info->params[dirfd].type != PT_FD)
		return thread_cwd(r->ctx->thread);
	num = event_i64(ev, (unsigned)dirfd);
	return num == AT_FDCWD_PARAM ? thread_cwd(r->ctx->thread) : path_base_of_param(r->ctx, num);
}

static void resolve_path(const struct rendering *r, struct buf *out)
{
	struct str path = text_of(r->p);

	if (!r->ctx->thread || !path.n || path.p[0] == '/' || str_is(path, "<NA>"))
		return;
	buf_str(out, path_join(r->ctx->arena, base_of(r), path));
}

static void resolve_syscall(const struct rendering *r, struct buf *out)
{
	uint16_t code = (uint16_t)number(r->p);

	if (code < SC_MAX)
		buf_puts(out, syscall_table[code].name);
}

static void resolve_signal(const struct rendering *r, struct buf *out)
{
	const char *name = signal_name((uint8_t)number(r->p));

	buf_puts(out, name ? name : "");
}

static void resolve_reltime(const struct rendering *r, struct buf *out)
{
	uint64_t ns = number(r->p);

	if (ns != UINT64_MAX)
		buf_printf(out, "%gs", (double)ns / 1e9);
}

static void put_name(struct buf *out, size_t start, const char *name)
{
	if (out->n > start)
		buf_char(out, '|');
	buf_puts(out, name);
}

/* Whether all bits of a flag are in what is left; the flag 0 only stands for the value 0. */
static bool flag_fits(uint32_t flag, uint32_t left, uint32_t value)
{
	return flag ? (left & flag) == flag : value == 0;
}

static void resolve_flags(const struct rendering *r, struct buf *out)
{
	uint32_t value = (uint32_t)number(r->p), left = value;
	size_t start = out->n;

	for (const struct flag_value *f = r->outer->flags; f && f->name; f++) {
		if (!flag_fits(f->value, left, value))
			continue;
		put_name(out, start, f->name);
		left &= ~f->value;
		if (f->value == value)
			break;
	}
}

static void resolve_enum(const struct rendering *r, struct buf *out)
{
	uint32_t value = (uint32_t)number(r->p);
	size_t start = out->n;

	for (const struct flag_value *f = r->outer->flags; f && f->name; f++)
		if (f->value == value)
			put_name(out, start, f->name);
}

/* As flags, but an entry that equals the whole value is shown even when its bits were before. */
static void resolve_mode(const struct rendering *r, struct buf *out)
{
	uint32_t value = (uint32_t)number(r->p), left = value;
	size_t start = out->n;

	for (const struct flag_value *f = r->outer->flags; f && f->name; f++) {
		if (f->value != value && !flag_fits(f->value, left, value))
			continue;
		put_name(out, start, f->name);
		left &= ~f->value;
		if (f->value == value)
			break;
	}
}

static void resolve_uid(const struct rendering *r, struct buf *out)
{
	uint32_t uid = (uint32_t)number(r->p);
	const struct user *u = NULL;

	if (uid == UINT32_MAX) {
		buf_puts(out, "<NONE>");
		return;
	}
	if (r->ctx->thread)
		u = state_user(r->ctx->state, ctx_container_id(r->ctx), uid);
	buf_str(out, u && istr_str(u->name).n ? istr_str(u->name) : STR("<NA>"));
}

static void resolve_gid(const struct rendering *r, struct buf *out)
{
	uint32_t gid = (uint32_t)number(r->p);
	struct str name = STR_NONE;

	if (gid == UINT32_MAX) {
		buf_puts(out, "<NONE>");
		return;
	}
	if (r->ctx->thread)
		name = state_group_name(r->ctx->state, ctx_container_id(r->ctx), gid);
	buf_str(out, name.n ? name : STR("<NA>"));
}

/* ---- the types ---- */

/* clang-format off */
static const struct {
	put_fn raw, resolved;
	bool null; /* an empty one is "NULL", not "<NA>" */
} kinds[PT_MAX] = {
	[PT_INT8] = {put_number, NULL, false},
	[PT_INT16] = {put_number, NULL, false},
	[PT_INT32] = {put_number, NULL, false},
	[PT_INT64] = {put_number, NULL, false},
	[PT_UINT8] = {put_number, NULL, false},
	[PT_UINT16] = {put_number, NULL, false},
	[PT_UINT32] = {put_number, NULL, false},
	[PT_UINT64] = {put_number, NULL, false},
	[PT_CHARBUF] = {put_text, NULL, false},
	[PT_BYTEBUF] = {put_bytes, NULL, true},
	[PT_ERRNO] = {put_signed, resolve_errno, false},
	[PT_SOCKADDR] = {put_sockaddr, NULL, false},
	[PT_SOCKTUPLE] = {put_socktuple, NULL, true},
	[PT_FD] = {put_signed, resolve_fd, false},
	[PT_PID] = {put_signed, resolve_pid, false},
	[PT_FDLIST] = {put_fdlist, NULL, true},
	[PT_FSPATH] = {put_text, resolve_path, false},
	[PT_SYSCALLID] = {put_syscall, resolve_syscall, false},
	[PT_SIGTYPE] = {put_signal, resolve_signal, false},
	[PT_RELTIME] = {put_reltime, resolve_reltime, false},
	[PT_ABSTIME] = {put_abstime, NULL, false},
	[PT_PORT] = {put_unsigned, NULL, false},
	[PT_L4PROTO] = {put_unsigned, NULL, false},
	[PT_SOCKFAMILY] = {put_unsigned, NULL, false},
	[PT_BOOL] = {put_bool, NULL, false},
	[PT_IPV4ADDR] = {put_ip, NULL, false},
	[PT_DYN] = {put_wrong_dyn, NULL, true},
	[PT_FLAGS8] = {put_flags, resolve_flags, false},
	[PT_FLAGS16] = {put_flags, resolve_flags, false},
	[PT_FLAGS32] = {put_flags, resolve_flags, false},
	[PT_UID] = {put_id, resolve_uid, false},
	[PT_GID] = {put_id, resolve_gid, false},
	[PT_SIGSET] = {put_sigset, NULL, false},
	[PT_CHARBUFARRAY] = {NULL, NULL, true},
	[PT_CHARBUF_PAIR_ARRAY] = {NULL, NULL, true},
	[PT_IPV6ADDR] = {put_ip, NULL, false},
	[PT_IPADDR] = {put_ip, NULL, false},
	[PT_MODE] = {put_number, resolve_mode, false},
	[PT_FSRELPATH] = {put_text, resolve_path, false},
	[PT_ENUMFLAGS8] = {put_flags, resolve_enum, false},
	[PT_ENUMFLAGS16] = {put_flags, resolve_enum, false},
	[PT_ENUMFLAGS32] = {put_flags, resolve_enum, false},
	[PT_FD32] = {put_signed, resolve_fd, false},
	[PT_PID32] = {put_signed, resolve_pid, false},
};
/* clang-format on */

static struct rendering rendering_of(struct event_ctx *ctx, unsigned i)
{
	const struct param_info *info = &ctx->ev->info->params[i];
	struct rendering r = {ctx, info, info, event_param(ctx->ev, i), false};

	if (info->type == PT_DYN && info->dyn && r.p.n && r.p.p[0] < info->dyn->n) {
		r.info = &info->dyn->alt[r.p.p[0]];
		r.p = (struct param){r.p.p + 1, r.p.n - 1};
	}
	return r;
}

static void put_raw(const struct rendering *r, struct buf *out)
{
	if (!r->p.n && r->info == r->outer)
		buf_puts(out, kinds[r->info->type].null ? "NULL" : "<NA>");
	else if (kinds[r->info->type].raw)
		kinds[r->info->type].raw(r, out);
	else
		buf_puts(out, "(n.a.)");
}

static void put_resolved(const struct rendering *r, struct buf *out)
{
	if (r->p.n && kinds[r->info->type].resolved)
		kinds[r->info->type].resolved(r, out);
}

void param_text(struct event_ctx *ctx, unsigned i, struct str *ret_raw, struct str *ret_resolved)
{
	struct rendering r = rendering_of(ctx, i);
	struct buf raw = {.arena = ctx->arena}, resolved = {.arena = ctx->arena};

	put_raw(&r, &raw);
	put_resolved(&r, &resolved);
	*ret_raw = buf_view(&raw);
	*ret_resolved = resolved.n ? buf_view(&resolved) : STR_NONE;
}

struct str param_shown(struct event_ctx *ctx, unsigned i, bool plain)
{
	struct rendering r = rendering_of(ctx, i);
	struct buf out = {.arena = ctx->arena};

	r.plain = plain;
	if (r.info->type == PT_CHARBUF)
		return text_of(r.p);
	put_resolved(&r, &out);
	if (!out.n)
		put_raw(&r, &out);
	return buf_view(&out);
}

void params_print(struct event_ctx *ctx, struct buf *out)
{
	for (unsigned i = 0; i < ctx->ev->nparams; i++) {
		struct rendering r = rendering_of(ctx, i);
		size_t open;

		if (i)
			buf_char(out, ' ');
		buf_puts(out, r.outer->name);
		buf_char(out, '=');
		put_raw(&r, out);
		open = out->n;
		buf_char(out, '(');
		put_resolved(&r, out);
		if (out->n > open + 1)
			buf_char(out, ')');
		else
			out->n = open;
	}
}
