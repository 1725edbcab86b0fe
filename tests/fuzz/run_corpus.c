/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over its corpus as an ordinary test, without the fuzzer: every file below the
 * folders (or the files) that the command line names, and the empty input.
 *
 * Each input is given in memory of exactly its size, so that sanitizers see a read beyond it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define INPUT_LIMIT (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned inputs, failures;

static void run_file(const char *path)
{
	struct arena a;
	struct str content;
	uint8_t *copy;
	int err;

	arena_init(&a, 0);
	err = file_read(&a, path, INPUT_LIMIT, &content);
	if (err) {
		fprintf(stderr, "%s: %s\n", path, strerror(-err));
		failures++;
	} else {
		copy = mem_alloc(content.n ? content.n : 1);
		memcpy(copy, content.p, content.n);
		LLVMFuzzerTestOneInput(copy, content.n);
		free(copy);
		inputs++;
	}
	arena_done(&a);
}

static void run_path(const char *path)
{
	struct dirent **names;
	struct buf sub = {0};
	struct stat st;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			sub.n = 0;
			buf_printf(&sub, "%s/%s", path, names[i]->d_name);
			run_path(buf_cstr(&sub));
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	buf_done(&sub);
}

int main(int argc, char **argv)
{
	static const uint8_t nothing[1];

	LLVMFuzzerTestOneInput(nothing, 0);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%u inputs run, %u not readable\n", inputs, failures);
	return failures || !inputs;
}
