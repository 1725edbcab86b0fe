/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made once by whoever loaded the configuration, never changed afterwards, freed by whoever lets
 * go of it last: so it is read by any thread without a lock.
 */
#include "web/generation.h"

#include <nettle/sha2.h>
#include <stdio.h>

#include "base/file.h"

#define MAX_FILE (64u << 20)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* priority, rule_name, source, tag_...: by name, a tag that reads like another one only once. */
static void put_rule_labels(struct buf *out, const struct rule *r)
{
	struct buf label = {0}, last = {0};
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)r->priority);
	put_label(out, STR("priority"), str_c(number));
	buf_char(out, ',');
	put_label(out, STR("rule_name"), str_c(r->name));
	buf_char(out, ',');
	put_label(out, STR("source"), str_c(r->source));
	for (size_t i = 0; i < r->ntags; i++) {
		struct buf key = {0};

		label.n = 0;
		buf_printf(&key, "tag_%s", r->tags[i]);
		put_label(&label, buf_view(&key), STR("true"));
		buf_done(&key);
		buf_char(&label, ',');
		if (str_find(buf_view(&last), buf_view(&label)) >= 0)
			continue;
		buf_str(&last, buf_view(&label));
		buf_char(out, ',');
		buf_put(out, label.p, label.n - 1);
	}
	buf_done(&label);
	buf_done(&last);
}

static void add_rule(struct generation *g, const struct rule *r)
{
	struct generation_rule *x = &g->rules[g->nrules++];
	struct buf key = {.arena = &g->arena}, labels = {.arena = &g->arena};

	put_name(&key, str_c(r->name), true);
	put_rule_labels(&labels, r);
	*x = (struct generation_rule){
		.index = r->index,
		.priority = r->priority,
		.name = arena_strdup(&g->arena, str_c(r->name)),
		.source = arena_strdup(&g->arena, str_c(r->source)),
		.key = buf_cstr(&key),
		.labels = buf_cstr(&labels),
	};
	g->max_index = MAX(g->max_index, (size_t)r->index + 1);
}

struct generation *generation_new(
	const struct ruleset *r, unsigned groups, struct field_options o, uint64_t loaded_ts)
{
	struct generation *g = mem_zalloc(sizeof(*g));

	atomic_init(&g->refs, 1);
	arena_init(&g->arena, 0);
	g->groups = groups | METRIC_ALWAYS;
	g->fields = o;
	g->loaded_ts = loaded_ts;
	g->rules = arena_alloc(&g->arena, r->nrules * sizeof(*g->rules));
	for (size_t i = 0; i < r->nrules; i++)
		if (r->rules[i]->enabled)
			add_rule(g, r->rules[i]);
	return g;
}

static void sha256_hex(struct str content, char ret[65])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx c;

	sha256_init(&c);
	sha256_update(&c, content.n, (const uint8_t *)content.p);
	sha256_digest(&c, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

void generation_add_file(struct generation *g, bool rules, const char *path)
{
	struct generation_file f;
	struct arena tmp;
	struct str content;

	arena_init(&tmp, 0);
	if (strcmp(path, "-") != 0 && file_read(&tmp, path, MAX_FILE, &content) == 0) {
		sha256_hex(content, f.sha256);
		f.name = arena_strdup(&g->arena, str_c(base_name(path)));
		if (rules)
			vec_push(&g->rules_files, f);
		else
			vec_push(&g->config_files, f);
	}
	arena_done(&tmp);
}

struct generation *generation_ref(struct generation *g)
{
	atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
	return g;
}

void generation_unref(struct generation *g)
{
	if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) > 1)
		return;
	vec_done(&g->rules_files);
	vec_done(&g->config_files);
	arena_done(&g->arena);
	free(g);
}
