/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text to trees of nodes that know where they stand. Bounded in size, depth and expansion. */
#ifndef RULES_YAML_H
#define RULES_YAML_H
#include "base/arena.h"

enum ynode_kind { YN_NULL, YN_SCALAR, YN_SEQUENCE, YN_MAPPING };

/* Line and column from 1, in characters; offset in bytes. */
struct ypos {
	unsigned line, col;
	size_t offset;
};

struct ynode {
	enum ynode_kind kind;
	struct ypos pos;
	struct str text;     /* SCALAR, and what stood there for a NULL; NUL-terminated */
	bool quoted;	     /* SCALAR: not plain, so never a number, boolean or null */
	struct ynode **kids; /* SEQUENCE: elements; MAPPING: key, value, key, value... */
	size_t nkids;
	size_t weight; /* nodes in the tree, aliases counted as often as they are used */
};

struct yaml_error {
	struct ypos pos;
	char message[256]; /* as yaml-cpp words it, where it has a wording */
};

#define YAML_MAX_SIZE (64u << 20) /* bytes of text */
#define YAML_MAX_DEPTH 100
#define YAML_MAX_WEIGHT (1u << 22)

/*
 * All documents of text: *ret_docs is an array of *ret_n trees, nodes in a, what scalars say in
 * texts (both may be the same). An alias is the anchored
 * node itself, so it has the anchor's position. False with *err when the text is not YAML or
 * exceeds a limit.
 */
bool yaml_load(struct arena *a, struct arena *texts, struct str text, struct ynode ***ret_docs,
	size_t *ret_n, struct yaml_error *err);
/* The value of key, NULL when n is no mapping or has no such key. The first of equal keys counts.
 */
struct ynode *yaml_get(const struct ynode *n, const char *key);
/* A scalar as YAML reads it: true/false, yes/no, on/off, y/n. False (out untouched) if it is none.
 */
bool yaml_bool(const struct ynode *n, bool *ret);
/* Decimal, 0x and 0 prefixed numbers up to 2^32-1. */
bool yaml_u32(const struct ynode *n, uint32_t *ret);
#endif
