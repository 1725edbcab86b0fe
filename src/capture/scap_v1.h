/* SPDX-License-Identifier: Apache-2.0 */
/* Records of 2018 and before, which do not say how many parameters they have. */
#ifndef CAPTURE_SCAP_V1_H
#define CAPTURE_SCAP_V1_H
#include "capture/scap_format.h"
#include "event/event.h"

#define SCAP_V1_ROOM (EVENT_BLOCK_SMALL + 4)

/*
 * A view of the record at rec, in avail bytes: it is copied to room, where the number has its
 * place. 0, or -EBADMSG: no number of parameters fits.
 */
int scap_v1_view(uint8_t room[SCAP_V1_ROOM], struct event *ev, const uint8_t *rec, uint32_t avail);
#endif
