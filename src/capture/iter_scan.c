/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads the iterator, reads it to its end, unloads it: it is needed once, at the start.
 *
 * What the kernel hands out is a stream of records, cut anywhere: what is left of a buffer is moved
 * to its beginning before more is read.  The first read decides whether there is an iterator.
 */
#include "capture/iter_scan.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "bpf/scan.skel.h"

/* Number of the first pid namespace: linux/proc_ns.h, PROC_PID_INIT_INO. */
#define FIRST_NAMESPACE 0xEFFFFFFCu
#define BUFFER (256u * 1024)

bool iter_scan_fits(const char *host_root)
{
	struct stat st;

	return !*host_root && stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == FIRST_NAMESPACE;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static int restrict_to(struct scan_skel *skel, const struct imap *pids)
{
	int map = bpf_map__fd(skel->maps.scan_pids), err = 0;
	const struct imap_slot *slot;
	uint8_t one = 1;

	map_foreach(slot, pids)
	{
		uint32_t pid = (uint32_t)slot->key;

		err = bpf_map_update_elem(map, &pid, &one, BPF_ANY);
		if (err)
			break;
	}
	return err;
}

/* NULL and errno. */
static struct scan_skel *load(const struct imap *pids, bool all)
{
	struct scan_skel *skel = scan_skel__open();
	int err;

	if (!skel)
		return NULL;
	skel->rodata->scan_only = !all;
	err = scan_skel__load(skel);
	if (!err && !all)
		err = restrict_to(skel, pids);
	if (!err)
		return skel;
	scan_skel__destroy(skel);
	errno = -err;
	return NULL;
}

/* Hands out the whole records of n bytes: how many bytes they are. */
static size_t hand_out(
	const char *p, size_t n, void (*fn)(void *arg, const struct scan_file *f), void *arg)
{
	size_t done = 0, head = __builtin_offsetof(struct scan_file, name);

	while (n - done >= head) {
		const struct scan_file *f = (const void *)(p + done);

		assert(f->len >= head && f->len <= sizeof(*f) && f->name_len <= f->len - head);
		if (f->len > n - done)
			break;
		fn(arg, f);
		done += f->len;
	}
	return done;
}

static int read_all(int fd, void (*fn)(void *arg, const struct scan_file *f), void *arg)
{
	char *buffer = mem_alloc(BUFFER);
	size_t have = 0, done;
	ssize_t n;

	while ((n = read(fd, buffer + have, BUFFER - have)) > 0 || (n < 0 && errno == EINTR) ||
		(n < 0 && errno == EAGAIN)) {
		if (n < 0)
			continue;
		have += (size_t)n;
		done = hand_out(buffer, have, fn, arg);
		have -= done;
		memmove(buffer, buffer + done, have);
	}
	free(buffer);
	return n < 0 ? -errno : 0;
}

static int run(
	struct bpf_program *program, void (*fn)(void *arg, const struct scan_file *f), void *arg)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	int fd, err;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : read_all(fd, fn, arg);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

int iter_scan_files(const struct imap *pids, bool all,
	void (*fn)(void *arg, const struct scan_file *f), void *arg)
{
	libbpf_print_fn_t print = libbpf_set_print(quiet);
	struct scan_skel *skel = load(pids, all);
	int err = skel ? run(skel->progs.scan_files, fn, arg) : -errno;

	scan_skel__destroy(skel);
	libbpf_set_print(print);
	return err;
}
