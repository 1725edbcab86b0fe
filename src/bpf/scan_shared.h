/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the iterators over open files (scan.bpf.c) and their reader (capture/iter_scan.c) agree on.
 */
#ifndef BPF_SCAN_SHARED_H
#define BPF_SCAN_SHARED_H

#define SCAN_NAME_MAX 4096

/* One open file; records follow one another, each as long as len says. */
struct scan_file {
	unsigned int len; /* of all of it, a multiple of 8 */
	unsigned int tgid;
	unsigned int num;    /* of the descriptor */
	unsigned int mode;   /* of the inode */
	unsigned int flags;  /* the kernel's O_*, O_CLOEXEC of the descriptor among them */
	unsigned int dev;    /* of the file system, in the kernel's form */
	unsigned int net_ns; /* number of the process's network namespace */
	int mnt_id;
	unsigned long long ino;
	unsigned int name_len; /* 0: there is none, or it is too long */
	char name[SCAN_NAME_MAX + 4];
};
#endif
