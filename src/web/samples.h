/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of one moment, collected from whoever has them, and the texts made of them. */
#ifndef WEB_SAMPLES_H
#define WEB_SAMPLES_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "tables/metrics.h"

struct sample {
	enum metric id;
	bool real;	    /* the value is d, not u */
	const char *key;    /* what stands for "*", NULL none */
	const char *labels; /* as Prometheus writes them, NULL: those of the row */
	const char *text;   /* INFO: value of the field */
	union {
		uint64_t u;
		double d;
	};
};

struct samples {
	VEC(struct sample) list;
	struct arena arena; /* of their texts */
	unsigned groups;    /* enum metric_group: samples of others are not taken */
};

void samples_init(struct samples *s, unsigned groups);
void samples_done(struct samples *s);
/* Strings are copied; those that may be NULL are told with struct sample. */
void samples_put(struct samples *s, enum metric id, const char *key, uint64_t value);
void samples_put_real(struct samples *s, enum metric id, const char *key, double value);
void samples_put_info(
	struct samples *s, enum metric id, const char *key, const char *labels, const char *text);
/* For labels that do not come from the row. */
void samples_put_labelled(
	struct samples *s, enum metric id, const char *key, const char *labels, uint64_t value);
/* A sink that puts into s. */
struct metric_sink samples_sink(struct samples *s);
/* Adds those of from whose group is in groups. */
void samples_add_all(struct samples *s, const struct samples *from, unsigned groups);
/* The first sample of a row, or NULL. */
const struct sample *samples_find(const struct samples *s, enum metric id);

/* ---- names ---- */

/* Letters, digits, "_" and ":", runs of "_" made one; a "_" at the end goes when trim. */
void put_name(struct buf *out, struct str s, bool trim);
/* key="value" with what must be escaped; the key's bad characters become "_". */
void put_label(struct buf *out, struct str key, struct str value);

/* ---- texts ---- */

/*
 * Prometheus' text exposition format 0.0.4: HELP and TYPE once a family, samples of a family
 * together. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
void samples_prometheus(struct buf *out, const struct samples *s);

struct field_options {
	bool memory_mb;	  /* metrics.convert_memory_to_mb */
	bool with_zeroes; /* metrics.include_empty_values */
};

/* Pairs of key and JSON value, as internal alerts take them. */
struct field_pairs {
	VEC(const char *) list;
	struct arena arena;
};

void field_pairs_done(struct field_pairs *p);
/* Fills *ret with what output_fields have, sorted by key. */
void samples_fields(
	struct field_pairs *ret, const struct samples *s, const struct field_options *o);
#endif
