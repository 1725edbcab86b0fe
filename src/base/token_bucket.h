/* SPDX-License-Identifier: Apache-2.0 */
/* A limit on how often something happens: so many times a second, and so many at once. */
#ifndef BASE_TOKEN_BUCKET_H
#define BASE_TOKEN_BUCKET_H
#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
	double rate, max, tokens; /* tokens a second, at most, now */
	uint64_t last_ts;	  /* ns */
};

/* A full bucket. */
void token_bucket_init(struct token_bucket *b, double rate, double max, uint64_t now_ts);
/* Takes one token if there is one at now_ts. */
bool token_bucket_claim(struct token_bucket *b, uint64_t now_ts);
#endif
