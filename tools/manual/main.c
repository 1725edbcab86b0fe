/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills in a template of man/ or completions/. usage: manual TEMPLATE >PAGE
 *
 * Lines of the template are copied; @NAME@ alone on a line is replaced by what the tables have.
 * A name that nothing stands for is a mistake in the template, and ends the build.
 */
#include <stdio.h>

#include "base/file.h"
#include "tools/manual/manual.h"

static manual_fn find(struct str name)
{
	manual_fn fn = manual_page_part(name);

	fn = fn ? fn : manual_table_part(name);
	return fn ? fn : manual_completion(name);
}

static bool put_line(struct buf *out, struct str line)
{
	manual_fn fn;

	if (line.n < 3 || line.p[0] != '@' || line.p[line.n - 1] != '@') {
		buf_printf(out, "%.*s\n", STR_ARG(line));
		return true;
	}
	fn = find(str_n(line.p + 1, line.n - 2));
	if (fn)
		fn(out);
	else
		fprintf(stderr, "manual: nothing stands for %.*s\n", STR_ARG(line));
	return fn;
}

int main(int argc, char **argv)
{
	struct buf out = {0};
	struct str text, line;
	struct arena arena;
	bool ok = true;

	arena_init(&arena, 0);
	if (argc != 2 || file_read(&arena, argv[1], 1 << 20, &text)) {
		fprintf(stderr, "usage: manual TEMPLATE >PAGE\n");
		return 2;
	}
	while (text.n && str_split(&text, '\n', &line))
		ok &= put_line(&out, line);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	arena_done(&arena);
	return fflush(stdout) || !ok;
}
