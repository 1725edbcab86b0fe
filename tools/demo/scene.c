/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns what happens on the stage into event records.  The same calls give the same bytes, on any
 * machine: the clock, inode numbers and sizes are computed, not measured.
 */
#include "demo/scene.h"

#include <assert.h>
#include <stdio.h>

#define CLONE_CHILD_CLEARTID (1u << 22)
#define CLONE_CHILD_SETTID (1u << 23)
#define CLONE_CHILD_IN_PIDNS (1u << 29)
#define FDLIMIT 1048576
#define ROOT_DEVICE 0x800001
#define LAYERED_DEVICE 0x2f

/* ---- clock and records ---- */

static uint64_t scatter(struct scene *s)
{
	s->noise = s->noise * 6364136223846793005u + 1442695040888963407u;
	return s->noise >> 33;
}

void scene_wait(struct scene *s, unsigned ms)
{
	s->now += (uint64_t)ms * 1000000 + scatter(s) % 900000;
}

static unsigned width_of(uint8_t type)
{
	switch ((enum ptype)type) {
	case PT_INT8:
	case PT_UINT8:
	case PT_FLAGS8:
	case PT_ENUMFLAGS8:
	case PT_L4PROTO:
	case PT_SOCKFAMILY:
	case PT_SIGTYPE:
		return 1;
	case PT_INT16:
	case PT_UINT16:
	case PT_FLAGS16:
	case PT_ENUMFLAGS16:
	case PT_PORT:
	case PT_SYSCALLID:
		return 2;
	case PT_INT32:
	case PT_UINT32:
	case PT_FLAGS32:
	case PT_ENUMFLAGS32:
	case PT_MODE:
	case PT_UID:
	case PT_GID:
	case PT_BOOL:
	case PT_IPV4ADDR:
		return 4;
	default:
		return 8;
	}
}

void scene_event(struct scene *s, int64_t tid, uint16_t type, const struct arg *args, size_t n)
{
	const struct event_info *info = &event_table[type];
	struct param params[EVENT_MAX_PARAMS];
	struct event ev = {0};
	int err;

	assert(n == info->nparams);
	for (size_t i = 0; i < n; i++) {
		const struct arg *a = &args[i];

		if (a->kind == ARG_NUMBER)
			params[i] = (struct param){
				(const uint8_t *)&a->number, width_of(info->params[i].type)};
		else /* the views of texts end in a NUL */
			params[i] = (struct param){(const uint8_t *)a->bytes.p,
				(uint32_t)a->bytes.n + (a->kind == ARG_TEXT && a->bytes.p)};
	}
	s->now += 2000 + scatter(s) % 60000;
	vec_clear(&s->record);
	vec_reserve(&s->record, event_size(type, params, n));
	s->record.n = event_encode(s->record.v, s->now, tid, type, params, n);
	err = event_view(&ev, s->record.v, s->record.n);
	assert(!err && event_fits(&ev));
	ev.cpu = (uint16_t)(tid & 3);
	scap_write_event(s->out, &ev);
}

/* ---- processes ---- */

/* Any number will do, as long as it stays the same: the golden cases show it. (FNV-1a) */
static uint64_t inode_of(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 0x100000001b3u;
	return 1000 + hash % 4000000;
}

static uint32_t device_of(const struct actor *a)
{
	return a->place->is_container ? LAYERED_DEVICE : ROOT_DEVICE;
}

/* Programs of an image are a year old, those dropped later were written just now. */
static uint64_t changed_at(const struct scene *s, uint32_t exe_flags)
{
	const uint64_t year = UINT64_C(365) * 86400 * 1000000000;

	return exe_flags & (EXE_UPPER_LAYER | EXE_FROM_MEMFD) ? s->now - 1500000000
							      : s->boot - year;
}

static const char *file_of(const struct image *i)
{
	return i->file ? i->file : i->path;
}

static const char *argv0_of(const struct image *i)
{
	return i->argv0 ? i->argv0 : file_of(i);
}

/* What the kernel keeps of a name: 15 characters. */
static struct str comm_of(const struct image *i, char out[16])
{
	const char *file = file_of(i), *slash = strrchr(file, '/');

	snprintf(out, 16, "%.15s", slash ? slash + 1 : file);
	return str_c(out);
}

static const struct str environment =
	WORDS("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0LANG=C.UTF-8");

struct actor *scene_before(struct scene *s, const struct actor *a)
{
	struct actor *copy = &s->actors[s->nactors++];

	assert(s->nactors <= MAX_ACTORS);
	*copy = *a;
	copy->fds |= 7;
	if (!copy->vpid)
		copy->vpid = copy->pid;
	if (!copy->sid)
		copy->sid = copy->pgid = copy->pid;
	if (!copy->vpgid)
		copy->vpgid = copy->place->is_container ? copy->vpid : copy->pgid;
	s->next_pid = MAX(s->next_pid, copy->pid + 1);
	return copy;
}

void scene_list(struct scene *s, const struct actor *a, unsigned seconds_ago)
{
	char comm[16];
	struct machine_proc p = {
		.tid = a->pid,
		.pid = a->pid,
		.ptid = a->ppid,
		.sid = a->sid,
		.vpgid = a->vpgid,
		.vtid = a->vpid,
		.vpid = a->vpid,
		.pgid = a->pgid,
		.comm = comm_of(&a->image, comm),
		.exe = str_c(argv0_of(&a->image)),
		.exepath = str_c(a->image.path),
		.cwd = str_c(a->cwd),
		.root = STR("/"),
		.args = a->image.args,
		.env = environment,
		.cgroups = a->place->cgroups,
		.fdlimit = FDLIMIT,
		.uid = a->uid,
		.gid = a->gid,
		.vmsize_kb = 21000,
		.vmrss_kb = 7400,
		.pidns_init_start_ts = a->place->started_ns,
		.clone_ts = s->now - (uint64_t)seconds_ago * 1000000000,
		.tty = a->tty,
		.loginuid = a->loginuid,
		.cap_permitted = a->place->caps,
		.cap_effective = a->place->caps,
		.exe_ino = inode_of(a->image.path),
		.exe_ino_ctime = changed_at(s, 0),
		.exe_ino_mtime = changed_at(s, 0),
		.exe_lower_layer = a->place->is_container,
	};

	scap_write_proc(s->out, &p);
}

/* One of the two events of a fork: of the caller (child's number in res) or of the child (0). */
static void clone_event(
	struct scene *s, const struct actor *a, int64_t res, const struct place *place)
{
	uint32_t flags = CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID |
			 (place->is_container ? CLONE_CHILD_IN_PIDNS : 0);
	char comm[16];

	comm_of(&a->image, comm);
	EVENT_OF(s, a, EV_CLONE_X, N(res), T(argv0_of(&a->image)), B(a->image.args), N(a->pid),
		N(a->pid), N(a->ppid), B(STR("")), N(FDLIMIT), N(0), N(res ? 180 : 1), N(21000),
		N(7400), N(0), T(comm), B(a->place->cgroups), N(flags), N(a->uid), N(a->gid),
		N(a->vpid), N(a->vpid), N(a->place->started_ns));
}

struct actor *scene_fork(struct scene *s, const struct actor *parent, struct place *place)
{
	struct actor *child = NULL;

	for (size_t i = 0; i < s->nactors && !child; i++)
		if (!s->actors[i].pid)
			child = &s->actors[i];
	if (!child)
		child = &s->actors[s->nactors++];
	assert(s->nactors <= MAX_ACTORS);
	*child = *parent;
	child->pid = s->next_pid++;
	child->ppid = parent->pid;
	child->reaper = 0;
	child->place = place ? place : parent->place;
	child->vpid = child->place->is_container ? child->place->next_vpid++ : child->pid;
	clone_event(
		s, parent, parent->place->is_container ? child->vpid : child->pid, child->place);
	clone_event(s, child, 0, child->place);
	return child;
}

void scene_exec(struct scene *s, struct actor *a, struct image image)
{
	uint64_t changed = changed_at(s, image.flags);
	char comm[16];

	a->image = image;
	comm_of(&a->image, comm);
	EVENT_OF(s, a, EV_EXECVE_X, N(0), T(argv0_of(&image)), B(image.args), N(a->pid), N(a->pid),
		N(a->ppid), B(STR("")), N(FDLIMIT), N(0), N(46), N(520), N(4), N(0), T(comm),
		B(a->place->cgroups), B(environment), N(a->tty), N(a->vpgid), N(a->loginuid),
		N(image.flags), N(0), N(a->uid ? 0 : a->place->caps),
		N(a->uid ? 0 : a->place->caps), N(inode_of(image.path)), N(changed), N(changed),
		N(a->uid), T(image.path), N(a->pgid), N(a->gid), T(file_of(&image)));
}

struct actor *scene_run(struct scene *s, const struct actor *parent, struct image image)
{
	struct actor *child = scene_fork(s, parent, NULL);

	scene_exec(s, child, image);
	return child;
}

void scene_exit(struct scene *s, struct actor *a, int code)
{
	EVENT_OF(s, a, EV_PROCEXIT_E, N(code << 8), N(code), N(0), N(0), N(a->reaper));
	a->pid = 0;
}

/* ---- descriptors ---- */

static int lowest_free(struct actor *a)
{
	int fd = __builtin_ctzll(~a->fds);

	assert(~a->fds);
	a->fds |= UINT64_C(1) << fd;
	return fd;
}

int scene_open(struct scene *s, struct actor *a, const char *path, uint32_t flags, int error)
{
	int fd = error ? error : lowest_free(a);

	EVENT_OF(s, a, EV_OPENAT_X, N(fd), N(AT_CWD), T(path), N(flags),
		N(flags & O_CREATE ? 0644 : 0), N(error ? 0 : device_of(a)),
		N(error ? 0 : inode_of(path)));
	return fd;
}

int scene_memfd(struct scene *s, struct actor *a, const char *name)
{
	int fd = lowest_free(a);

	EVENT_OF(s, a, EV_MEMFD_CREATE_X, N(fd), T(name), N(0));
	return fd;
}

void scene_close(struct scene *s, struct actor *a, int fd)
{
	a->fds &= ~(UINT64_C(1) << fd);
	EVENT_OF(s, a, EV_CLOSE_X, N(0), N(fd));
}

void scene_read(struct scene *s, struct actor *a, int fd, const char *data)
{
	struct str bytes = str_c(data);

	EVENT_OF(s, a, EV_READ_X, N(bytes.n), B(str_head(bytes, 80)), N(fd), N(4096));
}

void scene_write(struct scene *s, struct actor *a, int fd, const char *data)
{
	struct str bytes = str_c(data);

	EVENT_OF(s, a, EV_WRITE_X, N(bytes.n), B(str_head(bytes, 80)), N(fd), N(bytes.n));
}

void scene_look(struct scene *s, struct actor *a, const char *path, const char *data)
{
	int fd = scene_open(s, a, path, O_READ | O_CLOSING, 0);

	scene_read(s, a, fd, data);
	scene_close(s, a, fd);
}

void scene_dup2(struct scene *s, struct actor *a, int from, int to)
{
	a->fds |= UINT64_C(1) << to;
	EVENT_OF(s, a, EV_DUP2_X, N(to), N(from), N(to));
}

void scene_chdir(struct scene *s, struct actor *a, const char *path)
{
	a->cwd = path;
	EVENT_OF(s, a, EV_CHDIR_X, N(0), T(path));
}

/* ---- sockets ---- */

#define FAMILY_INET 2

static struct str tuple_of(const struct line *l, uint8_t out[13])
{
	out[0] = FAMILY_INET;
	memcpy(out + 1, l->sip, 4);
	memcpy(out + 5, &l->sport, 2);
	memcpy(out + 7, l->dip, 4);
	memcpy(out + 11, &l->dport, 2);
	return str_n(out, 13);
}

static struct str far_end_of(const struct line *l, uint8_t out[7])
{
	out[0] = FAMILY_INET;
	memcpy(out + 1, l->dip, 4);
	memcpy(out + 5, &l->dport, 2);
	return str_n(out, 7);
}

int scene_socket(struct scene *s, struct actor *a, unsigned domain, unsigned type, unsigned proto)
{
	int fd = lowest_free(a);

	EVENT_OF(s, a, EV_SOCKET_X, N(fd), N(domain), N(type), N(proto), N(0));
	return fd;
}

int scene_connect(struct scene *s, struct actor *a, const struct line *l, int error)
{
	uint8_t tuple[13], addr[7];
	int fd = scene_socket(s, a, FAMILY_INET, 1, 6);

	scene_wait(s, 3);
	EVENT_OF(
		s, a, EV_CONNECT_X, N(error), B(tuple_of(l, tuple)), N(fd), B(far_end_of(l, addr)));
	return fd;
}

int scene_accept(struct scene *s, struct actor *a, const struct line *l)
{
	uint8_t tuple[13];
	int fd = lowest_free(a);

	EVENT_OF(
		s, a, EV_ACCEPT4_X, N(fd), B(tuple_of(l, tuple)), N(0), N(0), N(511), N(O_CLOSING));
	return fd;
}

/* ---- all of it ---- */

bool scene_init(struct scene *s, const char *path, uint64_t start, uint64_t boot)
{
	memset(s, 0, sizeof(*s));
	s->now = start;
	s->boot = boot;
	s->noise = 44;
	s->next_pid = 2;
	s->out = scap_create(path, false);
	return s->out;
}

int scene_done(struct scene *s)
{
	vec_done(&s->record);
	return scap_close(s->out);
}
