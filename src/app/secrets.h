/* SPDX-License-Identifier: Apache-2.0 */
/* What may be shown of a configuration to whoever is asked for help. */
#ifndef APP_SECRETS_H
#define APP_SECRETS_H
#include "base/buf.h"

/* Whether all that stands under the key, the last part of it, may be secret. */
bool secrets_has_key(struct str key);
/* Appends text, of addresses in it (scheme://...) no more than scheme, host and port. */
void secrets_put(struct buf *out, struct str text);
/* Appends an argument of the command line: KEY=VALUE may be one of -o. */
void secrets_put_argument(struct buf *out, struct str arg);
#endif
