/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The specialising matcher.
 *
 * Slots.  Events of one type (generic system calls: of one call) share a slot: the rules that are
 * left for them after folding everything that the type decides.  A slot is made when the first
 * event of its kind arrives.
 *
 * Findings.  For the rules of a slot (in words of 64) it is remembered which of them a fact rules
 * out: the kind of event (kept with the slot), the name of its descriptor (in a table of names),
 * and the process (with the thread, as long as its version and the state's epoch stand).  A finding
 * starts empty and learns about a rule when the facts before it leave that rule open.  Most events
 * end here: a known file that no rule asks for costs two look-ups, whatever the process, and what
 * is remembered of that is not even looked at.  Events that themselves change the process make a
 * new version anyway: for them nothing is remembered about it.
 *
 * Evaluation.  Atoms are pure, so their order is free and one result serves all rules: process
 * atoms are kept with the thread (two bits: known, true), the others under the event's stamp, and
 * so are the answers of nodes that several rules share.
 */
#include "rules/engine.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rules/dag.h"
#include "rules/engine_hooks.h"

#define WORD_BITS 64

struct slot_rule {
	const struct rule *rule;
	struct dag_node *root;
};

/* What was found out about a word of a slot's rules: asked about, and can match. */
struct finding {
	uint64_t asked, open;
};

struct slot {
	struct slot_rule *rules;
	uint32_t nrules;
	uint32_t first_word, nwords; /* of its findings in struct verdicts */
	bool keep;	/* findings are worth keeping: the event leaves the process as it was */
	bool opens;	/* event_opens() */
	unsigned needs; /* DAG_NEEDS() of all rules */
	struct finding *kinds; /* by word and event_kind() */
};

/*
 * A name of a descriptor and kind of event, for one word of a slot. Newer ones take the place of
 * older ones.
 */
struct name_finding {
	struct istr *name; /* a reference; NULL: free */
	uint32_t word;	   /* first_word of the slot + word */
	uint32_t kind;
	struct finding f;
};

#define NAME_FINDINGS 16384 /* a power of two */

/* Per thread. findings is as long as the engine's slots were when it was last used. */
struct verdicts {
	uint64_t engine; /* its serial number: the next one may get the same address */
	uint32_t version, epoch;
	uint32_t nwords; /* of findings */
	struct finding *findings;
	uint64_t bits[]; /* process atoms: known words, then value words */
};

struct engine {
	struct arena arena;
	struct dag dag;
	uint64_t serial; /* from 1 on, never twice */
	bool all;
	struct slot_rule *rules; /* unfolded */
	size_t nrules;
	struct event_set events; /* that any of them can match */
	struct slot *slots[EV_MAX];
	struct slot *call_slots[SC_MAX]; /* of EV_SYSCALL_X, by system call code */
	uint32_t nwords;		 /* of findings, all slots */
	uint32_t proc_words;
	uint32_t stamp;
	struct name_finding *names;
	VEC(const struct rule *) matched;
	/* the event being evaluated */
	struct event_ctx *ctx;
	struct verdicts *v; /* NULL: nothing is remembered about the process, or not yet needed */
	struct hooks hooks;
};

struct engine *engine_new(const struct ruleset *r, const char *source, bool all)
{
	static atomic_uint_fast64_t made;
	struct engine *e = mem_zalloc(sizeof(*e));

	e->serial = ++made;
	arena_init(&e->arena, 64 * 1024);
	dag_init(&e->dag, &e->arena);
	e->names = mem_zalloc(NAME_FINDINGS * sizeof(*e->names));
	e->all = all;
	e->rules = arena_alloc(&e->arena, r->nrules * sizeof(*e->rules));
	for (size_t i = 0; i < r->nrules; i++) {
		const struct rule *rule = r->rules[i];

		if (!rule->enabled || strcmp(rule->source, source) != 0)
			continue;
		e->rules[e->nrules++] = (struct slot_rule){rule, dag_condition(&e->dag, rule->ast)};
		for (size_t w = 0; w < ARRAY_SIZE(e->events.bits); w++)
			e->events.bits[w] |= rule->events.bits[w];
	}
	e->proc_words = (e->dag.nproc + WORD_BITS - 1) / WORD_BITS;
	hooks_init(&e->hooks, r, &e->dag);
	return e;
}

void engine_detach(struct engine *e)
{
	for (size_t i = 0; i < NAME_FINDINGS; i++)
		istr_put(e->names[i].name);
	memset(e->names, 0, NAME_FINDINGS * sizeof(*e->names));
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	engine_detach(e);
	hooks_done(&e->hooks);
	dag_done(&e->dag);
	vec_done(&e->matched);
	arena_done(&e->arena);
	free(e->names);
	free(e);
}

/* ---- slots ---- */

/* An event of which only the type (and system call) is known. */
struct type_probe {
	struct event ev;
	struct event_ctx ctx;
	uint16_t code;
};

static int known_by_type(void *arg, struct dag_atom *a)
{
	struct type_probe *probe = arg;

	if (a->scope > SCOPE_TYPE)
		return -1;
	return atom_eval(a->atom, &probe->ctx);
}

static struct slot *make_slot(struct engine *e, uint16_t type, uint16_t code)
{
	struct type_probe probe = {.code = code};
	struct dag_fold fold = {.known = known_by_type, .arg = &probe};
	struct slot *slot = arena_zalloc(&e->arena, sizeof(*slot));
	VEC(struct slot_rule) left = {0};
	struct arena scratch;

	arena_init(&scratch, 0);
	probe.ev = (struct event){.type = type, .info = &event_table[type], .decoded = true};
	if (type == EV_SYSCALL_X) {
		probe.ev.params[0] = (struct param){(uint8_t *)&probe.code, sizeof(probe.code)};
		probe.ev.nparams = 1;
	}
	probe.ctx = (struct event_ctx){.ev = &probe.ev, .fd_num = -1, .arena = &scratch};
	for (size_t i = 0; i < e->nrules; i++) {
		struct dag_node *root = e->rules[i].root;

		/* Where the name of the event is only in the event, its type decides nothing. */
		if (type != EV_ASYNCEVENT_E && (type != EV_SYSCALL_X || code != SC_UNKNOWN))
			root = dag_fold(&e->dag, &fold, root);
		if (root != e->dag.no)
			vec_push(&left, ((struct slot_rule){e->rules[i].rule, root}));
	}
	slot->nrules = (uint32_t)left.n;
	slot->rules = arena_alloc(&e->arena, left.n * sizeof(*left.v));
	if (left.n)
		memcpy(slot->rules, left.v, left.n * sizeof(*left.v));
	vec_done(&left);
	for (uint32_t i = 0; i < slot->nrules; i++)
		slot->needs |= slot->rules[i].root->needs;
	slot->nwords = (slot->nrules + WORD_BITS - 1) / WORD_BITS;
	slot->opens = event_opens(type);
	slot->kinds = arena_zalloc(
		&e->arena, slot->nwords * event_kinds(slot->opens) * sizeof(*slot->kinds));
	slot->first_word = e->nwords;
	slot->keep = type != EV_ASYNCEVENT_E && type != EV_CONTAINER_E &&
		     !((event_table[type].flags & EF_MODIFIES_STATE) &&
			     ((event_table[type].category & EC_CLASS_MASK) == EC_PROCESS ||
				     (event_table[type].category & EC_CLASS_MASK) == EC_USER));
	e->nwords += slot->nwords;
	vec_done(&fold.memo);
	arena_done(&scratch);
	return slot;
}

static struct slot *slot_of(struct engine *e, const struct event *ev)
{
	struct slot **at = &e->slots[ev->type];
	uint16_t code = 0;

	if (ev->type == EV_SYSCALL_X) {
		code = (uint16_t)event_u64(ev, 0);
		if (code >= SC_MAX)
			code = SC_UNKNOWN;
		at = &e->call_slots[code];
	}
	if (!*at)
		*at = make_slot(e, ev->type, code);
	return *at;
}

bool engine_wants(const struct engine *e, uint16_t type)
{
	return event_set_has(&e->events, type);
}

/* ---- verdicts ---- */

static void verdicts_clear(struct verdicts *v, const struct engine *e)
{
	memset(v->bits, 0, 2 * e->proc_words * sizeof(*v->bits));
	if (v->nwords)
		memset(v->findings, 0, v->nwords * sizeof(*v->findings));
}

static void verdicts_grow(struct verdicts *v, const struct engine *e)
{
	uint32_t old = v->nwords;

	v->nwords = e->nwords + 32;
	v->findings = mem_realloc(v->findings, v->nwords * sizeof(*v->findings));
	memset(v->findings + old, 0, (v->nwords - old) * sizeof(*v->findings));
}

void engine_forget_thread(struct thread *t)
{
	struct verdicts *v = t->verdicts;

	if (!v)
		return;
	free(v->findings);
	free(v);
	t->verdicts = NULL;
}

/* What is known of the event's thread, made or emptied if it is not about its present version. */
static struct verdicts *verdicts_of(struct engine *e, struct event_ctx *ctx)
{
	struct thread *t = ctx->thread;
	struct verdicts *v = t->verdicts;
	uint32_t epoch = state_epoch(ctx->state);

	if (v && v->engine != e->serial) {
		engine_forget_thread(t);
		v = NULL;
	}
	if (!v) {
		v = mem_zalloc(sizeof(*v) + 2 * e->proc_words * sizeof(*v->bits));
		v->engine = e->serial;
		t->verdicts = v;
	} else if (v->version != t->version || v->epoch != epoch) {
		verdicts_clear(v, e);
	}
	v->version = t->version;
	v->epoch = epoch;
	if (v->nwords < e->nwords)
		verdicts_grow(v, e);
	return v;
}

/* ---- evaluation ---- */

static bool eval_proc_atom(struct engine *e, struct dag_atom *a)
{
	uint64_t bit = UINT64_C(1) << (a->proc % WORD_BITS);
	uint64_t *known = &e->v->bits[a->proc / WORD_BITS];
	uint64_t *value = known + e->proc_words;

	if (!(*known & bit)) {
		*known |= bit;
		if (hook_eval(&e->hooks, a, e->ctx))
			*value |= bit;
		else
			*value &= ~bit;
	}
	return *value & bit;
}

static bool eval_atom(struct engine *e, struct dag_atom *a)
{
	if (a->scope == SCOPE_PROC && e->v)
		return eval_proc_atom(e, a);
	if (a->stamp != e->stamp) {
		a->stamp = e->stamp;
		a->value = hook_eval(&e->hooks, a, e->ctx);
	}
	return a->value;
}

static bool eval(struct engine *e, struct dag_node *n);

/* AND is decided by the first false kid, OR by the first true one. */
static bool eval_kids(struct engine *e, struct dag_node *n)
{
	bool decides = n->kind == DAG_OR;

	for (uint32_t i = 0; i < n->nkids; i++)
		if (eval(e, n->kids[i]) == decides)
			return decides;
	return !decides;
}

static bool eval(struct engine *e, struct dag_node *n)
{
	struct dag_memo *memo = &n->memo[0];

	switch (n->kind) {
	case DAG_ATOM:
		return hook_asked(&e->hooks, n->atom, eval_atom(e, n->atom));
	case DAG_NOT:
		return !eval(e, n->kids[0]);
	case DAG_AND:
	case DAG_OR:
		if (!n->shared)
			return eval_kids(e, n);
		if (memo->stamp != e->stamp)
			*memo = (struct dag_memo){e->stamp, eval_kids(e, n)};
		return memo->answer;
	default:
		return n->kind == DAG_TRUE;
	}
}

/* ---- what some facts alone say ---- */

enum answer { NO, YES, OPEN };

/* Facts that findings are about: which atoms they decide. The number picks the node's memo. */
enum facts { FACTS_KIND = 1, FACTS_NAME, FACTS_PROC };

static const unsigned decided_by[] = {
	[FACTS_KIND] = DAG_NEEDS(SCOPE_KIND),
	[FACTS_NAME] = DAG_NEEDS(SCOPE_KIND) | DAG_NEEDS(SCOPE_FD_NAME),
	[FACTS_PROC] = DAG_NEEDS(SCOPE_PROC),
};

static enum answer eval_part(struct engine *e, struct dag_node *n, enum facts facts);

static enum answer eval_part_kids(struct engine *e, struct dag_node *n, enum facts facts)
{
	enum answer decides = n->kind == DAG_AND ? NO : YES, kid;
	bool open = false;

	for (uint32_t i = 0; i < n->nkids; i++) {
		kid = eval_part(e, n->kids[i], facts);
		if (kid == decides)
			return decides;
		open |= kid == OPEN;
	}
	return open ? OPEN : decides == NO ? YES : NO;
}

/* What the facts alone say about n. */
static enum answer eval_part(struct engine *e, struct dag_node *n, enum facts facts)
{
	struct dag_memo *memo = &n->memo[facts];
	enum answer kid;

	if (n->needs && !(n->needs & decided_by[facts]))
		return OPEN;
	switch (n->kind) {
	case DAG_ATOM:
		return hook_asked(&e->hooks, n->atom, eval_atom(e, n->atom)) ? YES : NO;
	case DAG_NOT:
		kid = eval_part(e, n->kids[0], facts);
		return kid == OPEN ? OPEN : kid == YES ? NO : YES;
	case DAG_AND:
	case DAG_OR:
		if (!n->shared)
			return eval_part_kids(e, n, facts);
		if (memo->stamp != e->stamp)
			*memo = (struct dag_memo){e->stamp, eval_part_kids(e, n, facts)};
		return memo->answer;
	default:
		return n->kind == DAG_TRUE ? YES : NO;
	}
}

/* Learns about the rules in unknown. */
static __attribute__((noinline)) void learn(struct engine *e, const struct slot *slot,
	uint32_t word, struct finding *f, uint64_t unknown, enum facts facts)
{
	f->asked |= unknown;
	hook_begin(&e->hooks);
	for (; unknown; unknown &= unknown - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(unknown);
		const struct slot_rule *r = &slot->rules[word * WORD_BITS + i];

		if (eval_part(e, r->root, facts) != NO)
			f->open |= UINT64_C(1) << i;
		hook_learned(&e->hooks, r->rule);
	}
}

/* Those of the rules in mask that the facts leave open. */
static inline uint64_t narrow(struct engine *e, const struct slot *slot, uint32_t word,
	struct finding *f, uint64_t mask, enum facts facts)
{
	if (mask & ~f->asked)
		learn(e, slot, word, f, mask & ~f->asked, facts);
	return mask & f->open;
}

static struct finding *finding_of_name(
	struct engine *e, struct istr *name, uint32_t kind, uint32_t word)
{
	uint32_t hash = (uint32_t)name->hash ^ (word * 0x85ebca6bu);
	struct name_finding *n = &e->names[(hash ^ hash >> 16) & (NAME_FINDINGS - 1)];

	if (n->name != name || n->word != word || n->kind != kind) {
		istr_share(&n->name, name);
		*n = (struct name_finding){n->name, word, kind, {0, 0}};
	}
	return &n->f;
}

static uint64_t narrow_by_name(
	struct engine *e, const struct slot *slot, uint32_t word, uint32_t kind, uint64_t mask)
{
	struct event_ctx *ctx = e->ctx;
	struct istr *name;
	struct str shown;

	if (ctx->fd)
		name = ctx->fd->naming == FDN_TEXT ? ctx->fd->name : NULL;
	else
		name = fd_shown_name(ctx, &shown) ? ctx->shown_name : NULL;
	if (!name)
		return mask;
	return narrow(e, slot, word, finding_of_name(e, name, kind, slot->first_word + word), mask,
		FACTS_NAME);
}

/* The rules in a word of the slot that kind and name of the event's descriptor leave open. */
static inline uint64_t narrow_by_fd(
	struct engine *e, const struct slot *slot, uint32_t word, uint32_t kind, uint64_t mask)
{
	if (slot->needs & decided_by[FACTS_NAME])
		mask = narrow(
			e, slot, word, &slot->kinds[kind * slot->nwords + word], mask, FACTS_KIND);
	if (mask && slot->needs & DAG_NEEDS(SCOPE_FD_NAME))
		mask = narrow_by_name(e, slot, word, kind, mask);
	return mask;
}

static inline uint64_t narrow_by_process(
	struct engine *e, const struct slot *slot, uint32_t word, uint64_t mask)
{
	if (!e->v)
		e->v = verdicts_of(e, e->ctx);
	return narrow(e, slot, word, &e->v->findings[slot->first_word + word], mask, FACTS_PROC);
}

static bool try_rule(struct engine *e, const struct slot_rule *r)
{
	bool matches;

	hook_begin(&e->hooks);
	matches = eval(e, r->root);
	hook_tried(&e->hooks, r->rule, matches);
	if (!matches)
		return false;
	vec_push(&e->matched, r->rule);
	return !e->all;
}

/* Tries the rules in mask. True: that is enough. */
static bool try_rules(struct engine *e, const struct slot *slot, uint32_t word, uint64_t mask)
{
	for (; mask; mask &= mask - 1)
		if (try_rule(e, &slot->rules[word * WORD_BITS + (uint32_t)__builtin_ctzll(mask)]))
			return true;
	return false;
}

static void match(struct engine *e, const struct slot *slot)
{
	bool thread = e->ctx->thread;
	uint32_t kind = event_kind(e->ctx, slot->opens);

	for (uint32_t w = 0; w < slot->nwords; w++) {
		uint64_t mask = UINT64_MAX;

		if (w == slot->nwords - 1)
			mask >>= -slot->nrules % WORD_BITS;
		if (thread)
			mask = narrow_by_fd(e, slot, w, kind, mask);
		if (mask && thread && slot->keep)
			mask = narrow_by_process(e, slot, w, mask);
		if (mask && try_rules(e, slot, w, mask))
			return;
	}
}

size_t engine_match(struct engine *e, struct event_ctx *ctx, const struct rule *const **ret)
{
	struct slot *slot = slot_of(e, ctx->ev);

	vec_clear(&e->matched);
	if (slot->nrules) {
		if (!++e->stamp)
			e->stamp = 1;
		e->ctx = ctx;
		e->v = NULL;
		match(e, slot);
	}
	*ret = e->matched.v;
	return e->matched.n;
}
