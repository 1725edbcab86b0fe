/* SPDX-License-Identifier: Apache-2.0 */
#include "web/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "base/utf8.h"

static void put_ascii(struct buf *out, char c)
{
	static const struct {
		char c;
		const char *text;
	} special[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if (special[i].c == c) {
			buf_puts(out, special[i].text);
			return;
		}
	buf_char(out, c >= ' ' && c != 127 ? c : ' ');
}

void html_text(struct buf *out, struct str s)
{
	while (s.n) {
		size_t n = utf8_valid(s);

		if (n == 1)
			put_ascii(out, *s.p);
		else if (n)
			buf_put(out, s.p, n);
		else
			buf_puts(out, "\xef\xbf\xbd");
		s = str_from(s, n ? n : utf8_bad(s));
	}
}

void html_count(struct buf *out, uint64_t n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_char(out, ',');
		buf_char(out, text[i]);
	}
}

void html_short(struct buf *out, double n)
{
	static const char *const units[] = {"", " k", " M", " G"};
	size_t i = 0;

	if (n < 10000) {
		if (n < 10 && n > 0)
			buf_printf(out, "%.1f", n);
		else
			html_count(out, (uint64_t)(n + .5));
		return;
	}
	for (; n >= 1000 && i + 1 < ARRAY_SIZE(units); i++)
		n /= 1000;
	buf_printf(out, "%.*f%s", n < 100 ? 1 : 0, n, units[i]);
}

void html_bytes(struct buf *out, uint64_t n)
{
	if (n < 1000000)
		buf_printf(out, "%.1f kB", (double)n / 1e3);
	else
		buf_printf(out, "%.1f MB", (double)n / 1e6);
}

void html_duration(struct buf *out, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && seconds < units[i].seconds)
		i++;
	buf_printf(out, "%" PRIu64 " %s", seconds / units[i].seconds, units[i].name);
	seconds %= units[i].seconds;
	if (i + 1 < ARRAY_SIZE(units) && seconds / units[i + 1].seconds)
		buf_printf(
			out, " %" PRIu64 " %s", seconds / units[i + 1].seconds, units[i + 1].name);
}

void html_time(struct buf *out, uint64_t ts)
{
	time_t seconds = (time_t)(ts / 1000000000);
	char text[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	buf_puts(out, text);
}

void html_sparkline(struct buf *out, const double *v, size_t n, bool alarm)
{
	struct buf points = {0};
	double top = 0;

	for (size_t i = 0; i < n; i++)
		top = MAX(top, v[i]);
	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++)
		buf_printf(&points, "%s%.1f,%.1f", i ? " " : "", (double)i * 300 / (double)(n - 1),
			top > 0 ? 38.5 - v[i] / top * 35 : 38.5);
	buf_printf(out,
		"<svg class=\"spark%s\" viewBox=\"0 0 300 40\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><path d=\"M0,40 L%s L300,40 Z\"/><polyline "
		"points=\"%s\"/></svg>",
		alarm ? " alarm" : "", buf_cstr(&points), buf_cstr(&points));
	buf_done(&points);
}
