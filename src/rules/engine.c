/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The specialising matcher.
 *
 * Slots (slot.c).  Events of one type (generic system calls: of one call) share a slot: the rules
 * that are left for them after folding everything that the type decides.  A slot is made when the
 * first event of its type arrives.
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
 * so are the answers of nodes that several rules share.  A part of a condition that is false rules
 * out all rules of the word that have it, and moves ahead in the rule that asked: what rules out
 * most is soon asked first.
 */
#include "rules/engine.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/slab.h"
#include "rules/dag.h"
#include "rules/engine_hooks.h"
#include "rules/slot.h"

/* What was found out about a word of a slot's rules: asked about, and can match. */
struct finding {
	uint64_t asked, open;
};

/*
 * A name of a descriptor and kind of event: which rules of a word of a slot, of those that the kind
 * leaves open, can match. Newer ones take the place of older ones.
 */
struct name_finding {
	struct istr *name; /* a reference; NULL: free */
	uint32_t word;	   /* first_word of the slot + word */
	uint32_t kind;
	uint64_t open;
};

#define NAME_FINDINGS 16384 /* a power of two */

/* Per thread. findings is as long as the engine's slots were when it was last used. */
struct verdicts {
	uint64_t engine; /* its serial number: the next one may get the same address */
	uint32_t version, epoch;
	uint32_t size;	 /* of this, bytes */
	uint32_t nwords; /* of findings */
	struct finding *findings;
	uint64_t bits[]; /* process atoms: known words, then value words */
};

struct engine {
	struct arena arena;
	struct dag dag;
	uint64_t serial; /* from 1 on, never twice */
	bool all;
	struct slot_source *rules; /* unfolded */
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
		e->rules[e->nrules++] =
			(struct slot_source){rule, dag_condition(&e->dag, rule->ast)};
		for (size_t w = 0; w < ARRAY_SIZE(e->events.bits); w++)
			e->events.bits[w] |= rule->events.bits[w];
	}
	e->proc_words = (e->dag.nproc + WORD_BITS - 1) / WORD_BITS;
	hooks_init(&e->hooks, r, &e->dag);
	return e;
}

void engine_detach(struct engine *e)
{
	for (size_t i = 0; i < NAME_FINDINGS; i++) {
		if (!e->names[i].name)
			continue;
		istr_put(e->names[i].name);
		memset(&e->names[i], 0, sizeof(e->names[i]));
	}
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
	if (!*at) {
		*at = slot_make(&e->arena, &e->dag, e->rules, e->nrules, ev->type, code);
		(*at)->first_word = e->nwords;
		e->nwords += (*at)->nwords;
	}
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
	v->findings = slab_regrow(
		v->findings, old * sizeof(*v->findings), v->nwords * sizeof(*v->findings));
	memset(v->findings + old, 0, (v->nwords - old) * sizeof(*v->findings));
}

void engine_forget_thread(struct thread *t)
{
	struct verdicts *v = t->verdicts;

	if (!v)
		return;
	slab_free(v->findings, v->nwords * sizeof(*v->findings));
	slab_free(v, v->size);
	t->verdicts = NULL;
}

/* What is known of the event's thread, made or emptied if it is not about its present version. */
static struct verdicts *verdicts_of(struct engine *e, struct event_ctx *ctx)
{
	struct thread *t = ctx->thread;
	struct verdicts *v = t->verdicts;
	uint32_t epoch = state_epoch(ctx->state);
	uint32_t size = sizeof(*v) + 2 * e->proc_words * (uint32_t)sizeof(*v->bits);

	if (v && v->engine != e->serial) {
		engine_forget_thread(t);
		v = NULL;
	}
	if (!v) {
		v = slab_zalloc(size);
		v->size = size;
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

static inline bool eval_atom(struct engine *e, struct dag_atom *a)
{
	if (a->stamp != e->stamp) {
		a->value = a->scope == SCOPE_PROC && e->v ? eval_proc_atom(e, a)
							  : hook_eval(&e->hooks, a, e->ctx);
		a->stamp = e->stamp;
	}
	return hook_asked(&e->hooks, a, a->value);
}

static bool eval_inner(struct engine *e, struct dag_node *n);

/* Most nodes are atoms that were asked before. */
static inline bool eval(struct engine *e, struct dag_node *n)
{
	return n->kind == DAG_ATOM ? eval_atom(e, n->atom) : eval_inner(e, n);
}

/* AND is decided by the first false kid, OR by the first true one. */
static bool eval_kids(struct engine *e, struct dag_node *n)
{
	bool decides = n->kind == DAG_OR;

	for (uint32_t i = 0; i < n->nkids; i++)
		if (eval(e, n->kids[i]) == decides)
			return decides;
	return !decides;
}

static bool eval_inner(struct engine *e, struct dag_node *n)
{
	struct dag_memo *memo = &n->memo[0];

	switch (n->kind) {
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

static enum answer eval_part_inner(struct engine *e, struct dag_node *n, enum facts facts);

/* What the facts alone say about n. */
static inline enum answer eval_part(struct engine *e, struct dag_node *n, enum facts facts)
{
	if (n->needs && !(n->needs & decided_by[facts]))
		return OPEN;
	if (n->kind == DAG_ATOM)
		return eval_atom(e, n->atom) ? YES : NO;
	return eval_part_inner(e, n, facts);
}

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

static enum answer eval_part_inner(struct engine *e, struct dag_node *n, enum facts facts)
{
	struct dag_memo *memo = &n->memo[facts];
	enum answer kid;

	switch (n->kind) {
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

/*
 * Part i of a rule was found false when those before it were true: it moves ahead by one, so that
 * those that rule out most are asked first.
 */
static const struct slot_part *promote(const struct slot_rule *r, uint32_t i)
{
	struct slot_part p = r->parts[i];

	if (!i)
		return &r->parts[0];
	r->parts[i] = r->parts[i - 1];
	r->parts[i - 1] = p;
	return &r->parts[i - 1];
}

/* The part of a rule that the facts say is false; NULL: they leave the rule open. */
static const struct slot_part *false_part(
	struct engine *e, const struct slot_rule *r, enum facts facts)
{
	for (uint32_t i = 0; i < r->nparts; i++)
		if (eval_part(e, r->parts[i].node, facts) == NO)
			return promote(r, i);
	return NULL;
}

/* Those of the rules in mask that the facts leave open. */
static __attribute__((noinline)) uint64_t learn(
	struct engine *e, const struct slot *slot, uint32_t word, uint64_t mask, enum facts facts)
{
	uint64_t open = 0;

	hook_begin(&e->hooks);
	while (mask) {
		uint32_t i = (uint32_t)__builtin_ctzll(mask);
		const struct slot_rule *r = &slot->rules[word * WORD_BITS + i];
		const struct slot_part *no = false_part(e, r, facts);

		open |= no ? 0 : UINT64_C(1) << i;
		mask &= no ? ~no->rules : mask - 1;
		hook_learned(&e->hooks, r->rule);
	}
	return open;
}

/* ---- which rules are open ---- */

static __attribute__((noinline)) struct slot_set *learn_kind(
	struct engine *e, const struct slot *slot)
{
	struct slot_set *set = slot_set_new(&e->arena, slot->nwords);

	set->nwords = 0;
	for (uint32_t w = 0; w < slot->nwords; w++) {
		uint64_t open = learn(e, slot, w, slot->all->words[w].rules, FACTS_KIND);

		if (open)
			set->words[set->nwords++] = (struct slot_word){w, open};
	}
	return set;
}

/* The name by which findings are kept; NULL: there is none. */
static struct istr *name_of(struct event_ctx *ctx)
{
	struct str shown;

	if (ctx->fd)
		return ctx->fd->naming == FDN_TEXT ? ctx->fd->name : NULL;
	return fd_shown_name(ctx, &shown) ? ctx->shown_name : NULL;
}

static inline uint64_t narrow_by_name(struct engine *e, const struct slot *slot,
	const struct slot_word *w, uint32_t kind, struct istr *name)
{
	uint32_t word = slot->first_word + w->word;
	uint32_t hash = name->hash ^ word * 0x85ebca6bu;
	struct name_finding *n = &e->names[(hash ^ hash >> 16) & (NAME_FINDINGS - 1)];

	if (n->name != name || n->word != word || n->kind != kind) {
		istr_share(&n->name, name);
		n->word = word;
		n->kind = kind;
		n->open = learn(e, slot, w->word, w->rules, FACTS_NAME);
	}
	return n->open;
}

static inline uint64_t narrow_by_process(
	struct engine *e, const struct slot *slot, uint32_t word, uint64_t mask)
{
	struct finding *f;
	uint64_t unknown;

	if (!e->v)
		e->v = verdicts_of(e, e->ctx);
	f = &e->v->findings[slot->first_word + word];
	unknown = mask & ~f->asked;
	if (unknown) {
		f->asked |= unknown;
		f->open |= learn(e, slot, word, unknown, FACTS_PROC);
	}
	return mask & f->open;
}

/* ---- matching ---- */

static void add_match(struct engine *e, const struct rule *r)
{
	if (e->all || !e->matched.n)
		vec_push(&e->matched, r);
	else if (r->index < e->matched.v[0]->index)
		e->matched.v[0] = r;
}

/* Whether an earlier rule matches already, and only the first one is asked for. */
static bool too_late(const struct engine *e, const struct rule *r)
{
	return !e->all && e->matched.n && e->matched.v[0]->index < r->index;
}

/* The part of a rule that is false for the event; NULL: it matches. */
static const struct slot_part *try_rule(struct engine *e, const struct slot_rule *r)
{
	const struct slot_part *no = NULL;

	hook_begin(&e->hooks);
	for (uint32_t i = 0; i < r->nparts && !no; i++)
		if (!eval(e, r->parts[i].node))
			no = promote(r, i);
	hook_tried(&e->hooks, r->rule);
	return no;
}

static void try_rules(struct engine *e, const struct slot *slot, uint32_t word, uint64_t mask)
{
	while (mask) {
		uint32_t i = word * WORD_BITS + (uint32_t)__builtin_ctzll(mask);
		const struct slot_rule *r = &slot->rules[i];
		const struct slot_part *no = NULL;

		if (!too_late(e, r->rule)) {
			no = try_rule(e, r);
			if (!no)
				add_match(e, r->rule);
		}
		mask &= no ? ~no->rules : mask - 1;
	}
}

static int by_index(const void *pa, const void *pb)
{
	const struct rule *a = *(const struct rule *const *)pa;
	const struct rule *b = *(const struct rule *const *)pb;

	return a->index < b->index ? -1 : a->index > b->index;
}

/* For events with a thread. */
static void match(struct engine *e, struct slot *slot)
{
	uint32_t kind = event_kind(e->ctx, slot->opens);
	struct slot_set *set = slot->kinds[kind];
	struct istr *name = NULL;

	if (!set)
		set = slot->kinds[kind] = learn_kind(e, slot);
	if (set->nwords && slot->needs & DAG_NEEDS(SCOPE_FD_NAME))
		name = name_of(e->ctx);
	for (uint32_t i = 0; i < set->nwords; i++) {
		const struct slot_word *w = &set->words[i];
		uint64_t mask = name ? narrow_by_name(e, slot, w, kind, name) : w->rules;

		if (mask && slot->keep)
			mask = narrow_by_process(e, slot, w->word, mask);
		if (mask)
			try_rules(e, slot, w->word, mask);
	}
}

/* Of events without a thread nothing is known before they are looked at. */
static void match_all(struct engine *e, const struct slot *slot)
{
	for (uint32_t w = 0; w < slot->nwords; w++)
		try_rules(e, slot, w, slot->all->words[w].rules);
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
		if (ctx->thread)
			match(e, slot);
		else
			match_all(e, slot);
	}
	for (size_t i = 0; i < e->matched.n; i++)
		hook_matched(&e->hooks, e->matched.v[i]);
	if (e->matched.n > 1)
		qsort(e->matched.v, e->matched.n, sizeof(*e->matched.v), by_index);
	*ret = e->matched.v;
	return e->matched.n;
}
