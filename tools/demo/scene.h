/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for made-up captures: processes, files, sockets and a clock.  Each verb below writes the
 * event that the kernel side would report for it, with the parameters that it would have.
 *
 * Whatever is wrong here is a bug in the tale, so everything is asserted and nothing reported.
 */
#ifndef DEMO_SCENE_H
#define DEMO_SCENE_H
#include "base/buf.h"
#include "base/vec.h"
#include "capture/scap_write.h"

/* Arguments after argv[0], or cgroups: strings one after the other, "a\0b" for two. */
#define WORDS(literal) ((struct str){literal, sizeof(literal)})
#define NO_WORDS STR("")

#define MAX_ACTORS 64
#define MAX_FDS 64

/* Where a process lives: the host or a container. */
struct place {
	struct str cgroups;
	uint64_t started_ns; /* since boot: of its pid namespace */
	bool is_container;
	int64_t next_vpid; /* containers only */
	uint64_t caps;
};

/* What there is to know of a program file. */
struct image {
	const char *path;  /* of the file in the end; "memfd:NAME" when it is in memory only */
	const char *file;  /* as execve() was told, e.g. a link to path; NULL: path */
	const char *argv0; /* NULL: file */
	struct str args;
	uint32_t flags; /* as in the flags of execve */
};

#define EXE_WRITABLE 0x1
#define EXE_UPPER_LAYER 0x2
#define EXE_FROM_MEMFD 0x4
#define EXE_LOWER_LAYER 0x8

struct actor {
	int64_t pid, ppid, vpid, sid, pgid, vpgid;
	uint32_t uid, gid, loginuid, tty;
	struct place *place;
	struct image image;
	const char *cwd;
	uint64_t fds;	/* bit set: open */
	int64_t reaper; /* who gets the children when it ends; 0: it has none */
};

/* IPv4 only: both ends of a connection, the client's first. */
struct line {
	uint8_t sip[4], dip[4];
	uint16_t sport, dport;
};

#define O_READ 0x1
#define O_WRITE 0x2
#define O_CREATE 0x4
#define O_APPENDING 0x8
#define O_TRUNCATE 0x100
#define O_FOLDER 0x400
#define O_CLOSING 0x1000

struct scene {
	struct scap_writer *out;
	uint64_t now; /* nanoseconds since the epoch */
	uint64_t boot;
	uint64_t noise; /* of the clock: deterministic */
	int64_t next_pid;
	struct actor actors[MAX_ACTORS];
	size_t nactors;
	VEC(uint8_t) record;
};

/* ---- the clock ---- */
void scene_wait(struct scene *s, unsigned ms);

/* ---- any event ---- */
enum arg_kind { ARG_NUMBER, ARG_TEXT, ARG_BYTES };
struct arg {
	enum arg_kind kind;
	int64_t number;
	struct str bytes;
};
#define N(x)                                                                                       \
	{                                                                                          \
		.kind = ARG_NUMBER, .number = (int64_t)(x)                                         \
	}
#define T(x)                                                                                       \
	{                                                                                          \
		.kind = ARG_TEXT, .bytes = str_c(x)                                                \
	}
#define B(x)                                                                                       \
	{                                                                                          \
		.kind = ARG_BYTES, .bytes = (x)                                                    \
	}
/* Integers get the width that the type's table gives the parameter, texts a NUL. */
void scene_event(struct scene *s, int64_t tid, uint16_t type, const struct arg *args, size_t n);
#define EVENT_OF(s, actor, type, ...)                                                              \
	scene_event(s, (actor)->pid, type, (const struct arg[]){__VA_ARGS__},                      \
		ARRAY_SIZE(((const struct arg[]){__VA_ARGS__})))

/* ---- processes ---- */
/* One that ran before the capture started: written to the process list by scene_list(). */
struct actor *scene_before(struct scene *s, const struct actor *a);
void scene_list(struct scene *s, const struct actor *a, unsigned seconds_ago);
/* fork(): the parent's view, then the child's. The child lives in place (NULL: the parent's). */
struct actor *scene_fork(struct scene *s, const struct actor *parent, struct place *place);
void scene_exec(struct scene *s, struct actor *a, struct image image);
/* fork() and execve() in one. */
struct actor *scene_run(struct scene *s, const struct actor *parent, struct image image);
void scene_exit(struct scene *s, struct actor *a, int code);

/* ---- files ---- */
/* openat(AT_FDCWD, path, flags): the descriptor, or error (negative) when one is given. */
#define AT_CWD (-100)
int scene_open(struct scene *s, struct actor *a, const char *path, uint32_t flags, int error);
int scene_memfd(struct scene *s, struct actor *a, const char *name);
void scene_close(struct scene *s, struct actor *a, int fd);
void scene_read(struct scene *s, struct actor *a, int fd, const char *data);
void scene_write(struct scene *s, struct actor *a, int fd, const char *data);
/* open, read, close. */
void scene_look(struct scene *s, struct actor *a, const char *path, const char *data);
void scene_dup2(struct scene *s, struct actor *a, int from, int to);
void scene_chdir(struct scene *s, struct actor *a, const char *path);

/* ---- sockets ---- */
int scene_socket(struct scene *s, struct actor *a, unsigned domain, unsigned type, unsigned proto);
/* socket(), connect() to the far end of a line. error: 0, or -errno. */
int scene_connect(struct scene *s, struct actor *a, const struct line *l, int error);
int scene_accept(struct scene *s, struct actor *a, const struct line *l);

/* ---- all of it ---- */
/* False with errno when path cannot be created. */
bool scene_init(struct scene *s, const char *path, uint64_t start, uint64_t boot);
/* 0, or -errno of the first write that failed. */
int scene_done(struct scene *s);
#endif
