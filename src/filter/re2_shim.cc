/* SPDX-License-Identifier: Apache-2.0 */
/* RE2 rather than regexec(3): rules are written for its dialect, and it cannot be made to hang. */
#include "filter/re2_shim.h"

#include <cstdio>
#include <re2/re2.h>

struct regex {
	re2::RE2 re;

	regex(const re2::StringPiece &pattern, const re2::RE2::Options &options)
	    : re(pattern, options)
	{
	}
};

struct regex *regex_new(const char *pattern, size_t n, char *err, size_t err_size)
{
	re2::RE2::Options options(re2::RE2::POSIX);
	struct regex *r;

	options.set_log_errors(false);
	r = new regex(re2::StringPiece(pattern, n), options);
	if (r->re.ok())
		return r;
	std::snprintf(err, err_size, "%s", r->re.error().c_str());
	delete r;
	return nullptr;
}

void regex_free(struct regex *re)
{
	delete re;
}

bool regex_match(const struct regex *re, const char *text, size_t n)
{
	return re->re.Match(re2::StringPiece(text, n), 0, n, re2::RE2::ANCHOR_BOTH, nullptr, 0);
}
