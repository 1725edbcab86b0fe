/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules stand next to each other: parts are ranked by how many rules have them, and rules
 * sorted as words are in a dictionary, with their parts from the most frequent to the rarest as
 * letters. So those that share a frequent part are together, and among them those that share the
 * next one.
 */
#include "rules/slot.h"

#include <stdlib.h>

#include "base/mem.h"

/* ---- folding ---- */

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

typedef VEC(struct slot_source) source_list;

/* Those of the rules that can match, folded. */
static source_list fold_all(
	struct dag *d, const struct slot_source *rules, size_t n, uint16_t type, uint16_t code)
{
	/* Where the name of the event is only in the event, its type decides nothing. */
	bool decides = type != EV_ASYNCEVENT_E && (type != EV_SYSCALL_X || code != SC_UNKNOWN);
	struct type_probe probe = {.code = code};
	struct dag_fold fold = {.known = known_by_type, .arg = &probe};
	source_list left = {0};
	struct arena scratch;

	arena_init(&scratch, 0);
	probe.ev = (struct event){.type = type, .info = &event_table[type], .decoded = true};
	if (type == EV_SYSCALL_X) {
		probe.ev.params[0] = (struct param){(uint8_t *)&probe.code, sizeof(probe.code)};
		probe.ev.nparams = 1;
	}
	probe.ctx = (struct event_ctx){.ev = &probe.ev, .fd_num = -1, .arena = &scratch};
	for (size_t i = 0; i < n; i++) {
		struct dag_node *root = rules[i].root;

		if (decides)
			root = dag_fold(d, &fold, root);
		if (root != d->no)
			vec_push(&left, ((struct slot_source){rules[i].rule, root}));
	}
	vec_done(&fold.memo);
	arena_done(&scratch);
	return left;
}

/* ---- parts ---- */

static uint32_t count_parts(const struct dag_node *root)
{
	if (root->kind == DAG_TRUE)
		return 0;
	return root->kind == DAG_AND ? root->nkids : 1;
}

static void take_apart(struct arena *a, const struct slot_source *source, struct slot_rule *ret)
{
	struct dag_node *root = source->root;

	ret->rule = source->rule;
	ret->nparts = count_parts(root);
	ret->parts = arena_zalloc(a, ret->nparts * sizeof(*ret->parts));
	for (uint32_t i = 0; i < ret->nparts; i++)
		ret->parts[i].node = root->kind == DAG_AND ? root->kids[i] : root;
}

/* ---- order ---- */

/* A rule and its parts, the most frequent first. */
struct order_key {
	const struct slot_source *source;
	uint32_t *parts; /* ids of nodes */
	uint32_t n;
};

/* A comparison for qsort_r(): rules by node id is how many rules have it. */
static int by_frequency(const void *pa, const void *pb, void *rules)
{
	const uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb, *n = rules;

	if (n[a] != n[b])
		return n[a] > n[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int by_parts(const void *pa, const void *pb, void *rules)
{
	const struct order_key *a = pa, *b = pb;

	for (uint32_t i = 0; i < a->n && i < b->n; i++) {
		int order = by_frequency(&a->parts[i], &b->parts[i], rules);

		if (order)
			return order;
	}
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->source < b->source ? -1 : a->source > b->source;
}

static struct order_key order_key(struct arena *scratch, const struct slot_source *source)
{
	struct order_key key = {.source = source, .n = count_parts(source->root)};

	key.parts = arena_alloc(scratch, key.n * sizeof(*key.parts));
	for (uint32_t i = 0; i < key.n; i++)
		key.parts[i] = source->root->kind == DAG_AND ? source->root->kids[i]->id
							     : source->root->id;
	return key;
}

static void sort_rules(const struct dag *d, source_list *rules)
{
	struct order_key *keys;
	struct slot_source *sorted;
	struct arena scratch;
	uint32_t *frequency;

	arena_init(&scratch, 0);
	frequency = arena_zalloc(&scratch, d->nodes.n * sizeof(*frequency));
	keys = arena_alloc(&scratch, rules->n * sizeof(*keys));
	sorted = arena_alloc(&scratch, rules->n * sizeof(*sorted));
	for (size_t i = 0; i < rules->n; i++) {
		keys[i] = order_key(&scratch, &rules->v[i]);
		for (uint32_t k = 0; k < keys[i].n; k++)
			frequency[keys[i].parts[k]]++;
	}
	for (size_t i = 0; i < rules->n; i++)
		qsort_r(keys[i].parts, keys[i].n, sizeof(*keys[i].parts), by_frequency, frequency);
	qsort_r(keys, rules->n, sizeof(*keys), by_parts, frequency);
	for (size_t i = 0; i < rules->n; i++)
		sorted[i] = *keys[i].source;
	memcpy(rules->v, sorted, rules->n * sizeof(*sorted));
	arena_done(&scratch);
}

/* ---- the slot ---- */

/* Notes with the parts of a word's rules which of them have the same one. */
static void join_parts(struct slot_rule *rules, uint32_t n)
{
	struct imap of_node = {0};

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < rules[i].nparts; k++) {
			uintptr_t node = (uintptr_t)rules[i].parts[k].node;
			uintptr_t others = (uintptr_t)imap_get(&of_node, node);

			imap_put(&of_node, node, (void *)(others | (uintptr_t)1 << i));
		}
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < rules[i].nparts; k++)
			rules[i].parts[k].rules =
				(uintptr_t)imap_get(&of_node, (uintptr_t)rules[i].parts[k].node);
	imap_done(&of_node);
}

static struct slot_set *all_rules(struct arena *a, const struct slot *slot)
{
	struct slot_set *set = slot_set_new(a, slot->nwords);

	for (uint32_t w = 0; w < slot->nwords; w++)
		set->words[w] = (struct slot_word){
			w, UINT64_MAX >> -MIN(slot->nrules - w * WORD_BITS, WORD_BITS) % WORD_BITS};
	return set;
}

static bool leaves_process(uint16_t type)
{
	uint32_t category = event_table[type].category & EC_CLASS_MASK;

	if (type == EV_ASYNCEVENT_E || type == EV_CONTAINER_E)
		return false;
	return !(event_table[type].flags & EF_MODIFIES_STATE) ||
	       (category != EC_PROCESS && category != EC_USER);
}

struct slot *slot_make(struct arena *a, struct dag *d, const struct slot_source *rules, size_t n,
	uint16_t type, uint16_t code)
{
	source_list left = fold_all(d, rules, n, type, code);
	struct slot *slot = arena_zalloc(a, sizeof(*slot));

	if (left.n)
		sort_rules(d, &left);
	slot->nrules = (uint32_t)left.n;
	slot->nwords = (slot->nrules + WORD_BITS - 1) / WORD_BITS;
	slot->rules = arena_alloc(a, left.n * sizeof(*slot->rules));
	for (uint32_t i = 0; i < slot->nrules; i++) {
		take_apart(a, &left.v[i], &slot->rules[i]);
		slot->needs |= left.v[i].root->needs;
	}
	vec_done(&left);
	for (uint32_t i = 0; i < slot->nrules; i += WORD_BITS)
		join_parts(&slot->rules[i], MIN(slot->nrules - i, WORD_BITS));
	slot->keep = leaves_process(type);
	slot->opens = event_opens(type);
	slot->all = all_rules(a, slot);
	slot->kinds = arena_zalloc(a, event_kinds(slot->opens) * sizeof(struct slot_set *));
	return slot;
}

struct slot_set *slot_set_new(struct arena *a, uint32_t nwords)
{
	struct slot_set *set = arena_zalloc(a, sizeof(*set) + nwords * sizeof(*set->words));

	set->nwords = nwords;
	return set;
}
