/* SPDX-License-Identifier: Apache-2.0 */
/* Account databases of the running system: the name service switch, and passwd and group files. */
#ifndef STATE_ACCOUNTS_H
#define STATE_ACCOUNTS_H
#include "base/str.h"

struct account_entry {
	uint32_t id; /* of the user or group */
	uint32_t gid;
	struct str name, home, shell; /* of a group only the name; valid until the next call */
};

typedef void (*account_fn)(void *arg, const struct account_entry *e);

/* Calls fn for the user or group when the name service knows it. */
void accounts_ask(uint32_t id, bool group, account_fn fn, void *arg);
/* Calls fn for every well-formed line of root/etc/passwd or root/etc/group; not NIS lines. */
void accounts_read(const char *root, bool group, account_fn fn, void *arg);
/* Whether process pid sees other files than we do. */
bool accounts_elsewhere(const char *host_root, int64_t pid);
#endif
