/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spools of any bytes: up to a line "%%" they are the last segment of one, behind it its cursor.
 * And, without the checksum in the way, the body of a record.
 *
 * What is opened must be readable to its end, must count what it can not read, take more, and be
 * the same when it is opened again.
 */
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/spool.h"

#define SEGMENT "00000000000000000001.seg"

static unsigned long looked_at;
static char dir[64];

static void empty_folder(void)
{
	char path[80];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/s", dir);
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

static void clean_up(void)
{
	empty_folder();
	rmdir(dir);
}

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "%s/fuzz-spool-XXXXXX", P_tmpdir);
	assert(mkdtemp(dir));
	atexit(clean_up);
}

static void make_file(const char *name, struct str content)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert(fd >= 0);
	assert(write(fd, content.p, content.n) == (ssize_t)content.n);
	close(fd);
}

static void look_str(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		looked_at += (unsigned char)s.p[i];
}

static void look(const struct spooled *got)
{
	const struct alert *a = &got->alert;

	look_str(a->text);
	look_str(a->fields);
	assert(a->text.p[a->text.n] == '\0');
	looked_at += strlen(a->rule) + strlen(a->source);
	for (size_t i = 0; i < a->ntags; i++)
		looked_at += strlen(a->tags[i]);
}

/* All that reader 0 has still to come, and how many. */
static uint64_t read_all(struct spool *s, uint64_t *ret_lost)
{
	const struct spooled *got;
	uint64_t n = 0, lost;

	*ret_lost = 0;
	while (spool_read(s, 0, &got, &lost) == 1) {
		look(got);
		assert(got->seq == spool_next(s, 0) - 1);
		*ret_lost += lost;
		n++;
	}
	*ret_lost += lost;
	assert(spool_next(s, 0) == spool_end(s));
	return n;
}

static struct spool *open_it(void)
{
	static const char *const names[] = {"one"};
	struct spool_config c = {.max_bytes = 1 << 20, .fsync = SPOOL_FSYNC_NEVER};
	struct spool *s = NULL;
	char path[80];

	snprintf(path, sizeof(path), "%s/s", dir);
	c.path = path;
	assert(spool_open(&c, names, 1, &s) == 0);
	return s;
}

static void add_one(struct spool *s)
{
	struct alert_box box = {.alert = {.rule = "r", .source = "s", .text = STR("text")}};
	uint64_t end = spool_end(s);

	assert(spool_append(s, &box) == 0);
	assert(spool_end(s) == end + 1);
}

static void try_folder(struct str segment, struct str cursor)
{
	uint64_t n, lost, begin, again;
	struct spool *s;

	make_file(SEGMENT, segment);
	make_file("one.cursor", cursor);
	s = open_it();
	begin = spool_next(s, 0);
	n = read_all(s, &lost);
	assert(n + lost == spool_end(s) - begin);
	add_one(s);
	assert(read_all(s, &lost) == 1 && !lost);
	spool_close(s);
	s = open_it();
	again = read_all(s, &lost);
	assert(again + lost == spool_end(s) - begin && again == n + 1);
	spool_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_n(data, size), segment;
	ptrdiff_t cut = str_find(all, STR("%%\n"));
	struct spooled got = {0};
	char path[80];

	if (!dir[0])
		set_up();
	if (spool_decode(all, &got))
		look(&got);
	vec_done(&got.tags);
	segment = cut < 0 ? all : str_head(all, (size_t)cut);
	snprintf(path, sizeof(path), "%s/s", dir);
	assert(mkdir(path, 0700) == 0);
	try_folder(segment, cut < 0 ? STR("") : str_from(all, (size_t)cut + 3));
	empty_folder();
	return 0;
}
