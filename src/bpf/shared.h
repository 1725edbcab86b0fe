/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the programs in the kernel and the source that loads them (capture/live.c) agree on.
 * Only fixed-width types, so that both compilers lay it out alike.
 */
#ifndef BPF_SHARED_H
#define BPF_SHARED_H

/* Numbers of system calls that are looked at; the kernel's tables end before. */
#define PROBE_MAX_NR 512
/* Codes of system calls that tables are made for. */
#define PROBE_MAX_CODE 512
/* Event types that are counted one by one. */
#define PROBE_MAX_TYPE 512

/* Places to put records together, for each processor: a program may be interrupted by another. */
#define PROBE_SCRATCHES 2

/* probe_wanted_nr[]: whose number it is that somebody wants. */
enum {
	WANTED_NATIVE = 1,
	WANTED_COMPAT = 2,
};

/* Of which processes events are made. */
enum probe_scope {
	SCOPE_HOST,
	SCOPE_CGROUP, /* those in a cgroup of the unified hierarchy, or below it */
	SCOPE_TASKS,  /* tasks that are marked, which children inherit (scope.h) */
	SCOPE_PIDS,   /* processes by number, where tasks can not be marked */
};

/* How the kernel tells of the result of a request of io_uring. */
enum uring_told {
	URING_BY_NAME,	  /* ring, name, result: until 5.16 */
	URING_BY_REQUEST, /* ring, request (or 0), name, result */
	URING_BY_ENTRY,	  /* ring, request (or 0), entry with name and result: since 6.13 */
};

/* Why an event was not delivered. */
enum probe_drop {
	DROP_FULL,     /* no room in the ring */
	DROP_RESERVED, /* what room there was is kept for events that carry state */
	DROP_TOO_LONG, /* more than a record can hold */
	DROP_SCRATCH,  /* the place where it was being put together was taken away */
	DROP_CPU,      /* of a processor that has no ring */
	DROP_SCOPE,    /* and all that a new process will do: there was no room to remember it */
	DROP_CAUSES
};

/* One for each processor. Lost events are counted by cause and by type. */
struct probe_counters {
	unsigned long long events; /* made, lost ones included */
	unsigned long long
		step; /* bytes that bulk events may take before they ask for room again */
	unsigned long long drops[DROP_CAUSES];
	unsigned long long drops_of_type[PROBE_MAX_TYPE];
};

/* Lost events by process group: key of the map probe_drops_by_group. */
struct probe_group {
	unsigned int pgid;
	char comm[16];
};
#endif
