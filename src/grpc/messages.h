/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of proto/ as bytes. */
#ifndef GRPC_MESSAGES_H
#define GRPC_MESSAGES_H
#include "output/outputs.h"

/* Texts in a message are at most so long, what is beyond is cut off; as many fields and tags. */
#define MESSAGE_MAX_TEXT (1u << 20)
#define MESSAGE_MAX_LIST 4096

/* What falco.version.service tells. */
struct message_version {
	const char *version;
	unsigned major, minor, patch;
	const char *prerelease, *build;
	unsigned engine_major, engine_minor, engine_patch;
	const char *engine_version;
};

/*
 * Appends falco.outputs.response. output_fields are a's as text: strings as they are, all other
 * values as JSON has them. Bytes that are no UTF-8 become U+FFFD.
 */
void message_alert(const struct alert *a, const char *hostname, struct buf *out);
/* Appends falco.version.response. */
void message_version(const struct message_version *v, struct buf *out);
/* Whether these are a request of either service: all of them are empty, or of a later time. */
bool message_is_request(struct str bytes);
#endif
