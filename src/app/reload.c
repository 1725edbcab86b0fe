/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread sleeps until it is asked, a file changes, a generation comes back to be freed, or the
 * service manager wants a sign of life from the thread that drives the events.
 *
 * Two threads, one owner at a time: a generation belongs to this thread while it is made, to the
 * event thread from reload_take() on, and again to this one once given back.  While none is on its
 * way, nobody changes the one in use, so it may be read here.  A new one that was not taken yet is
 * fetched back before another is made: only the newest is ever taken.
 *
 * Changes of files are waited out: editors and installers write several, one after the other.
 *
 * A replay is mostly over soon, and to cease watching takes the kernel longer than many a replay.
 * So files are watched only when it has lasted for some time; what changed until then is told by
 * comparing.
 */
#include "app/reload.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/notify.h"
#include "app/service.h"
#include "app/signals.h"
#include "app/file_watch.h"
#include "base/clock.h"
#include "base/thread.h"
#include "rules/diff.h"

#define QUIET_MS 100	    /* no change for so long: they are all written */
#define PATIENCE_MS 2000    /* load anyway, though changes do not cease */
#define RETRY_WATCH_MS 2000 /* not all is watched */
#define MAX_NAMES 20	    /* in one line of the log */
#define RULE "Falco internal: hot restart failure"

struct reload {
	struct app *app;
	pthread_t thread;
	int wake;		  /* eventfd */
	struct file_watch *watch; /* NULL: none to be had */
	bool watch_complete;
	atomic_bool stop, asked;
	_Atomic(struct next *) ready, spent;
	bool under_way; /* one was made ready and has not come back */
	/* by the monotonic clock, milliseconds; 0: not */
	uint64_t first_change, last_change, next_watch, next_alive;
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

static void wake(struct reload *r)
{
	const uint64_t one = 1;

	(void)!write(r->wake, &one, sizeof(one));
}

static void wake_event_thread(void)
{
	signal_any = 1;
}

static void next_free(struct next *n)
{
	if (!n)
		return;
	outputs_change_free(n->outputs);
	app_free_generation(&n->app);
	buf_done(&n->report);
	vec_done(&n->restart_keys);
	free(n);
	malloc_trim(0);
}

/* ---- what is watched ---- */

static void watch_paths(struct file_watch *w, const string_list *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		file_watch_add(w, paths->v[i]);
}

static void watch_generation(struct file_watch *w, const struct app *a)
{
	const struct config *c = a->config;
	const struct config_file *f;

	if (!c)
		return;
	if (c->file)
		file_watch_add(w, c->file);
	vec_foreach (f, &c->loaded_files)
		file_watch_add(w, f->path);
	for (size_t i = 0; i < c->watched_folders.n; i++)
		file_watch_add_folder(w, c->watched_folders.v[i]);
	watch_paths(w, &a->rules_files);
	for (size_t i = 0; i < a->rules_folders.n; i++)
		file_watch_add_folder(w, a->rules_folders.v[i]);
}

/* next: one that is to be, or that was refused: whoever repairs its files wants to be heard. */
static void watch_all(struct reload *r, const struct app *next)
{
	bool wanted = r->app->config->watch_config_files;

	if (next && next->config)
		wanted = next->config->watch_config_files;
	if (!r->watch)
		return;
	file_watch_begin(r->watch);
	if (wanted) {
		watch_generation(r->watch, r->app);
		if (next)
			watch_generation(r->watch, next);
	}
	r->watch_complete = file_watch_end(r->watch);
	r->next_watch = r->watch_complete ? 0 : now_ms() + RETRY_WATCH_MS;
}

static void start_watch(struct reload *r)
{
	if (file_watch_start(r->watch) == 0)
		return;
	file_watch_free(r->watch);
	r->watch = NULL;
}

/* Something that could not be watched may be there by now: then it has changed. */
static void retry_watch(struct reload *r)
{
	bool late = file_watch_fd(r->watch) < 0;
	uint64_t seen = file_watch_seen(r->watch);

	r->next_watch = 0;
	if (late)
		start_watch(r);
	if (!r->watch)
		return;
	watch_all(r, NULL);
	if (late ? file_watch_seen(r->watch) != seen : r->watch_complete)
		r->last_change = r->first_change = now_ms();
}

/* ---- what is said ---- */

static void put_rules(struct buf *out, const char *what, const rule_list *rules)
{
	if (!rules->n)
		return;
	buf_printf(out, "   %s:", what);
	for (size_t i = 0; i < rules->n && i < MAX_NAMES; i++)
		buf_printf(out, "%s %s", i ? "," : "", rules->v[i]->name);
	if (rules->n > MAX_NAMES)
		buf_printf(out, " and %zu more", rules->n - MAX_NAMES);
	buf_char(out, '\n');
}

static void put_calls(struct buf *out, const char *what, const struct syscall_set *calls)
{
	size_t n = 0;

	for (uint16_t code = 1; code < SC_MAX; code++) {
		if (!syscall_set_has(calls, code))
			continue;
		if (n < MAX_NAMES)
			buf_printf(out, n ? ", %s" : "   %s%s", n ? syscall_table[code].name : what,
				n ? "" : syscall_table[code].name);
		n++;
	}
	if (n > MAX_NAMES)
		buf_printf(out, " and %zu more", n - MAX_NAMES);
	if (n)
		buf_char(out, '\n');
}

static void report_changes(struct buf *out, const struct app *from, const struct app *to)
{
	struct ruleset_diff d;

	ruleset_diff(from->rules, to->rules, &d);
	buf_printf(out, "rules: %zu added, %zu removed, %zu changed, %zu in all\n", d.added.n,
		d.removed.n, d.changed.n, to->rules->nrules);
	put_rules(out, "added", &d.added);
	put_rules(out, "removed", &d.removed);
	put_rules(out, "changed", &d.changed);
	put_calls(out, "system calls now captured: ", &d.wanted);
	put_calls(out, "system calls no longer captured: ", &d.unwanted);
	ruleset_diff_done(&d);
}

static void report_failure(struct reload *r, struct buf *errors)
{
	struct buf message = {0};

	log_msg(LOG_LEVEL_ERROR, "Reload failed, what was loaded before stays in use: %s",
		buf_cstr(errors));
	buf_printf(&message, RULE ": %s", buf_cstr(errors));
	outputs_internal(r->app->outputs, clock_ns(CLOCK_REALTIME), PRIORITY_CRITICAL, RULE,
		buf_cstr(&message), NULL, 0);
	buf_done(&message);
	notify_status("The last reload failed: %.150s", buf_cstr(errors));
	notify_ready();
}

/* ---- loading ---- */

static bool was_loaded(const struct app *a, struct str name)
{
	const struct config_file *f;
	struct str path;

	for (size_t i = 0; i < a->config->rules_files.n; i++) {
		path = str_c(a->config->rules_files.v[i]);
		if (str_ends(path, name) &&
			(path.n == name.n || path.p[path.n - name.n - 1] == '/'))
			return true;
	}
	vec_foreach (f, &a->config->loaded_files)
		if (str_is(name, f->path))
			return true;
	return false;
}

/* At the start a file may be missing; one that was there and is still asked for must not vanish. */
static bool none_vanished(const struct app *a, const struct app *next)
{
	const string_list *missing = &next->config->missing_files;
	bool ret = true;

	for (size_t i = 0; i < missing->n; i++) {
		if (!was_loaded(a, str_c(missing->v[i])))
			continue;
		app_error("%s is gone, though the configuration names it", missing->v[i]);
		ret = false;
	}
	return ret;
}

static bool load(struct app *a, struct next *n)
{
	struct app *next = &n->app;

	if (!app_load_config(next) || !none_vanished(a, next) || !app_load_rules(next))
		return false;
	n->outputs = app_prepare_outputs(a->config, next->config);
	if (!n->outputs)
		return false;
	app_compile_rules(next);
	service_make_figures(next);
	return true;
}

static struct next *make_next(struct reload *r)
{
	struct next *n = mem_zalloc(sizeof(*n));
	struct buf errors = {0};
	bool ok;

	n->app.options = r->app->options;
	n->app.beside = true;
	static_fields_hide(&r->app->static_fields);
	log_gather(&errors);
	ok = load(r->app, n);
	log_gather(NULL);
	watch_all(r, &n->app);
	if (ok) {
		service_renew(r->app);
		report_changes(&n->report, r->app, &n->app);
		config_restart_keys(r->app->config, n->app.config, &n->restart_keys);
	} else {
		report_failure(r, &errors);
		next_free(n);
		n = NULL;
		static_fields_show(&r->app->static_fields);
	}
	buf_done(&errors);
	return n;
}

/* Frees what came back. Whether nothing is on its way any more. */
static bool settle(struct reload *r)
{
	struct next *spent = atomic_exchange(&r->spent, NULL);

	if (spent) {
		r->under_way = false;
		next_free(spent);
		watch_all(r, NULL);
	}
	return !r->under_way;
}

/* Fetches back what was made ready, if it is still there. */
static void withdraw(struct reload *r)
{
	struct next *n = atomic_exchange(&r->ready, NULL);

	if (!n)
		return;
	next_free(n);
	static_fields_show(&r->app->static_fields);
	r->under_way = false;
}

/* Nothing while the event thread is just taking one: giving that back wakes us again. */
static void load_next(struct reload *r)
{
	struct next *n;

	withdraw(r);
	if (!settle(r))
		return;
	atomic_store(&r->asked, false);
	r->first_change = r->last_change = 0;
	notify_reloading();
	n = make_next(r);
	if (!n)
		return;
	r->under_way = true;
	atomic_store(&r->ready, n);
	wake_event_thread();
}

/* ---- the thread ---- */

static uint64_t due(const struct reload *r)
{
	if (r->under_way && !atomic_load(&r->ready))
		return 0; /* it is being taken, and wakes us when it comes back */
	if (atomic_load(&r->asked))
		return 1;
	if (!r->first_change)
		return 0;
	return MIN(r->last_change + QUIET_MS, r->first_change + PATIENCE_MS);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a && b ? MIN(a, b) : a | b;
}

/* Milliseconds until there is something to do, -1: for ever. */
static int pause_ms(const struct reload *r)
{
	uint64_t at = sooner(sooner(due(r), r->next_watch), r->next_alive), now = now_ms();

	if (!at)
		return -1;
	return at > now ? (int)MIN(at - now, 60 * 1000) : 0;
}

static void heed_clock(struct reload *r)
{
	uint64_t now = now_ms(), at = due(r);

	if (at && at <= now)
		load_next(r);
	if (r->next_watch && r->next_watch <= now)
		retry_watch(r);
	if (r->next_alive && r->next_alive <= now) {
		r->next_alive = now + notify_alive_interval();
		signal_alive = 1;
		wake_event_thread();
	}
}

static void note_changes(struct reload *r)
{
	if (!file_watch_read(r->watch))
		return;
	r->last_change = now_ms();
	if (!r->first_change)
		r->first_change = r->last_change;
}

static void *reload_main(void *arg)
{
	struct reload *r = arg;
	uint64_t ignored;

	while (!atomic_load(&r->stop)) {
		struct pollfd fds[] = {{.fd = r->wake, .events = POLLIN},
			{.fd = r->watch ? file_watch_fd(r->watch) : -1, .events = POLLIN}};

		if (poll(fds, ARRAY_SIZE(fds), pause_ms(r)) > 0) {
			if (fds[0].revents)
				(void)!read(r->wake, &ignored, sizeof(ignored));
			if (fds[1].revents)
				note_changes(r);
		}
		settle(r);
		heed_clock(r);
	}
	return NULL;
}

struct reload *reload_new(struct app *a)
{
	struct reload *r = mem_zalloc(sizeof(*r));
	int err;

	r->app = a;
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->watch = file_watch_new();
	if (a->config->engine_kind != ENGINE_REPLAY)
		start_watch(r);
	if (notify_alive_interval())
		r->next_alive = now_ms() + notify_alive_interval();
	watch_all(r, NULL);
	err = r->wake < 0 ? -errno : thread_start(&r->thread, reload_main, r);
	if (!err)
		return r;
	file_watch_free(r->watch);
	if (r->wake >= 0)
		close(r->wake);
	free(r);
	errno = -err;
	return NULL;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	atomic_store(&r->stop, true);
	wake(r);
	pthread_join(r->thread, NULL);
	next_free(atomic_load(&r->ready));
	next_free(atomic_load(&r->spent));
	file_watch_free(r->watch);
	close(r->wake);
	free(r);
}

void reload_ask(struct reload *r)
{
	atomic_store(&r->asked, true);
	wake(r);
}

struct next *reload_take(struct reload *r)
{
	return atomic_exchange(&r->ready, NULL);
}

void reload_give_back(struct reload *r, struct next *old)
{
	atomic_store(&r->spent, old);
	wake(r);
}
