/* SPDX-License-Identifier: Apache-2.0 */
#include "base/token_bucket.h"

#define SECOND 1e9

void token_bucket_init(struct token_bucket *b, double rate, double max, uint64_t now_ts)
{
	*b = (struct token_bucket){.rate = rate, .max = max, .tokens = max, .last_ts = now_ts};
}

bool token_bucket_claim(struct token_bucket *b, uint64_t now_ts)
{
	double seconds = ((double)now_ts - (double)b->last_ts) / SECOND;

	/* Clocks may go back: captures are older than the clock that the bucket was started by. */
	if (seconds > 0)
		b->tokens += b->rate * seconds;
	if (b->tokens > b->max)
		b->tokens = b->max;
	b->last_ts = now_ts;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}
