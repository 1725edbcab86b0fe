/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions as one shared graph: equal subexpressions of all rules are one node, equal checks one
 * atom.  Nodes are immutable; folding gives other nodes of the same graph.
 */
#ifndef RULES_DAG_H
#define RULES_DAG_H
#include "base/map.h"
#include "base/vec.h"
#include "filter/ast.h"
#include "filter/atom.h"

enum dag_kind { DAG_FALSE, DAG_TRUE, DAG_ATOM, DAG_NOT, DAG_AND, DAG_OR };

/* Which facts a node needs: one bit per enum field_scope of its atoms. */
#define DAG_NEEDS(scope) (1u << (scope))

#define DAG_MEMOS 4

struct dag_atom {
	struct atom *atom;
	const struct node *check; /* one of those that it stands for */
	uint32_t id;		  /* position in dag.atoms */
	uint32_t proc;		  /* number among the SCOPE_PROC atoms, meaningless for others */
	uint8_t scope;		  /* enum field_scope */
	uint8_t cost;		  /* rough, to try the cheap ones first */
	bool value;		  /* result for the event with this stamp */
	uint32_t stamp;
};

struct dag_node {
	enum dag_kind kind;
	uint8_t needs; /* DAG_NEEDS() of all atoms below */
	uint16_t cost;
	uint32_t id;
	uint32_t nkids;
	struct dag_atom *atom;	 /* DAG_ATOM */
	struct dag_node **kids;	 /* NOT: 1; AND, OR: 2 or more, cheapest first */
	bool has_parent, shared; /* shared: by several parents, so its answers are worth keeping */
	struct dag_memo {
		uint32_t stamp; /* of the event that the answer is for */
		uint8_t answer;
	} memo[DAG_MEMOS]; /* the engine's */
};

struct dag {
	struct arena *arena;
	struct imap atom_of; /* struct atom -> its struct dag_node */
	struct imap node_of; /* hash of content -> struct dag_bucket */
	VEC(struct dag_atom *) atoms;
	VEC(struct dag_node *) nodes;
	uint32_t nproc; /* SCOPE_PROC atoms */
	struct dag_node *no, *yes;
};

/* Nodes and atoms live in arena, which outlives the graph. */
void dag_init(struct dag *d, struct arena *arena);
void dag_done(struct dag *d);

struct dag_node *dag_not(struct dag *d, struct dag_node *n);
/* Of any number of kids; the array is the caller's. Flattened, sorted, constants removed. */
struct dag_node *dag_and(struct dag *d, struct dag_node *const *kids, size_t n);
struct dag_node *dag_or(struct dag *d, struct dag_node *const *kids, size_t n);
/*
 * The node of a condition as a ruleset has them: no identifiers left, checks compiled. The atoms
 * stay the ruleset's, which outlives the graph.
 */
struct dag_node *dag_condition(struct dag *d, const struct node *ast);
/*
 * What is left of n when known() tells the value of some atoms: 0 false, 1 true, -1 unknown.
 * memo: dag->nodes.n pointers at the time of the call, all NULL at first; shared between calls
 * with the same known().
 */
struct dag_fold {
	int (*known)(void *arg, struct dag_atom *a);
	void *arg;
	VEC(struct dag_node *) memo; /* by node id */
};
struct dag_node *dag_fold(struct dag *d, struct dag_fold *f, struct dag_node *n);
#endif
