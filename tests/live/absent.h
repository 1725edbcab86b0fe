/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that machines made since do without (arm64): there, making one makes none. live_makes() of
 * live.h tells check() of it.
 */
#ifndef TESTS_LIVE_ABSENT_H
#define TESTS_LIVE_ABSENT_H
#include <sys/syscall.h>

#define NO_CALL (-1)

#ifndef SYS_open
#define SYS_open NO_CALL
#define SYS_creat NO_CALL
#define SYS_stat NO_CALL
#define SYS_lstat NO_CALL
#define SYS_access NO_CALL
#define SYS_chmod NO_CALL
#define SYS_chown NO_CALL
#define SYS_lchown NO_CALL
#define SYS_link NO_CALL
#define SYS_symlink NO_CALL
#define SYS_mkdir NO_CALL
#define SYS_mknod NO_CALL
#define SYS_rename NO_CALL
#define SYS_unlink NO_CALL
#define SYS_rmdir NO_CALL
#define SYS_dup2 NO_CALL
#define SYS_pipe NO_CALL
#define SYS_getdents NO_CALL
#define SYS_eventfd NO_CALL
#define SYS_signalfd NO_CALL
#define SYS_inotify_init NO_CALL
#define SYS_epoll_create NO_CALL
#define SYS_epoll_wait NO_CALL
#define SYS_poll NO_CALL
#define SYS_select NO_CALL
#define SYS_fork NO_CALL
#define SYS_vfork NO_CALL
#endif
#endif
