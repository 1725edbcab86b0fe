/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building event records.  Whoever builds one knows its type: a parameter that is too long for the
 * type's length field is a bug here, not input.
 */
#include "event/event.h"

#include <assert.h>

static size_t length_size(uint16_t type)
{
	assert(type < EV_MAX);
	return event_table[type].flags & EF_LARGE_PAYLOAD ? 4 : 2;
}

size_t event_size(uint16_t type, const struct param *params, unsigned n)
{
	size_t len = EVENT_HEADER_SIZE + n * length_size(type);

	for (unsigned i = 0; i < n; i++)
		len += params[i].n;
	return len;
}

size_t event_encode(
	void *out, uint64_t ts, int64_t tid, uint16_t type, const struct param *params, unsigned n)
{
	size_t size = length_size(type), len = event_size(type, params, n);
	uint8_t *lens = (uint8_t *)out + EVENT_HEADER_SIZE, *p = lens + n * size;
	struct event_header h = {
		.ts = ts, .tid = (uint64_t)tid, .len = (uint32_t)len, .type = type, .nparams = n};

	assert(n <= EVENT_MAX_PARAMS && len <= EVENT_MAX_LEN);
	memcpy(out, &h, sizeof(h));
	for (unsigned i = 0; i < n; i++) {
		assert(size == 4 || params[i].n <= UINT16_MAX);
		memcpy(lens + i * size, &params[i].n, size);
		if (params[i].n)
			memcpy(p, params[i].p, params[i].n);
		p += params[i].n;
	}
	return len;
}
