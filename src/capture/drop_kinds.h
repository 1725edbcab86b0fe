/* SPDX-License-Identifier: Apache-2.0 */
/* What lost events were about, in the groups in which alerts and metrics tell of them. */
#ifndef CAPTURE_DROP_KINDS_H
#define CAPTURE_DROP_KINDS_H
#include <stdint.h>

enum drop_kind {
	DROP_KIND_NONE, /* of no group */
	DROP_KIND_CLONE_FORK_EXIT,
	DROP_KIND_EXECVE_EXIT,
	DROP_KIND_CONNECT_EXIT,
	DROP_KIND_OPEN_EXIT,
	DROP_KIND_DIR_FILE_EXIT,
	DROP_KIND_OTHER_INTEREST_EXIT,
	DROP_KIND_CLOSE_EXIT,
	DROP_KIND_PROC_EXIT,
	DROP_KIND_CONNECT_ENTER,
	DROP_KIND_OPEN_ENTER,
	DROP_KIND_MAX
};

/* "clone_fork_exit"...; "" of NONE. */
extern const char *const drop_kind_names[DROP_KIND_MAX];
enum drop_kind drop_kind_of(uint16_t type);
#endif
