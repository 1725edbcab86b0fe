/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that reading a gzip file can cost: inflates it with ISA-L, checks its checksums, and
 * throws away what comes out.  usage: inflate_only FILE [KIB]
 */
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

static struct inflate_state z;

/* Bytes of one member, -1 when it is damaged or cut short. */
static long long inflate_member(unsigned char *out, unsigned n)
{
	long long total = 0;

	isal_inflate_reset(&z);
	z.crc_flag = ISAL_GZIP;
	do {
		z.next_out = out;
		z.avail_out = n;
		if (isal_inflate(&z) != ISAL_DECOMP_OK)
			return -1;
		total += n - z.avail_out;
	} while (z.block_state != ISAL_BLOCK_FINISH && z.avail_out < n);
	return z.block_state == ISAL_BLOCK_FINISH ? total : -1;
}

int main(int argc, char **argv)
{
	unsigned n = (argc > 2 ? (unsigned)atoi(argv[2]) : 64) * 1024;
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	unsigned char *out = malloc(n);
	long long total = 0, got;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !out || st.st_size > UINT32_MAX)
		return 2;
	z.avail_in = (uint32_t)st.st_size;
	z.next_in = mmap(NULL, z.avail_in, PROT_READ, MAP_PRIVATE, fd, 0);
	if (z.next_in == MAP_FAILED)
		return 2;
	while (z.avail_in > 1 && z.next_in[0] == 0x1f && z.next_in[1] == 0x8b) {
		got = inflate_member(out, n);
		if (got < 0)
			return 1;
		total += got;
	}
	printf("%lld\n", total);
	return 0;
}
