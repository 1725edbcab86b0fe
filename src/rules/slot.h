/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of a ruleset for events of one type (generic system calls: of one call), once
 * everything that the type decides is folded.
 *
 * A condition is a number of parts that must all be true. Rules stand in words of 64, those that
 * have much in common next to each other: where a part is false, it is known at once which other
 * rules of the word it rules out. So the order is not that of the ruleset.
 */
#ifndef RULES_SLOT_H
#define RULES_SLOT_H
#include "rules/dag.h"
#include "rules/ruleset.h"

#define WORD_BITS 64

struct slot_part {
	struct dag_node *node;
	uint64_t rules; /* of the same word that have it, this one included */
};

struct slot_rule {
	const struct rule *rule;
	uint32_t nparts;
	struct slot_part *parts; /* cheapest first; none: it matches all events */
};

/* Some rules of a slot. */
struct slot_set {
	uint32_t nwords;
	struct slot_word {
		uint32_t word;
		uint64_t rules; /* not 0 */
	} words[];
};

struct slot {
	struct slot_rule *rules;
	uint32_t nrules, nwords;
	uint32_t first_word; /* for the engine: number of words of the slots before */
	bool keep;	     /* the event leaves the process as it was */
	bool opens;	     /* event_opens() */
	unsigned needs;	     /* DAG_NEEDS() of all rules */
	struct slot_set *all;
	struct slot_set **kinds; /* for the engine: by event_kind(); NULL at first */
};

/* A rule as the ruleset has it. */
struct slot_source {
	const struct rule *rule;
	struct dag_node *root;
};

/* Lives in a. code: the system call of EV_SYSCALL_X. */
struct slot *slot_make(struct arena *a, struct dag *d, const struct slot_source *rules, size_t n,
	uint16_t type, uint16_t code);
/* In a, its words empty. */
struct slot_set *slot_set_new(struct arena *a, uint32_t nwords);
#endif
