/* SPDX-License-Identifier: Apache-2.0 */
/*
 * getopt(list, optstring): short options by the rules of POSIX.  The first argument that is no
 * option ends them, and so does "--"; long options are passed over.
 */
#include "filter/transform.h"

struct scan {
	const struct getopt_spec *spec;
	int selector;
	const struct value *args;
	size_t n, at; /* at: the argument being read */
	struct value *found;
	uint32_t nfound;
	bool selected;
};

void getopt_spec_init(struct getopt_spec *spec, struct str optstring)
{
	*spec = (struct getopt_spec){0};
	for (size_t i = 0; i < optstring.n; i++) {
		unsigned char c = (unsigned char)optstring.p[i];

		if (c == ':')
			continue;
		spec->known[c] = true;
		spec->takes_arg[c] = i + 1 < optstring.n && optstring.p[i + 1] == ':';
	}
}

static void add(struct scan *s, struct str text)
{
	struct value *v = &s->found[s->nfound++];

	*v = (struct value){0};
	value_str(v, text);
}

/* arg.p NULL: there is none. */
static void found(struct scan *s, struct str letter, struct str arg)
{
	if (s->selector < 0) {
		add(s, letter);
		if (arg.p)
			add(s, arg);
	} else if (s->selector == (unsigned char)letter.p[0]) {
		s->nfound = 0;
		add(s, arg.p ? arg : letter);
		s->selected = true;
	}
}

/* An option's argument: the rest of the word, or the next one. */
static void found_with_arg(struct scan *s, struct str letter, struct str rest)
{
	bool wanted = s->selector < 0 || s->selector == (unsigned char)letter.p[0];

	if (rest.n) {
		found(s, letter, rest);
	} else if (s->at + 1 < s->n) {
		found(s, letter, s->args[++s->at].s);
	} else if (wanted) {
		if (s->selector >= 0)
			s->nfound = 0;
		add(s, STR(""));
		s->selected = true;
	}
}

/* A word of options, "-" taken off. */
static void scan_word(struct scan *s, struct str word)
{
	struct str letter;
	unsigned char c;

	while (word.n) {
		letter = str_head(word, 1);
		word = str_from(word, 1);
		c = (unsigned char)letter.p[0];
		if (!s->spec->known[c]) {
			if (s->selector < 0)
				add(s, STR("?"));
		} else if (s->spec->takes_arg[c]) {
			found_with_arg(s, letter, word);
			return;
		} else {
			found(s, letter, STR_NONE);
		}
	}
}

/* Room for one result per byte, and one more per word. */
static size_t most_results(const struct value *args, size_t n)
{
	size_t most = 1;

	for (size_t i = 0; i < n; i++)
		most += args[i].s.n + 1;
	return most;
}

bool getopt_extract(const struct getopt_spec *spec, int selector, struct arena *a,
	const struct value *args, size_t n, struct value *ret)
{
	struct scan s = {.spec = spec, .selector = selector, .args = args, .n = n};
	struct str word;

	s.found = arena_alloc(a, (selector < 0 ? most_results(args, n) : 1) * sizeof(*s.found));
	for (; s.at < n; s.at++) {
		word = args[s.at].s;
		if (str_is(word, "--") || word.n < 2 || word.p[0] != '-')
			break;
		if (word.p[1] != '-')
			scan_word(&s, str_from(word, 1));
	}
	if (selector >= 0) {
		if (s.selected)
			*ret = s.found[0];
		return s.selected;
	}
	*ret = (struct value){.type = PT_CHARBUF, .list = true, .n = s.nfound, .v = s.found};
	return true;
}
