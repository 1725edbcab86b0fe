/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that fetches bytes ahead of their reader, a block at a time. */
#ifndef CAPTURE_AHEAD_H
#define CAPTURE_AHEAD_H
#include <stddef.h>
#include <stdint.h>

#define AHEAD_ROOM (64u * 1024) /* bytes before each block that belong to the reader */

/* 1 to n bytes to out, 0 when there are no more. It is called in the thread, and only there. */
typedef size_t ahead_pull(void *arg, uint8_t *out, size_t n);

/* NULL: there is no thread to be had. */
struct ahead *ahead_start(ahead_pull *pull, void *arg);
/*
 * Waits for the next block and takes it; it stays in place until it is given back.  *ret_n is 0 at
 * the end.  What pull() wrote elsewhere may be read then.
 */
uint8_t *ahead_next(struct ahead *a, size_t *ret_n);
/* Gives back all blocks that were taken but the last keep (0 or 1) of them. */
void ahead_give_back(struct ahead *a, unsigned keep);
/* Ends the thread, at the latest when the block that it is at is full. */
void ahead_stop(struct ahead *a);
#endif
