/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: what is wrong with input (rules, configuration, captures, options), where, and what
 * to do about it.  Input errors never stop the reader: it adds a diagnostic and goes on.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag_pos {
	const char *file;   /* or the name of the content; never NULL in a frame */
	unsigned line, col; /* from 1; 0: unknown */
	size_t offset;	    /* bytes from the start of the file */
};

/* One step of the way down to the culprit: "rule 'X'", then "condition expression". */
struct diag_frame {
	const char *item_type;
	const char *item_name; /* "" where it has none */
	struct diag_pos pos;
};

struct diag {
	enum diag_level level;
	const char *code;	   /* LOAD_ERR_... as in tables/diags.def */
	struct diag_frame *frames; /* outermost first */
	size_t nframes;
	struct str snippet; /* offending text with a caret line below, or empty */
	struct str message;
	struct str remedy;  /* what to do, or empty */
	struct str subject; /* the field or key that it is about, or empty */
};

struct diags {
	struct arena arena; /* owns all texts */
	VEC(struct diag) list;
	size_t nerrors, nwarnings;
};

void diags_init(struct diags *d);
void diags_done(struct diags *d);
/* Adds one; frames, snippet and texts are copied. Returns it, valid until the next is added. */
struct diag *diags_add(struct diags *d, enum diag_level level, const char *code,
	const struct diag_frame *frames, size_t nframes, struct str message);
void diag_set_remedy(struct diags *d, struct diag *g, struct str remedy);
void diag_set_subject(struct diags *d, struct diag *g, struct str subject);
/* Cuts the line(s) around offset out of content, at most 160 columns, and adds the caret line. */
void diag_set_snippet(struct diags *d, struct diag *g, struct str content, size_t offset);
/* "FILE:LINE:COL: MESSAGE", then the snippet and the remedy on lines of their own; no newline. */
void diag_print(struct buf *b, const struct diag *g);
#endif
