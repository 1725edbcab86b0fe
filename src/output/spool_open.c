/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a folder, as a crash may have left it, to a spool, and back.
 *
 * A number is never given out twice: when the end of the last segment is gone, the next record
 * comes behind the farthest cursor.  After the machine was restarted, though, numbers may be lost
 * that were in nobody's cursor but had been delivered; so ids have another prefix then.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "output/lanes.h"
#include "output/spool_internal.h"

/* A spool consists of about so many segments, within these limits of size. */
#define SEGMENTS 16
#define MIN_SEGMENT (64u << 10)
#define MAX_SEGMENT (16u << 20)
#define MAX_CURSOR_NAME 64
#define DEFAULT_FSYNC_MS 1000

static int open_folder(struct spool *s, const char *path)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return -errno;
	s->claim = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->claim < 0 || flock(s->claim, LOCK_EX | LOCK_NB))
		return -errno;
	return 0;
}

/* ---- the prefix of ids ---- */

static void make_uuid(char ret[37])
{
	uint8_t b[16] = {0};

	if (getrandom(b, sizeof(b), 0) < 0)
		*(uint64_t *)b = monotonic_ns() ^ (uint64_t)getpid() << 48;
	b[6] = (b[6] & 0x0f) | 0x40; /* RFC 4122, version 4 */
	b[8] = (b[8] & 0x3f) | 0x80;
	for (unsigned i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret[at++] = '-';
		snprintf(ret + at, 3, "%02x", b[i]);
		at += 2;
	}
}

/* The file holds the prefix, and which run of the machine it is for. */
static int load_id(struct spool *s)
{
	char text[160] = "", id[37] = "", boot[64] = "", now[64] = "none";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC), r = 0;

	if (fd >= 0) {
		ssize_t n = read(fd, now, sizeof(now) - 1);

		now[n > 0 ? strcspn(now, "\n") : 0] = '\0';
		close(fd);
	}
	fd = openat(s->dir, "id", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) < 0 || sscanf(text, "%36s %63s", id, boot) != 2 ||
		strlen(id) != 36 || strcmp(boot, now)) {
		make_uuid(id);
		snprintf(text, sizeof(text), "%s %s\n", id, now);
		if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
			r = -errno;
		else
			r = spool_write_all(fd, text, strlen(text));
	}
	close(fd);
	snprintf(s->id, sizeof(s->id), "%s", id);
	return r;
}

/* ---- segments ---- */

/* Whether name is that of a segment, and what it begins with says so, too. */
static bool is_segment(struct spool *s, const char *name, struct spool_segment *ret)
{
	struct spool_head h;
	char right[32];
	struct stat st;
	bool ok;
	int fd;

	if (!str_to_u64(str_head(str_c(name), 20), &ret->first))
		return false;
	spool_segment_name(ret->first, right);
	fd = strcmp(name, right) ? -1 : openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	ok = read(fd, &h, sizeof(h)) == sizeof(h) && fstat(fd, &st) == 0 &&
	     memcmp(h.magic, SPOOL_MAGIC, sizeof(h.magic)) == 0 && h.version == SPOOL_VERSION &&
	     h.first == ret->first && h.first && h.first < UINT64_C(1) << 47;
	close(fd);
	ret->bytes = ok ? (uint64_t)st.st_size : 0;
	return ok;
}

static int by_first(const void *a, const void *b)
{
	uint64_t x = ((const struct spool_segment *)a)->first,
		 y = ((const struct spool_segment *)b)->first;

	return x < y ? -1 : x > y;
}

/* Lists the segments; files that are none, but are called so, go. */
static int list_segments(struct spool *s)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct spool_segment one;
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (!str_ends(str_c(e->d_name), STR(".seg")))
			continue;
		if (is_segment(s, e->d_name, &one)) {
			*vec_add(&s->segments) = one;
			s->bytes += one.bytes;
		} else {
			unlinkat(s->dir, e->d_name, 0);
		}
	}
	closedir(d);
	if (s->segments.n)
		qsort(s->segments.v, s->segments.n, sizeof(one), by_first);
	return 0;
}

/* Finds where the last segment really ends, cuts off what is behind, and goes on there. */
static int recover_last(struct spool *s)
{
	struct spool_segment *last = s->segments.v + s->segments.n - 1;
	struct spool_reader r = {.fd = -1, .next = last->first};
	uint64_t good = spool_scan(s, &r);
	char name[32];

	atomic_store(&s->end, atomic_load(&r.next));
	buf_done(&r.chunk);
	vec_done(&r.got.tags);
	spool_segment_name(last->first, name);
	s->fd = openat(s->dir, name, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	if (good < last->bytes && ftruncate(s->fd, (off_t)good)) {
		spool_rotate(s);
		return 0;
	}
	s->bytes -= last->bytes - good;
	last->bytes = good;
	return 0;
}

/* ---- cursors ---- */

/* Maps the cursor of a reader; *ret_known: it has one. */
static int map_cursor(struct spool *s, struct spool_reader *r, const char *name, bool *ret_known)
{
	uint64_t packed = 0, seq;
	char file[MAX_CURSOR_NAME + 16];
	ssize_t n;
	void *p;
	int fd;

	snprintf(file, sizeof(file), "%.*s.cursor", MAX_CURSOR_NAME, name);
	fd = openat(s->dir, file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = pread(fd, &packed, sizeof(packed), 0);
	/* A block of the disk for it, so that storing can not fail. */
	if (n < (ssize_t)sizeof(packed) && pwrite(fd, &packed, sizeof(packed), 0) < 0) {
		close(fd);
		return -errno;
	}
	p = mmap(NULL, sizeof(packed), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -errno;
	r->cursor = p;
	*ret_known = n > 0;
	/* One that makes no sense begins with the oldest: better twice than not at all. */
	r->acked = *ret_known && spool_cursor_unpack(packed, &seq) ? seq : 0;
	return 0;
}

static bool is_reader(const char *file, const char *const *names, unsigned n)
{
	struct str stem = str_head(str_c(file), strlen(file) - strlen(".cursor"));

	for (unsigned i = 0; i < n; i++)
		if (str_is(stem, names[i]))
			return true;
	return false;
}

/* Cursors of sinks that are no longer there. */
static void forget_others(struct spool *s, const char *const *names, unsigned n)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (str_ends(str_c(e->d_name), STR(".cursor")) && !is_reader(e->d_name, names, n))
			unlinkat(s->dir, e->d_name, 0);
	if (d)
		closedir(d);
}

static int open_readers(struct spool *s, const char *const *names, unsigned n)
{
	uint64_t end = atomic_load(&s->end), first = s->segments.n ? s->segments.v[0].first : end;
	bool known[SPOOL_MAX_READERS];

	s->nreaders = n;
	for (unsigned i = 0; i < n; i++) {
		int r = map_cursor(s, &s->readers[i], names[i], &known[i]);

		if (r)
			return r;
		end = MAX(end, s->readers[i].acked);
	}
	if (end > atomic_load(&s->end))
		spool_rotate(s);
	atomic_store(&s->end, end);
	for (unsigned i = 0; i < n; i++) {
		struct spool_reader *r = &s->readers[i];

		if (!r->acked)
			r->acked = known[i] ? first : end;
		r->next = r->acked;
		atomic_store(r->cursor, spool_cursor_pack(r->acked));
	}
	return 0;
}

/* ---- syncing from time to time ---- */

static void sync_now(struct spool *s)
{
	int old, fd;

	pthread_mutex_lock(&s->lock);
	old = s->old_fd;
	fd = s->dirty && s->fd >= 0 ? dup(s->fd) : -1;
	s->old_fd = -1;
	s->dirty = false;
	pthread_mutex_unlock(&s->lock);
	if (old >= 0) {
		fdatasync(old);
		close(old);
	}
	if (fd >= 0) {
		fdatasync(fd);
		close(fd);
		fsync(s->dir);
	}
	for (unsigned i = 0; i < s->nreaders; i++)
		msync((void *)s->readers[i].cursor, sizeof(uint64_t), MS_SYNC);
}

static void *keep_syncing(void *arg)
{
	struct spool *s = arg;
	bool stop = false;

	while (!stop) {
		struct timespec until = monotonic_after(s->fsync_ms);

		pthread_mutex_lock(&s->lock);
		if (!s->stop)
			pthread_cond_timedwait(&s->wake, &s->lock, &until);
		stop = s->stop;
		pthread_mutex_unlock(&s->lock);
		sync_now(s);
	}
	return NULL;
}

/* ---- all of it ---- */

static struct spool *make(const struct spool_config *c)
{
	struct spool *s = mem_zalloc(sizeof(*s));

	s->dir = s->claim = s->fd = s->old_fd = -1;
	s->max_bytes = c->max_bytes;
	s->segment_bytes = MIN(MAX(c->max_bytes / SEGMENTS, MIN_SEGMENT), MAX_SEGMENT);
	s->fsync = c->fsync;
	s->fsync_ms = c->fsync_ms ? c->fsync_ms : DEFAULT_FSYNC_MS;
	s->end = 1;
	s->trim_at = UINT64_MAX;
	pthread_mutex_init(&s->lock, NULL);
	monotonic_cond_init(&s->wake);
	for (unsigned i = 0; i < SPOOL_MAX_READERS; i++)
		s->readers[i].fd = -1;
	return s;
}

static void release(struct spool *s)
{
	for (unsigned i = 0; i < SPOOL_MAX_READERS; i++) {
		struct spool_reader *r = &s->readers[i];

		if (r->cursor)
			munmap((void *)r->cursor, sizeof(uint64_t));
		if (r->fd >= 0)
			close(r->fd);
		buf_done(&r->chunk);
		vec_done(&r->got.tags);
	}
	spool_rotate(s);
	if (s->old_fd >= 0)
		close(s->old_fd);
	if (s->claim >= 0)
		close(s->claim);
	if (s->dir >= 0)
		close(s->dir);
	vec_done(&s->segments);
	buf_done(&s->record);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int spool_open(const struct spool_config *c, const char *const *readers, unsigned nreaders,
	struct spool **ret)
{
	struct spool *s = make(c);
	int r = nreaders > SPOOL_MAX_READERS ? -E2BIG : open_folder(s, c->path);

	if (!r)
		r = load_id(s);
	if (!r)
		r = list_segments(s);
	if (!r && s->segments.n)
		r = recover_last(s);
	if (!r)
		r = open_readers(s, readers, nreaders);
	if (!r) {
		forget_others(s, readers, nreaders);
		spool_trim(s);
	}
	if (!r && s->fsync == SPOOL_FSYNC_INTERVAL)
		r = thread_start(&s->syncer, keep_syncing, s);
	if (r)
		release(s);
	else
		*ret = s;
	return r;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->fsync == SPOOL_FSYNC_INTERVAL) {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->syncer, NULL);
	}
	release(s);
}
