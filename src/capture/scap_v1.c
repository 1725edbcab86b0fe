/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/scap_v1.h"

#include <errno.h>
#include <string.h>

#include "capture/scap_format.h"

/* How many parameters fill a record of len bytes exactly, -1: no number does. */
static int infer_nparams(const uint8_t *lens, uint32_t len, unsigned max)
{
	uint64_t need = EVENT_V1_HEADER_SIZE;
	uint16_t n16;

	for (unsigned n = 0;; n++) {
		if (need == len)
			return (int)n;
		if (n == max || need > len || EVENT_V1_HEADER_SIZE + 2 * (n + 1) > len)
			return -1;
		memcpy(&n16, lens + 2 * n, 2);
		need += 2 + n16;
	}
}

int scap_v1_view(uint8_t room[SCAP_V1_ROOM], struct event *ev, const uint8_t *rec, uint32_t avail)
{
	struct event_header h = {0};
	int nparams;

	memcpy(&h, rec, EVENT_V1_HEADER_SIZE);
	if (h.type == EV_NOTIFICATION_E || h.type == EV_INFRA_E)
		h.len -= 3; /* their writers were wrong by that */
	if (h.len < EVENT_V1_HEADER_SIZE || h.len > avail || h.len + 4 > SCAP_V1_ROOM)
		return -EBADMSG;
	nparams = infer_nparams(rec + EVENT_V1_HEADER_SIZE, h.len, event_table[h.type].nparams);
	if (nparams < 0)
		return -EBADMSG;
	memcpy(room + EVENT_HEADER_SIZE, rec + EVENT_V1_HEADER_SIZE, h.len - EVENT_V1_HEADER_SIZE);
	h.len += 4;
	h.nparams = (uint32_t)nparams;
	memcpy(room, &h, EVENT_HEADER_SIZE);
	return event_view(ev, room, h.len);
}
