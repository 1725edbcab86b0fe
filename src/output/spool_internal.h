/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the spool share: spool.c writes, spool_read.c reads, spool_open.c begins. */
#ifndef OUTPUT_SPOOL_INTERNAL_H
#define OUTPUT_SPOOL_INTERNAL_H
#include <pthread.h>
#include <stdatomic.h>

#include "output/spool.h"

#define SPOOL_MAX_READERS 64
#define SPOOL_MAGIC "FALCOSPL"
#define SPOOL_VERSION 1

/* A segment begins with this. Its file is named by first, in decimal with leading zeros. */
struct spool_head {
	char magic[8];
	uint32_t version, unused;
	uint64_t first; /* sequence number of its first record */
};

struct spool_segment {
	uint64_t first;
	uint64_t bytes; /* of its file */
};

struct spool_reader {
	/*
	 * The first page of its cursor's file, shared: what is stored there is in the kernel's
	 * hands at once.  48 bits of sequence number, and 16 to tell it from garbage.
	 */
	_Atomic uint64_t *cursor;
	_Atomic uint64_t next;
	_Atomic uint64_t acked;
	int fd;		    /* of the segment it reads, -1: to be looked for */
	uint64_t first;	    /* of that segment */
	uint64_t offset;    /* in that file, of what is behind chunk */
	struct buf chunk;   /* read ahead */
	size_t used;	    /* of chunk */
	struct spooled got; /* what spool_read() returned */
};

struct spool {
	int dir, claim; /* the folder; the file whose lock keeps others away */
	char id[64];
	uint64_t max_bytes, segment_bytes;
	enum spool_fsync fsync;
	unsigned fsync_ms;
	struct spool_reader readers[SPOOL_MAX_READERS];
	unsigned nreaders;

	pthread_mutex_t lock; /* of what follows; the disk may be waited for with it held */
	_Atomic uint64_t end; /* read without it */
	VEC(struct spool_segment) segments; /* oldest first */
	_Atomic uint64_t trim_at;	    /* when all have acknowledged this, the oldest can go */
	_Atomic uint64_t bytes;
	int fd;		   /* of the last segment, -1: the next record starts another one */
	int old_fd;	   /* of one before, to be synced; -1: none */
	bool dirty;	   /* there is something to sync */
	struct buf record; /* for encoding */

	pthread_t syncer; /* SPOOL_FSYNC_INTERVAL */
	pthread_cond_t wake;
	bool stop;
};

/* ---- spool.c ---- */
/* The next record starts another segment. Locked. */
void spool_rotate(struct spool *s);
/* The index of the segment that holds seq or, if that is gone, the next one; -1: none. Locked. */
ptrdiff_t spool_find(const struct spool *s, uint64_t seq);
void spool_segment_name(uint64_t first, char ret[32]);
/* What is stored in a cursor. */
uint64_t spool_cursor_pack(uint64_t seq);
bool spool_cursor_unpack(uint64_t packed, uint64_t *ret_seq);
int spool_write_all(int fd, const void *p, size_t n);
/* Removes segments that nobody needs. */
void spool_trim(struct spool *s);

/* ---- spool_read.c ---- */
/* Reads the segment with r->next to where it can not be read on; returns that place. */
uint64_t spool_scan(struct spool *s, struct spool_reader *r);
#endif
