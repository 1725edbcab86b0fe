/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel tells of its tracepoints (Documentation/trace/events.rst), also where tracefs is
 * not mounted, as in most containers: then it is mounted at no place at all, for this process
 * alone, which takes CAP_SYS_ADMIN.
 */
#ifndef CAPTURE_TRACEFS_H
#define CAPTURE_TRACEFS_H

/*
 * Finds tracefs, and keeps it until the process ends: to be called before privileges are given up.
 * 0 or -errno: -ENOENT if it is mounted nowhere, and may or can not be. From any thread.
 */
int tracefs_find(void);
/* The number of a tracepoint, as perf_event_open(2) takes it, or -errno. path: "GROUP/NAME". */
int tracefs_tracepoint(const char *path);
#endif
