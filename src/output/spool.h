/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts on disk until every sink has them (outputs_spool): a folder of segments, files of records
 * (spool_record.h) that are only ever appended to, and for each reader a file with its cursor.
 *
 * An alert is in the hands of the kernel when spool_append() returns: it outlives the process, and
 * with SPOOL_FSYNC_ALWAYS the machine.  Sequence numbers grow by one; what a reader misses of them
 * it has lost, and is told of.
 *
 * One thread at a time per reader; spool_append() from any thread.
 */
#ifndef OUTPUT_SPOOL_H
#define OUTPUT_SPOOL_H
#include "output/spool_record.h"

struct spool;

/*
 * Opens, and makes when need be, the spool of c for readers of these names; each goes on where it
 * acknowledged last, new ones at the end, and others there were lose their claim. Damage at the
 * end, as of a crash, is cut off. 0 or -errno; -EWOULDBLOCK: another one has it open.
 */
int spool_open(const struct spool_config *c, const char *const *readers, unsigned nreaders,
	struct spool **ret);
void spool_close(struct spool *s);

/*
 * Keeps b. When the spool grows too large, the oldest are gone. 0 or -errno: b is not kept
 * (-ENOSPC: the disk is full, -EMSGSIZE: b is larger than SPOOL_MAX_RECORD); the next may be.
 */
int spool_append(struct spool *s, const struct alert_box *b);
/* Whether there is room for more without the oldest having to go soon. Does not wait either. */
bool spool_has_room(const struct spool *s);
/* The number that the next one gets. Does not wait for the disk. */
uint64_t spool_end(const struct spool *s);

/* The number of the next one that spool_read() returns, or more if that is gone. */
uint64_t spool_next(const struct spool *s, unsigned reader);
/*
 * The next one: 1; 0: there is none; -errno: it can not be read now. It is valid until the next
 * call for this reader. *ret_lost: how many before it are gone, since the last call.
 */
int spool_read(struct spool *s, unsigned reader, const struct spooled **ret, uint64_t *ret_lost);
/* The sink has all that is below seq, which is not beyond spool_next(). */
void spool_ack(struct spool *s, unsigned reader, uint64_t seq);
uint64_t spool_acked(const struct spool *s, unsigned reader);
/* The next one is what has not been acknowledged. */
void spool_rewind(struct spool *s, unsigned reader);
#endif
