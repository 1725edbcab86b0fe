/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: what a source tells about the machine before its first event, into the state and out of
 * it.
 *
 * While a list is being delivered (reset() to ready()) processes come in any order: they join their
 * groups at once, so that descriptors find them, and are linked to their parents at the end.
 * Outside of that, one process is being told of on demand, and is linked as it comes.
 */
#include "state/internal.h"

static void on_reset(void *arg)
{
	struct state *s = arg;

	threads_clear(s);
	fd_state_reset(s);
	users_reset(s);
	containers_reset(s);
	free(s->recent);
	s->recent = NULL;
	s->lingering.n = 0;
	s->pending &= ~(uint32_t)(PENDING_EXIT | PENDING_CLOSE | PENDING_LINGER);
	s->listing = true;
}

static void on_info(void *arg, const struct machine_info *m)
{
	struct state *s = arg;

	s->machine = *m;
	istr_set(&s->hostname, m->hostname);
	s->machine.hostname = istr_str(s->hostname);
}

static void copy_ids(struct thread *t, const struct machine_proc *p)
{
	t->pid = p->pid;
	t->ptid = p->ptid;
	t->sid = p->sid;
	t->vpgid = p->vpgid;
	t->pgid = p->pgid;
	t->vtid = p->vtid;
	t->vpid = p->vpid;
	t->uid = p->uid;
	t->gid = p->gid;
	t->loginuid = p->loginuid;
	t->flags |= p->flags | CL_ACTIVE;
	t->dead = p->flags & CL_CLOSED; /* a leader that others outlived */
}

static void copy_numbers(struct thread *t, const struct machine_proc *p)
{
	t->fdlimit = (int64_t)p->fdlimit;
	t->vmsize_kb = p->vmsize_kb;
	t->vmrss_kb = p->vmrss_kb;
	t->vmswap_kb = p->vmswap_kb;
	t->pfmajor = p->pfmajor;
	t->pfminor = p->pfminor;
	t->pidns_init_start_ts = p->pidns_init_start_ts;
	t->clone_ts = p->clone_ts;
	t->tty = p->tty;
	t->cap_inheritable = p->cap_inheritable;
	t->cap_permitted = p->cap_permitted;
	t->cap_effective = p->cap_effective;
}

static void copy_program(struct state *s, struct thread *t, const struct machine_proc *p)
{
	istr_set(&t->comm, p->comm);
	istr_set(&t->exe, p->exe);
	istr_set(&t->root, p->root);
	istr_set(&t->args, strings_norm(s, p->args));
	thread_set_exepath(t, p->exepath);
	t->exe_writable = p->exe_writable;
	t->exe_upper_layer = p->exe_upper_layer;
	t->exe_lower_layer = p->exe_lower_layer;
	t->exe_from_memfd = p->exe_from_memfd;
	t->exe_ino = p->exe_ino;
	t->exe_ino_ctime = p->exe_ino_ctime;
	t->exe_ino_mtime = p->exe_ino_mtime;
}

static void on_proc(void *arg, const struct machine_proc *p)
{
	struct state *s = arg;
	struct thread *t = thread_new(s, p->tid);

	copy_ids(t, p);
	copy_numbers(t, p);
	copy_program(s, t, p);
	t = thread_add(s, t);
	if (!t)
		return;
	if (thread_is_leader(t)) {
		thread_set_env(s, t, p->env);
		thread_set_cwd(s, t, p->cwd);
	}
	thread_set_cgroups(s, t, p->cgroups);
	users_note(s, t);
}

static void on_fd(void *arg, const struct machine_fd *f)
{
	state_add_fd(arg, f);
}

static void on_user(void *arg, const struct machine_user *u)
{
	state_add_user(arg, u);
}

static void on_iface(void *arg, const struct machine_iface *i)
{
	state_add_iface(arg, i);
}

static void on_ready(void *arg)
{
	struct state *s = arg;
	struct imap_slot *slot;

	s->listing = false;
	map_foreach(slot, &s->threads)
	{
		struct thread *t = slot->value;

		thread_link_parent(s, t);
		thread_bump(s, t);
	}
	fds_ready(s);
}

struct machine_sink state_sink(struct state *s)
{
	return (struct machine_sink){
		.arg = s,
		.reset = on_reset,
		.info = on_info,
		.proc = on_proc,
		.fd = on_fd,
		.user = on_user,
		.iface = on_iface,
		.ready = on_ready,
	};
}

/* ---- out ---- */

static void fill_ids(struct machine_proc *p, const struct thread *t)
{
	p->tid = t->tid;
	p->pid = t->pid;
	p->ptid = t->ptid;
	p->sid = t->sid;
	p->vpgid = t->vpgid;
	p->pgid = t->pgid;
	p->vtid = t->vtid;
	p->vpid = t->vpid;
	p->uid = t->uid;
	p->gid = t->gid;
	p->loginuid = t->loginuid;
	p->flags = t->flags;
}

static void fill_numbers(struct machine_proc *p, const struct thread *t)
{
	p->fdlimit = (uint64_t)t->fdlimit;
	p->vmsize_kb = t->vmsize_kb;
	p->vmrss_kb = t->vmrss_kb;
	p->vmswap_kb = t->vmswap_kb;
	p->pfmajor = t->pfmajor;
	p->pfminor = t->pfminor;
	p->pidns_init_start_ts = t->pidns_init_start_ts;
	p->clone_ts = t->clone_ts;
	p->tty = t->tty;
	p->cap_inheritable = t->cap_inheritable;
	p->cap_permitted = t->cap_permitted;
	p->cap_effective = t->cap_effective;
}

static void fill_program(struct machine_proc *p, const struct thread *t)
{
	p->comm = istr_str(t->comm);
	p->exe = istr_str(t->exe);
	p->exepath = istr_str(t->exepath);
	p->args = istr_str(t->args);
	p->cgroups = istr_str(t->cgroups);
	p->root = istr_str(t->root);
	p->env = istr_str(t->group->env);
	p->cwd = t->cwd || t->group->cwd ? thread_cwd(t) : STR("/");
	p->exe_writable = t->exe_writable;
	p->exe_upper_layer = t->exe_upper_layer;
	p->exe_lower_layer = t->exe_lower_layer;
	p->exe_from_memfd = t->exe_from_memfd;
	p->exe_ino = t->exe_ino;
	p->exe_ino_ctime = t->exe_ino_ctime;
	p->exe_ino_mtime = t->exe_ino_mtime;
}

static void dump_threads(const struct state *s, const struct machine_sink *out)
{
	struct imap_slot *slot;

	map_foreach(slot, &s->threads)
	{
		struct machine_proc p;

		fill_ids(&p, slot->value);
		fill_numbers(&p, slot->value);
		fill_program(&p, slot->value);
		out->proc(out->arg, &p);
	}
}

void state_dump(const struct state *s, const struct machine_sink *out)
{
	if (out->reset)
		out->reset(out->arg);
	if (out->info)
		out->info(out->arg, &s->machine);
	if (out->iface)
		state_dump_ifaces(s, out);
	if (out->user)
		state_dump_users(s, out);
	if (out->proc)
		dump_threads(s, out);
	if (out->fd)
		state_dump_fds(s, out);
	if (out->ready)
		out->ready(out->arg);
}
