/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users and groups: of the host, and of each container.
 *
 * A capture brings the host's accounts as a list and the containers' as events. On a live machine
 * they are asked for when a rule first wants the name: from the system's account database (or the
 * files below host_root), for a container from the files that one of its processes sees. Who could
 * not be found is not looked for again for a while.  Falco asks the machine it runs on also when it
 * replays a capture of another; here that is an option (own_accounts).
 */
#include <stdio.h>

#include "state/accounts.h"
#include "state/internal.h"

#define RETRY_AFTER 10000000000u /* ns of event time */
#define MAX_ACCOUNTS 100000	 /* per container */
#define MAX_DATABASES 65536

struct account {
	struct user user; /* of a group, only name counts; no name: nothing known */
	uint64_t asked;	  /* when the system was last asked, 0 never */
};

/* The accounts of the host or of one container. */
struct accounts {
	struct istr *container_id;
	int64_t member; /* tid of one of the container's threads, 0 none seen */
	struct imap users, groups;
};

struct user_state {
	struct accounts host;
	struct smap containers; /* id -> struct accounts */
};

static void account_free(struct account *a)
{
	istr_put(a->user.name);
	istr_put(a->user.home);
	istr_put(a->user.shell);
	free(a);
}

static void accounts_clear(struct accounts *db)
{
	struct imap_slot *slot;

	map_foreach(slot, &db->users) account_free(slot->value);
	map_foreach(slot, &db->groups) account_free(slot->value);
	imap_done(&db->users);
	imap_done(&db->groups);
}

static void accounts_free(struct accounts *db)
{
	if (!db)
		return;
	accounts_clear(db);
	istr_put(db->container_id);
	free(db);
}

struct user_state *user_state_new(void)
{
	return mem_zalloc(sizeof(struct user_state));
}

static void clear(struct user_state *u)
{
	struct smap_slot *slot;

	accounts_clear(&u->host);
	map_foreach(slot, &u->containers) accounts_free(slot->value);
	smap_done(&u->containers);
}

void user_state_free(struct user_state *u)
{
	if (u)
		clear(u);
	free(u);
}

static struct accounts *accounts_of(struct state *s, struct str container_id)
{
	if (!container_id.n)
		return &s->users->host;
	return smap_get(&s->users->containers, container_id);
}

static struct accounts *accounts_make(struct state *s, struct str container_id)
{
	struct accounts *db = accounts_of(s, container_id);

	if (db || s->users->containers.n >= MAX_DATABASES)
		return db;
	db = mem_zalloc(sizeof(*db));
	db->container_id = istr_get(container_id);
	smap_put(&s->users->containers, istr_str(db->container_id), db);
	return db;
}

void users_forget_container(struct state *s, struct str container_id)
{
	if (!container_id.n)
		return;
	accounts_free(smap_del(&s->users->containers, container_id));
	s->epoch++;
}

/* ---- adding ---- */

static struct account *account_make(struct imap *map, uint32_t id)
{
	struct account *a = imap_get(map, id);

	if (a || map->n >= MAX_ACCOUNTS)
		return a;
	a = mem_zalloc(sizeof(*a));
	a->user.uid = id;
	imap_put(map, id, a);
	return a;
}

/* Lines of the name service switch ("+...") are no accounts. */
static bool is_account(struct str name)
{
	return !name.n || (name.p[0] != '+' && name.p[0] != '-');
}

static void set_text(struct istr **slot, struct str text)
{
	istr_set(slot, text.p ? text : STR("<NA>"));
}

static void add_user(struct accounts *db, const struct machine_user *u)
{
	struct account *a = is_account(u->name) ? account_make(&db->users, u->uid) : NULL;

	if (!a)
		return;
	a->user.gid = u->gid;
	set_text(&a->user.name, u->name);
	set_text(&a->user.home, u->home);
	set_text(&a->user.shell, u->shell);
}

static void add_group(struct accounts *db, uint32_t gid, struct str name)
{
	struct account *a = is_account(name) ? account_make(&db->groups, gid) : NULL;

	if (a)
		set_text(&a->user.name, name);
}

/* Root is known without a list; a list may say more. */
void users_reset(struct state *s)
{
	struct machine_user root = {.name = STR("root"), .home = STR("/root")};

	clear(s->users);
	add_user(&s->users->host, &root);
	add_group(&s->users->host, 0, root.name);
	s->epoch++;
}

void state_add_user(struct state *s, const struct machine_user *u)
{
	if (u->is_group)
		add_group(&s->users->host, u->gid, u->name);
	else
		add_user(&s->users->host, u);
	s->epoch++;
}

/* ---- asking the system ---- */

static void found_user(void *arg, const struct account_entry *e)
{
	add_user(arg, &(struct machine_user){.uid = e->id,
			      .gid = e->gid,
			      .name = e->name,
			      .home = e->home,
			      .shell = e->shell});
}

static void found_group(void *arg, const struct account_entry *e)
{
	add_group(arg, e->id, e->name);
}

static bool may_ask(const struct state *s, const struct accounts *db)
{
	return s->config.live || (s->config.own_accounts && db == &s->users->host);
}

static void ask(struct state *s, struct accounts *db, uint32_t id, bool group)
{
	const char *host_root = s->config.host_root ? s->config.host_root : "";
	account_fn fn = group ? found_group : found_user;
	char root[4096];

	if (db != &s->users->host) {
		if (!db->member || !accounts_elsewhere(host_root, db->member))
			return;
		snprintf(root, sizeof(root), "%s/proc/%lld/root", host_root, (long long)db->member);
		accounts_read(root, group, fn, db);
	} else if (*host_root) {
		accounts_read(host_root, group, fn, db);
	} else {
		accounts_ask(id, group, fn, db);
	}
}

/* The account, after asking the system when that may help. */
static struct account *find(struct state *s, struct str container_id, uint32_t id, bool group)
{
	struct accounts *db = accounts_of(s, container_id);
	struct account *a;

	if (!db || id == UINT32_MAX)
		return NULL;
	a = imap_get(group ? &db->groups : &db->users, id);
	if (!may_ask(s, db) || (a && a->user.name))
		return a && a->user.name ? a : NULL;
	if (a && a->asked && s->now - a->asked < RETRY_AFTER)
		return NULL;
	ask(s, db, id, group);
	a = account_make(group ? &db->groups : &db->users, id);
	if (a)
		a->asked = s->now ? s->now : 1;
	return a && a->user.name ? a : NULL;
}

const struct user *state_user(struct state *s, struct str container_id, uint32_t uid)
{
	struct account *a = find(s, container_id, uid, false);

	return a ? &a->user : NULL;
}

struct str state_group_name(struct state *s, struct str container_id, uint32_t gid)
{
	struct account *a = find(s, container_id, gid, true);

	return a ? istr_str(a->user.name) : STR_NONE;
}

void users_note(struct state *s, const struct thread *t)
{
	struct str id = istr_str(t->container_id);
	struct accounts *db;

	if (!s->config.live || !id.n)
		return;
	db = accounts_make(s, id);
	if (db)
		db->member = t->tid;
}

/* ---- events ---- */

static void account_del(struct imap *map, uint32_t id)
{
	struct account *a = imap_del(map, id);

	if (a)
		account_free(a);
}

/*
 * An account of a container is only taken from an event when it is known already, as by Falco:
 * otherwise those of the container's own files, which are found when they are asked for, count.
 */
static void user_added(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct accounts *db = accounts_of(s, event_str(ev, 5));
	struct machine_user u = {
		.uid = (uint32_t)event_u64(ev, 0),
		.gid = (uint32_t)event_u64(ev, 1),
		.name = event_str(ev, 2),
		.home = event_str(ev, 3),
		.shell = event_str(ev, 4),
	};

	if (db && (db == &s->users->host || imap_get(&db->users, u.uid)))
		add_user(db, &u);
	s->epoch++;
}

static void user_deleted(struct state *s, struct event_ctx *ctx)
{
	struct accounts *db = accounts_of(s, event_str(ctx->ev, 5));

	if (db)
		account_del(&db->users, (uint32_t)event_u64(ctx->ev, 0));
	s->epoch++;
}

static void group_added(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct accounts *db = accounts_of(s, event_str(ev, 2));
	uint32_t gid = (uint32_t)event_u64(ev, 0);

	if (db && (db == &s->users->host || imap_get(&db->groups, gid)))
		add_group(db, gid, event_str(ev, 1));
	s->epoch++;
}

static void group_deleted(struct state *s, struct event_ctx *ctx)
{
	struct accounts *db = accounts_of(s, event_str(ctx->ev, 2));

	if (db)
		account_del(&db->groups, (uint32_t)event_u64(ctx->ev, 0));
	s->epoch++;
}

const struct apply_row user_apply_rows[] = {
	{EV_USERADDED_E, user_added},
	{EV_USERDELETED_E, user_deleted},
	{EV_GROUPADDED_E, group_added},
	{EV_GROUPDELETED_E, group_deleted},
	{0, NULL},
};

/* ---- lists ---- */

static void dump(const struct imap *map, bool groups, const struct machine_sink *out)
{
	struct imap_slot *slot;

	map_foreach(slot, map)
	{
		const struct user *u = &((struct account *)slot->value)->user;

		if (u->name)
			out->user(out->arg, &(struct machine_user){.uid = u->uid,
						    .gid = groups ? u->uid : u->gid,
						    .name = istr_str(u->name),
						    .home = istr_str(u->home),
						    .shell = istr_str(u->shell),
						    .is_group = groups});
	}
}

void state_dump_users(const struct state *s, const struct machine_sink *out)
{
	if (!out->user)
		return;
	dump(&s->users->host.users, false, out);
	dump(&s->users->host.groups, true, out);
}
