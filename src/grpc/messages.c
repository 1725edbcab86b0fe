/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From alerts to protobuf.  Output fields are taken from the JSON members that alerts carry: they
 * are of our own making, so the reader below expects no other JSON, but stays within its bounds.
 *
 * Clients refuse a whole message for one text that is no UTF-8, so all of them are looked at.
 */
#include "grpc/messages.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "grpc/outputs.pb-c.h"
#include "grpc/version.pb-c.h"

#define SECOND UINT64_C(1000000000)
#define REPLACEMENT 0xfffdu

typedef Falco__Outputs__Response__OutputFieldsEntry field_entry;

/* ---- texts ---- */

/* NUL-terminated, well-formed, in a. */
static char *text_of(struct arena *a, struct str s)
{
	struct buf out = {.arena = a};

	s = str_head(s, MESSAGE_MAX_TEXT);
	buf_reserve(&out, s.n + 1);
	while (s.n) {
		size_t n = *s.p ? utf8_valid(s) : 0;

		if (n)
			buf_put(&out, s.p, n);
		else
			buf_puts(&out, "\xef\xbf\xbd");
		s = str_from(s, n ? n : *s.p ? utf8_bad(s) : 1);
	}
	return (char *)buf_cstr(&out);
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_char(out, (char)(0xe0 | c >> 12));
		} else {
			buf_char(out, (char)(0xf0 | c >> 18));
			buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(out, (char)(0x80 | (c & 0x3f)));
}

/* ---- JSON ---- */

/* The four digits of \uXXXX behind *at, which moves behind them. */
static uint32_t read_unit(struct str s, size_t *at)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4 && *at < s.n; i++) {
		char c = s.p[(*at)++];

		v = v * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return v;
}

static void read_unicode(struct str s, size_t *at, struct buf *out)
{
	uint32_t c = read_unit(s, at), low;

	if (c >= 0xd800 && c < 0xdc00 && str_starts(str_from(s, *at), STR("\\u"))) {
		*at += 2;
		low = read_unit(s, at);
		c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
						  : REPLACEMENT;
	}
	if (!c || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		c = REPLACEMENT;
	put_utf8(out, c);
}

/* The string whose opening quote is before *at, which moves behind the closing one. */
static struct str read_string(struct arena *a, struct str s, size_t *at)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	struct buf out = {.arena = a};

	while (*at < s.n && s.p[*at] != '"') {
		char c = s.p[(*at)++];
		const char *letter;

		if (c != '\\' || *at == s.n) {
			buf_char(&out, c);
			continue;
		}
		c = s.p[(*at)++];
		letter = c ? strchr(letters, c) : NULL;
		if (c == 'u')
			read_unicode(s, at, &out);
		else
			buf_char(&out, letter ? meant[letter - letters] : c);
	}
	*at += *at < s.n;
	return buf_view(&out);
}

/* A value that is no string, as it is written; *at moves to the comma behind it. */
static struct str read_other(struct str s, size_t *at)
{
	size_t start = *at;
	unsigned depth = 0;
	bool quoted = false;

	for (; *at < s.n; (*at)++) {
		char c = s.p[*at];

		if (quoted && c == '\\' && *at + 1 < s.n)
			(*at)++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == '{'))
			depth++;
		else if (!quoted && depth && (c == ']' || c == '}'))
			depth--;
		else if (!quoted && !depth && c == ',')
			break;
	}
	return str_n(s.p + start, *at - start);
}

/* One member, *at in front of it. False: there is none. */
static bool read_member(
	struct arena *a, struct str s, size_t *at, struct str *ret_key, struct str *ret_value)
{
	if (*at >= s.n || s.p[*at] != '"')
		return false;
	(*at)++;
	*ret_key = read_string(a, s, at);
	if (*at >= s.n || s.p[*at] != ':')
		return false;
	(*at)++;
	if (*at < s.n && s.p[*at] == '"') {
		(*at)++;
		*ret_value = read_string(a, s, at);
	} else {
		*ret_value = read_other(s, at);
	}
	*at += *at < s.n;
	return true;
}

static void set_fields(Falco__Outputs__Response *m, struct arena *a, struct str fields)
{
	VEC(field_entry *) entries = {0};
	struct str key, value;
	size_t at = 0;

	while (entries.n < MESSAGE_MAX_LIST && read_member(a, fields, &at, &key, &value)) {
		field_entry *e = arena_zalloc(a, sizeof(*e));

		falco__outputs__response__output_fields_entry__init(e);
		e->key = text_of(a, key);
		e->value = text_of(a, value);
		vec_push(&entries, e);
	}
	m->n_output_fields = entries.n;
	m->output_fields = arena_zalloc(a, (entries.n + 1) * sizeof(field_entry *));
	if (entries.n)
		memcpy(m->output_fields, entries.v, entries.n * sizeof(field_entry *));
	vec_done(&entries);
}

/* ---- messages ---- */

static void put_message(const ProtobufCMessage *m, struct buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(m);

	buf_reserve(out, n);
	out->n += protobuf_c_message_pack(m, (uint8_t *)out->p + out->n);
}

/* Sources that are not in the enumeration come from plugins. */
static Falco__Schema__Source source_number(const char *name)
{
	static const char *const names[] = {[FALCO__SCHEMA__SOURCE__SYSCALL] = "syscall",
		[FALCO__SCHEMA__SOURCE__K8S_AUDIT] = "k8s_audit",
		[FALCO__SCHEMA__SOURCE__INTERNAL] = "internal"};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (Falco__Schema__Source)i;
	return FALCO__SCHEMA__SOURCE__PLUGIN;
}

static void set_tags(Falco__Outputs__Response *m, struct arena *a, const struct alert *alert)
{
	m->n_tags = MIN(alert->ntags, (size_t)MESSAGE_MAX_LIST);
	m->tags = arena_zalloc(a, (m->n_tags + 1) * sizeof(char *));
	for (size_t i = 0; i < m->n_tags; i++)
		m->tags[i] = text_of(a, str_c(alert->tags[i]));
}

void message_alert(const struct alert *a, const char *hostname, struct buf *out)
{
	Falco__Outputs__Timestamp time = FALCO__OUTPUTS__TIMESTAMP__INIT;
	Falco__Outputs__Response m = FALCO__OUTPUTS__RESPONSE__INIT;
	struct arena arena;

	arena_init(&arena, 0);
	time.seconds = (int64_t)(a->ts / SECOND);
	time.nanos = (int32_t)(a->ts % SECOND);
	m.time = &time;
	m.priority = (Falco__Schema__Priority)a->priority;
	m.source_deprecated = source_number(a->source);
	m.rule = text_of(&arena, str_c(a->rule));
	m.output = text_of(&arena, a->text);
	m.hostname = text_of(&arena, str_c(hostname));
	m.source = text_of(&arena, str_c(a->source));
	set_fields(&m, &arena, a->fields);
	set_tags(&m, &arena, a);
	put_message(&m.base, out);
	arena_done(&arena);
}

void message_version(const struct message_version *v, struct buf *out)
{
	Falco__Version__Response m = FALCO__VERSION__RESPONSE__INIT;

	m.version = (char *)v->version;
	m.major = v->major;
	m.minor = v->minor;
	m.patch = v->patch;
	m.prerelease = (char *)v->prerelease;
	m.build = (char *)v->build;
	m.engine_major = v->engine_major;
	m.engine_minor = v->engine_minor;
	m.engine_patch = v->engine_patch;
	m.engine_version = (char *)v->engine_version;
	put_message(&m.base, out);
}

bool message_is_request(struct str bytes)
{
	Falco__Outputs__Request *m =
		falco__outputs__request__unpack(NULL, bytes.n, (const uint8_t *)bytes.p);

	if (!m)
		return false;
	falco__outputs__request__free_unpacked(m, NULL);
	return true;
}
