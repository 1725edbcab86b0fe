/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration over any bytes: up to a line "%%" they are the main file, each line behind it
 * is an option -o. Two files to include, a.yaml and b.yaml, lie in the current folder.
 *
 * What is refused must have been complained about; what is taken must dump as YAML; every
 * complaint must be printable.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/config_internal.h"

#define MAX_OPTIONS 32

static unsigned long looked_at;

static void make_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0);
	assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static char dir[64];
static int home = -1; /* the folder that we were started in */

static void clean_up(void)
{
	if (chdir(dir))
		return;
	unlink("a.yaml");
	unlink("b.yaml");
	rmdir(dir);
}

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "%s/fuzz-config-XXXXXX", P_tmpdir);
	assert(mkdtemp(dir));
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(home >= 0 && chdir(dir) == 0);
	make_file("a.yaml", "rules: [{enable: {tag: a}}]\njson_output: true\n");
	make_file("b.yaml", "load_plugins: [container]\nwebserver: {listen_port: ${PORT}}\n");
	setenv("PORT", "80", 1);
	setenv("LOOP", "${LOOP}${LOOP}", 1);
	atexit(clean_up);
}

/* Files elsewhere are none of our business. */
static bool may_include_others(struct str s)
{
	if (str_find(s, STR("config_files")) < 0 && str_find(s, STR("\\")) < 0)
		return false;
	return str_find(s, STR("..")) >= 0 || str_chr(s, '/') >= 0 || str_chr(s, '\\') >= 0 ||
	       str_chr(s, '$') >= 0;
}

static void look(const struct diags *diags)
{
	struct buf text = {0};

	for (size_t i = 0; i < diags->list.n; i++)
		diag_print(&text, &diags->list.v[i]);
	for (size_t i = 0; i < text.n; i++)
		looked_at += (unsigned char)text.p[i];
	buf_done(&text);
}

/* Whether YAML allows every character of s; roughly, and never wrongly. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 127)
			return false;
	return true;
}

static void check_dump(const struct config *c)
{
	struct conf_source source = {.name = "dump"};
	struct yaml_error err;
	struct arena a;

	arena_init(&a, 0);
	assert(!is_plain(c->dump) || conf_parse(&a, &source, str_c(c->dump), &err));
	arena_done(&a);
}

static void run(struct str main_file, const char *const *options, size_t n)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct diags diags;
	struct config *c;
	char path[64];

	assert(fd >= 0);
	assert(write(fd, main_file.p, main_file.n) == (ssize_t)main_file.n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diags_init(&diags);
	c = config_load(path, options, n, &diags);
	assert((c == NULL) == (diags.nerrors > 0));
	look(&diags);
	if (c)
		check_dump(c);
	config_free(c);
	diags_done(&diags);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *options[MAX_OPTIONS];
	struct str rest = str_n(data, size), main_file, line;
	ptrdiff_t cut = str_find(rest, STR("%%\n"));
	struct arena a;
	size_t n = 0;

	if (!dir[0])
		set_up();
	if (may_include_others(rest))
		return 0;
	arena_init(&a, 0);
	main_file = cut < 0 ? rest : str_head(rest, (size_t)cut);
	rest = cut < 0 ? STR("") : str_from(rest, (size_t)cut + 3);
	while (n < MAX_OPTIONS && rest.n && str_split(&rest, '\n', &line))
		options[n++] = arena_strdup(&a, line);
	assert(chdir(dir) == 0);
	run(main_file, options, n);
	assert(fchdir(home) == 0);
	arena_done(&a);
	return 0;
}
