/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nobody is missed at the start.  From when its number is in, a process hands the scope on to each
 * new thread and child, so what is without a mark is an old thread of it.  The iterator visits all
 * tasks by ascending number and would miss only one that takes a lower number meanwhile: a thread
 * that executes a program and becomes the leader of its process.  It is then the only old thread
 * and can not do it again, so the second pass finds it.
 */
#include "capture/probe_scope.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/probe.skel.h"
#include "bpf/shared.h"

/* Newer than some headers: came with Linux 6.2, as did marks that can be read at any time. */
#define MAP_TYPE_CGRP_STORAGE 32
#define PASSES 2

bool probe_scope_can_mark(void)
{
	return libbpf_probe_bpf_map_type((enum bpf_map_type)MAP_TYPE_CGRP_STORAGE, NULL) == 1;
}

static int numbers(const struct probe_skel *bpf)
{
	return bpf_map__fd(bpf->maps.probe_scope_pids);
}

int probe_scope_add(const struct probe_skel *bpf, pid_t pid, uint64_t seen)
{
	uint32_t tgid = (uint32_t)pid;

	return bpf_map_update_elem(numbers(bpf), &tgid, &seen, BPF_ANY) < 0 ? -errno : 0;
}

void probe_scope_remove(const struct probe_skel *bpf, pid_t pid)
{
	uint32_t tgid = (uint32_t)pid;

	bpf_map_delete_elem(numbers(bpf), &tgid);
}

/* ---- marks ---- */

static int run_iterator(const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	char none[64];
	int fd, err = 0;
	ssize_t n;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	do
		n = fd < 0 ? -1 : read(fd, none, sizeof(none));
	while (n > 0 || (n < 0 && fd >= 0 && (errno == EINTR || errno == EAGAIN)));
	if (n < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

static void forget_numbers(const struct probe_skel *bpf)
{
	uint32_t tgid;

	while (bpf_map_get_next_key(numbers(bpf), NULL, &tgid) == 0)
		if (bpf_map_delete_elem(numbers(bpf), &tgid) < 0)
			break;
}

void probe_scope_mark(const struct probe_skel *bpf)
{
	struct probe_skel__bss *bss = bpf->bss;

	for (int i = 0; i < PASSES; i++)
		if (run_iterator(bpf->progs.scope_mark))
			return;
	__atomic_store_n(&bss->probe_scope_by_number, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&bss->probe_scope_unmarked, __ATOMIC_SEQ_CST))
		__atomic_store_n(&bss->probe_scope_by_number, 1, __ATOMIC_SEQ_CST);
	else
		forget_numbers(bpf);
}

static bool has_mark(const struct probe_skel *bpf, pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint8_t mark;
	bool has;

	if (fd < 0)
		return false;
	has = bpf_map_lookup_elem(bpf_map__fd(bpf->maps.probe_scope_tasks), &fd, &mark) == 0;
	close(fd);
	return has;
}

bool probe_scope_has(const struct probe_skel *bpf, pid_t pid, uint64_t started)
{
	uint32_t tgid = (uint32_t)pid;
	uint64_t latest;

	if (bpf->rodata->probe_scope == SCOPE_TASKS && has_mark(bpf, pid))
		return true;
	return bpf_map_lookup_elem(numbers(bpf), &tgid, &latest) == 0 && started <= latest;
}
