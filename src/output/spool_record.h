/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an alert lies in a spool.  A record is its length and a CRC-32 of what follows (both 32
 * bits, of this machine's byte order, as all numbers here), then the body:
 *   sequence number, when it was spooled, time of the alert (64 bits each, ns since the epoch);
 *   priority, number of tags, offset and length of output_fields in the text, length of the text
 *   (32 bits each); rule, source, tags and text, each with a NUL behind it.
 */
#ifndef OUTPUT_SPOOL_RECORD_H
#define OUTPUT_SPOOL_RECORD_H
#include "output/alert.h"

#define SPOOL_MAX_RECORD (4u << 20) /* bytes of a body */
#define SPOOL_FRAME 8		    /* bytes before it */

/* One read back: alert points into the record, its tags into tags. */
struct spooled {
	uint64_t seq, spooled_ns;
	struct alert alert;
	VEC(const char *) tags;
};

/*
 * Appends the record to out. A JSON alert gets the member "id": "<id>-<seq>". False, and nothing
 * was appended: it is too large.
 */
bool spool_encode(
	struct buf *out, const struct alert_box *b, uint64_t seq, uint64_t now_ns, const char *id);
/*
 * The body of the record that bytes begin with. 1; 0: it needs *ret_need bytes in all; -EBADMSG:
 * that is no record.
 */
int spool_frame(struct str bytes, struct str *ret_body, size_t *ret_need);
/* False: that is no body. The vector in ret is used again; the caller frees it. */
bool spool_decode(struct str body, struct spooled *ret);
#endif
