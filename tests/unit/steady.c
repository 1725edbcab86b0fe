/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine in its usual state costs no allocation: the second half of a capture that is like its
 * first half is read, applied and matched without one, although processes, descriptors and names
 * in it are new.  Counted are all calls of the C library's allocator, the library's own included,
 * and mmap().
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/crowd.h"
#include "base/file.h"
#include "base/mem.h"
#include "capture/scap_format.h"
#include "capture/scap_read.h"
#include "output/alert.h"
#include "rules/engine.h"

#define PROCESSES 200000u
#define USUAL 180000u		   /* from this one on the machine is in its usual state */
#define WATCHED_FILE "/srv/data/7" /* one process in a thousand opens it */

#if defined(__SANITIZE_ADDRESS__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

static size_t allocations;

#if COUNTED
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

void *mmap(void *p, size_t n, int protection, int flags, int fd, off_t offset)
{
	allocations++;
	return (void *)syscall(SYS_mmap, p, n, protection, flags, fd, offset);
}
#endif

/* ---- a capture that is made while it is read ---- */

struct stream {
	struct crowd crowd;
	bool begun;
};

static size_t put_block(uint8_t *out, uint32_t type, const void *body, size_t n, size_t gap)
{
	uint32_t head[2] = {type, (uint32_t)(BLOCK_OVERHEAD + gap + n)};

	memcpy(out, head, sizeof(head));
	memset(out + BLOCK_HEADER, 0, gap);
	memcpy(out + BLOCK_HEADER + gap, body, n);
	memcpy(out + BLOCK_HEADER + gap + n, &head[1], BLOCK_TRAILER);
	return head[1];
}

static ssize_t stream_read(void *arg, void *buf, size_t room)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		int64_t length;
	} section = {SHB_MAGIC, SCAP_MAJOR, SCAP_MINOR, -1};
	struct stream *s = arg;
	struct event ev = {0};

	if (!s->begun) {
		s->begun = true;
		return (ssize_t)put_block(buf, BLOCK_SHB, &section, sizeof(section), 0);
	}
	if (s->crowd.process >= PROCESSES || room < sizeof(s->crowd.rec))
		return 0;
	crowd_event(&s->crowd, &ev);
	return (ssize_t)put_block(buf, BLOCK_EV_V2, ev.rec, ev.len, 2);
}

/* ---- the way of events ---- */

struct run {
	struct state *state;
	struct engine *engine;
	struct source *source;
	struct arena arena;
	struct event_ctx ctx;
	uint8_t needs[EV_MAX];
	struct alert_box box;
	struct outputs_config config;
	size_t alerts, alert_allocations; /* of those alerts that were not the first */
};

static bool take(void *arg, const struct event_header *h)
{
	return state_absorb(arg, h);
}

static void alert(struct run *r, const struct rule *rule)
{
	size_t before = allocations;

	alert_render_rule(&r->box, &r->config, rule, &r->ctx);
	if (r->alerts++)
		r->alert_allocations += allocations - before;
	allocations = before;
}

static bool step(struct run *r)
{
	const struct rule *const *matched;
	struct event ev;
	size_t n;

	if (source_next(r->source, &ev) != SOURCE_EVENT)
		return false;
	arena_reset(&r->arena);
	state_apply(r->state, &ev, &r->ctx);
	n = engine_match(r->engine, &r->ctx, &matched);
	for (size_t i = 0; i < n; i++)
		alert(r, matched[i]);
	return true;
}

static struct ruleset *load(struct str text)
{
	struct rules_config config = {.min_priority = PRIORITY_DEBUG, .json = true};
	struct rules_loader *l = rules_loader_new(&config);
	struct ruleset *set;

	rules_loader_add(l, "rules", text);
	set = rules_loader_compile(l);
	rules_loader_free(l);
	return set;
}

/* Allocations in the second half; everything about alerts is in *r. */
static size_t replay(struct run *r, const struct ruleset *rules)
{
	const struct state_config config = {0};
	struct stream stream = {0};
	struct scap_feed feed = {&stream, stream_read};
	struct machine_sink sink;
	char error[512];

	r->config = (struct outputs_config){.json = true,
		.json_output_property = true,
		.json_fields_property = true,
		.hostname = "h"};
	r->state = state_new(&config);
	sink = state_sink(r->state);
	r->engine = engine_new(rules, "syscall", false);
	arena_init(&r->arena, 64 * 1024);
	r->ctx.arena = &r->arena;
	state_on_thread_gone(r->state, engine_forget_thread);
	r->source = scap_open_feed(&feed, "crowd", &sink, error);
	assert_non_null(r->source);
	for (uint16_t type = 0; type < EV_MAX; type++)
		r->needs[type] =
			(uint8_t)(engine_wants(r->engine, type) ? NEED_ALL
								: state_needs(r->state, type));
	r->source->needs = r->needs;
	r->source->wake_ts = UINT64_MAX;
	r->source->take = take;
	r->source->take_arg = r->state;
	while (stream.crowd.process < USUAL)
		assert_true(step(r));
	allocations = 0;
	while (step(r))
		;
	return allocations;
}

static void done(struct run *r)
{
	alert_box_done(&r->box);
	source_close(r->source);
	state_free(r->state);
	engine_free(r->engine);
	arena_done(&r->arena);
}

static void test_no_alert(void **unused)
{
	struct ruleset *rules;
	struct run r = {0};
	struct arena arena;
	struct str text;
	size_t n;

	if (!COUNTED)
		skip();
	arena_init(&arena, 0);
	assert_int_equal(
		file_read(&arena, SOURCE_ROOT "/rules/falco_rules.yaml", 1 << 20, &text), 0);
	rules = load(text);
	assert_true(rules->nrules > 20);
	n = replay(&r, rules);
	assert_int_equal(r.alerts, 0);
	assert_int_equal(n, 0);
	done(&r);
	ruleset_free(rules);
	arena_done(&arena);
}

static void test_alert(void **unused)
{
	const char *text = "- rule: seven\n"
			   "  desc: none\n"
			   "  condition: evt.type = openat and fd.name = " WATCHED_FILE "\n"
			   "  output: \"%proc.name %fd.name %proc.cmdline %user.name\"\n"
			   "  priority: INFO\n";
	struct ruleset *rules;
	struct run r = {0};

	if (!COUNTED)
		skip();
	rules = load(str_c(text));
	assert_int_equal(replay(&r, rules), 0);
	assert_int_equal(r.alerts, PROCESSES / 1000);
	assert_int_equal(r.alert_allocations, 0);
	done(&r);
	ruleset_free(rules);
}

/* Otherwise the others say nothing. */
static void test_count(void **unused)
{
	size_t before = allocations;
	char *volatile p = mem_alloc(10);

	p = mem_realloc(p, 100000);
	free(p);
	assert_int_equal(allocations - before, COUNTED * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_no_alert),
		cmocka_unit_test(test_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
