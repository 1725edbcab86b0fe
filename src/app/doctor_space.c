/* SPDX-License-Identifier: Apache-2.0 */
/* Room on the disks that we write to. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "app/app.h"
#include "app/doctor.h"

#define SPACE "space"
#define MB (1u << 20)
#define FULL (1 * MB)	  /* less than that is none */
#define SCARCE (100 * MB) /* less than that does not last */

/* The nearest folder on the way to path that is there. */
static const char *existing_folder(struct doctor *d, const char *path, struct statvfs *ret)
{
	char *at = arena_strdup(&d->arena, str_c(path));

	while (statvfs(at, ret)) {
		const char *up = dirname(at);

		if (!strcmp(up, "/") || !strcmp(up, "."))
			return statvfs(up, ret) ? NULL : up;
		at = arena_strdup(&d->arena, str_c(up));
	}
	return at;
}

/* wanted: how much it may become, 0: it has no end. */
static void check(struct doctor *d, const char *name, const char *path, uint64_t wanted)
{
	struct statvfs fs;
	uint64_t bytes, inodes;
	enum finding_state state = FINDING_OK;

	if (!existing_folder(d, path, &fs))
		return;
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	inodes = fs.f_files ? fs.f_favail : UINT64_MAX;
	if (bytes < FULL || !inodes)
		state = FINDING_BROKEN;
	else if (bytes < MAX(wanted, SCARCE) || inodes < 100)
		state = FINDING_WARNING;
	if (!inodes)
		doctor_add(d, SPACE, name, state, "Remove files.",
			"no more files can be made at %s", path);
	else if (wanted)
		doctor_add(d, SPACE, name, state, "Make room, or lower the limit.",
			"%llu MB free for up to %llu MB at %s", (unsigned long long)(bytes / MB),
			(unsigned long long)(wanted / MB), path);
	else
		doctor_add(d, SPACE, name, state, "Make room, and rotate what grows.",
			"%llu MB free at %s", (unsigned long long)(bytes / MB), path);
}

void doctor_space(struct doctor *d)
{
	const struct config *c = d->config;

	if (!c)
		return;
	if (c->file_output_enabled)
		check(d, "file", c->file_output_filename, 0);
	if (*c->outputs_spool_path)
		check(d, "spool", c->outputs_spool_path, (uint64_t)c->outputs_spool_max_bytes);
	if (c->capture_enabled)
		check(d, "captures", c->capture_path_prefix,
			(uint64_t)c->capture_max_file_size_mb * MB);
	if (c->metrics_enabled && *c->metrics_output_file)
		check(d, "metrics", c->metrics_output_file, 0);
}
