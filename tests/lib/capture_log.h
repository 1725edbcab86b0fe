/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a source says, as text, a line per record: two captures are equal if their texts
 * are. */
#ifndef TESTS_CAPTURE_LOG_H
#define TESTS_CAPTURE_LOG_H
#include "base/buf.h"
#include "capture/scap_read.h"
#include "capture/scap_write.h"

struct capture_log {
	struct buf text;
	struct scap_writer *writer; /* gets all of it too, or NULL */
	uint64_t timeouts;
};

static inline void log_texts(struct buf *b, const struct str *texts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_char(b, ' ');
		buf_json(b, texts[i]);
	}
	buf_char(b, '\n');
}

static inline void log_hex(struct buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_char(b, "0123456789abcdef"[p[i] >> 4]);
		buf_char(b, "0123456789abcdef"[p[i] & 15]);
	}
}

static inline void log_reset(void *arg)
{
	buf_puts(&((struct capture_log *)arg)->text, "reset\n");
}

static inline void log_ready(void *arg)
{
	buf_puts(&((struct capture_log *)arg)->text, "ready\n");
}

static inline void log_info(void *arg, const struct machine_info *m)
{
	struct capture_log *l = arg;

	buf_printf(&l->text, "info cpus=%u memory=%lu max_pid=%lu boot=%lu flags=%lu", m->num_cpus,
		m->memory_bytes, m->max_pid, m->boot_ts, m->flags);
	log_texts(&l->text, &m->hostname, 1);
	if (l->writer)
		scap_write_info(l->writer, m);
}

static inline void log_proc(void *arg, const struct machine_proc *p)
{
	struct capture_log *l = arg;

	buf_printf(&l->text,
		"proc %ld pid=%ld ptid=%ld sid=%ld vpgid=%ld vtid=%ld vpid=%ld pgid=%ld", p->tid,
		p->pid, p->ptid, p->sid, p->vpgid, p->vtid, p->vpid, p->pgid);
	buf_printf(&l->text, " fdlimit=%lu flags=%u uid=%u gid=%u vm=%u,%u,%u pf=%lu,%lu",
		p->fdlimit, p->flags, p->uid, p->gid, p->vmsize_kb, p->vmrss_kb, p->vmswap_kb,
		p->pfmajor, p->pfminor);
	buf_printf(&l->text,
		" pidns=%lu tty=%u loginuid=%u exe=%d%d%d%d caps=%lx,%lx,%lx ino=%lu,%lu,%lu",
		p->pidns_init_start_ts, p->tty, p->loginuid, p->exe_writable, p->exe_upper_layer,
		p->exe_lower_layer, p->exe_from_memfd, p->cap_inheritable, p->cap_permitted,
		p->cap_effective, p->exe_ino, p->exe_ino_ctime, p->exe_ino_mtime);
	if (p->clone_ts)
		buf_printf(&l->text, " started=%lu", p->clone_ts);
	log_texts(&l->text,
		(struct str[]){
			p->comm, p->exe, p->exepath, p->args, p->cwd, p->env, p->cgroups, p->root},
		8);
	if (l->writer)
		scap_write_proc(l->writer, p);
}

static inline void log_fd(void *arg, const struct machine_fd *f)
{
	struct capture_log *l = arg;

	buf_printf(&l->text,
		"fd %ld %ld ino=%lu type=%d flags=%u dev=%u l4=%d unix=%lx,%lx inet=", f->tid,
		f->fd, f->ino, f->type, f->open_flags, f->dev, f->l4, f->unix_source, f->unix_dest);
	log_hex(&l->text, f->inet.sip, 16);
	buf_printf(&l->text, ":%u>", f->inet.sport);
	log_hex(&l->text, f->inet.dip, 16);
	buf_printf(&l->text, ":%u", f->inet.dport);
	log_texts(&l->text, &f->name, 1);
	if (l->writer)
		scap_write_fd(l->writer, f);
}

static inline void log_user(void *arg, const struct machine_user *u)
{
	struct capture_log *l = arg;

	buf_printf(&l->text, "%s uid=%u gid=%u", u->is_group ? "group" : "user", u->uid, u->gid);
	log_texts(&l->text, (struct str[]){u->name, u->home, u->shell}, 3);
	if (l->writer)
		scap_write_user(l->writer, u);
}

static inline void log_iface(void *arg, const struct machine_iface *i)
{
	struct capture_log *l = arg;

	buf_printf(&l->text, "iface v6=%d speed=%lu ", i->v6, i->linkspeed);
	log_hex(&l->text, i->addr, 16);
	buf_char(&l->text, '/');
	log_hex(&l->text, i->netmask, 16);
	buf_char(&l->text, '/');
	log_hex(&l->text, i->bcast, 16);
	log_texts(&l->text, &i->name, 1);
	if (l->writer)
		scap_write_iface(l->writer, i);
}

static inline struct machine_sink log_sink(struct capture_log *l)
{
	return (struct machine_sink){.arg = l,
		.reset = log_reset,
		.info = log_info,
		.proc = log_proc,
		.fd = log_fd,
		.user = log_user,
		.iface = log_iface,
		.ready = log_ready};
}

static inline void log_event(struct capture_log *l, const struct event *ev)
{
	buf_printf(&l->text, "event %lu %s%c cpu=%u flags=%u ", ev->num, ev->info->name,
		EVENT_IS_ENTER(ev->type) ? '>' : '<', ev->cpu, ev->flags);
	log_hex(&l->text, ev->rec, ev->len);
	buf_char(&l->text, '\n');
	if (l->writer)
		scap_write_event(l->writer, ev);
}

/* Reads all events; an error ends the text with its message. Closes the source. */
static inline enum source_result log_events(struct capture_log *l, struct source *s)
{
	enum source_result res;
	struct event ev;

	l->timeouts = 0;
	while ((res = source_next(s, &ev)) == SOURCE_EVENT || res == SOURCE_TIMEOUT) {
		if (res == SOURCE_EVENT)
			log_event(l, &ev);
		else
			l->timeouts++;
	}
	if (res == SOURCE_ERROR)
		buf_printf(&l->text, "error %s\n", s->error);
	source_close(s);
	return res;
}
#endif
