/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of the capture fuzzer: small captures of every age, one feature each.
 * usage: gen_capture FOLDER
 */
#include <stdio.h>
#include <unistd.h>

#include "../lib/scap_build.h"
#include "capture/scap_write.h"

static const char *folder;
static struct buf image, body;

static const char *path_of(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void save(const char *name)
{
	FILE *f = fopen(path_of(name), "wb");

	if (!f || fwrite(image.p, 1, image.n, f) != image.n || fclose(f) != 0) {
		perror(path_of(name));
		exit(1);
	}
	image.n = 0;
}

static void put_close(uint32_t block)
{
	put_event(&image, block, 1, 5, EV_CLOSE_X, PARAMS(I64(0), I64(3)));
}

static void processes(void)
{
	static const uint32_t types[] = {BLOCK_PL_V1, BLOCK_PL_V2, BLOCK_PL_V3, BLOCK_PL_V4,
		BLOCK_PL_V5, BLOCK_PL_V6, BLOCK_PL_V7, BLOCK_PL_V8, BLOCK_PL_V9};
	static const char tail[95] = {1, 2, 3, 4};
	char name[32];

	for (unsigned v = 1; v <= 9; v++) {
		put_section(&image);
		put_proc(&body, v, 5, tail, v < 9 ? 0 : 87);
		put_proc(&body, v, 6, tail, v < 9 ? 0 : 29);
		put_block_of(&image, types[v - 1], &body);
		put_close(BLOCK_EV_V2);
		snprintf(name, sizeof(name), "processes-v%u", v);
		save(name);
	}
}

static void old_lists(void)
{
	put_section(&image);
	put_u64(&body, 5);
	for (uint8_t type = FD_FILE; type < FD_EVENT; type++) {
		put_u64(&body, type);
		put_u64(&body, 9);
		put_u8(&body, type);
		if (type == FD_IPV4_SOCK || type == FD_IPV4_SERVSOCK)
			buf_pad(&body, 1, type == FD_IPV4_SOCK ? 13 : 7);
		else if (type == FD_IPV6_SOCK || type == FD_IPV6_SERVSOCK)
			buf_pad(&body, 1, type == FD_IPV6_SOCK ? 37 : 19);
		else if (type == FD_UNIX_SOCK)
			buf_pad(&body, 1, 16);
		if (type == FD_FILE || type == FD_DIRECTORY || type >= FD_FIFO)
			put_text(&body, "name");
	}
	put_block_of(&image, BLOCK_FDL_V1, &body);
	for (uint16_t type = IFACE_V4; type <= IFACE_V6_NO_SPEED; type++) {
		put_u16(&body, type);
		put_u16(&body, 2);
		buf_pad(&body, 1, type & 1 ? 12 : 48);
		buf_pad(&body, 2, type <= IFACE_V6 ? 8 : 0);
		buf_puts(&body, "lo");
	}
	put_block_of(&image, BLOCK_IL_V1, &body);
	put_close(BLOCK_EV_V2);
	save("old-lists");
}

static void events(void)
{
	static const uint32_t blocks[] = {BLOCK_EV_V1, BLOCK_EVF_V1, BLOCK_EV_V2, BLOCK_EVF_V2,
		BLOCK_EV_V2_LARGE, BLOCK_EVF_V2_LARGE};

	put_section(&image);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		put_close(blocks[i]);
	put_block(&image, 0x777, "unknown", 7);
	put_event(&image, BLOCK_EV_V2_LARGE, 1, 5, EV_PLUGINEVENT_E, PARAMS(U32(1), TEXT("data")));
	save("events");
}

/* Events of every layout that conversion knows, enter before exit. */
static void old_events(void)
{
	static const uint8_t bytes[16] = "0123456789abcde";
	struct param params[EVENT_MAX_PARAMS];
	unsigned in_file = 0;
	char name[32];

#define CONVERT(type, nparams, ...) {type, nparams},
	static const uint16_t rows[][2] = {
#include "tables/convert.def"
	};
#undef CONVERT
	for (unsigned i = 0; i < EVENT_MAX_PARAMS; i++)
		params[i] = (struct param){bytes, 4 + i % 3 * 4};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!in_file)
			put_section(&image);
		put_event(&image, i % 2 ? BLOCK_EV_V2 : BLOCK_EV_V1, i, 5, rows[i][0], params,
			rows[i][1]);
		if (++in_file == 16 || i + 1 == ARRAY_SIZE(rows)) {
			in_file = 0;
			snprintf(name, sizeof(name), "old-events-%02zu", i / 16);
			save(name);
		}
	}
}

static void in_a_row(void)
{
	for (int i = 0; i < 2; i++) {
		put_section(&image);
		put_event(&image, BLOCK_EV_V2, 1, -1, EV_GROUPADDED_E,
			PARAMS(U32(0), TEXT("g"), TEXT("")));
		put_close(BLOCK_EV_V2);
	}
	save("in-a-row");
}

/* What our writer makes of one of each. */
static void written(const char *name, bool gzip)
{
	struct scap_writer *w = scap_create(path_of(name), gzip);
	struct machine_info m = {2, 1 << 20, 32768, STR("host"), 5, 0};
	struct machine_iface i = {.name = STR("lo")};
	struct machine_user u = {
		.name = STR("root"), .home = STR("/root"), .shell = STR("/bin/sh")};
	struct machine_proc p = {.tid = 5,
		.comm = STR("sh"),
		.args = STR("-c\0"),
		.env = STR("A=\0"),
		.cgroups = STR("cpu=/\0"),
		.cwd = STR("/"),
		.root = STR("/"),
		.exe = STR("sh"),
		.exepath = STR("/bin/sh")};
	struct machine_fd f = {.tid = 5, .name = STR("name")};
	struct event ev = {0};
	size_t len;
	void *rec = make_record(1, 5, EV_CLOSE_X, PARAMS(I64(0), I64(3)), &len);

	if (!w) {
		perror(path_of(name));
		exit(1);
	}
	scap_write_info(w, &m);
	scap_write_iface(w, &i);
	i.v6 = true;
	scap_write_iface(w, &i);
	scap_write_user(w, &u);
	u.is_group = true;
	scap_write_user(w, &u);
	scap_write_proc(w, &p);
	for (f.type = FD_UNKNOWN; f.type < FD_TYPE_MAX; f.type++)
		scap_write_fd(w, &f);
	event_view(&ev, rec, len);
	scap_write_event(w, &ev);
	ev.flags = EVENT_STATE_ONLY;
	scap_write_event(w, &ev);
	free(rec);
	scap_close(w);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: gen_capture FOLDER\n");
		return 2;
	}
	folder = argv[1];
	processes();
	old_lists();
	events();
	old_events();
	in_a_row();
	written("written", false);
	written("written-gzip", true);
	buf_done(&image);
	buf_done(&body);
	return 0;
}
