/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the capture file format: block types and limits (docs/scap.md).  The first of two
 * types is the official one, the second was used before February 2014.
 */
#ifndef CAPTURE_SCAP_FORMAT_H
#define CAPTURE_SCAP_FORMAT_H
#include "event/event.h"

/* clang-format off */
enum block_type {
	BLOCK_SHB = 0x0A0D0D0A,
	BLOCK_MI = 0x201,
	BLOCK_PL_V1 = 0x202, BLOCK_PL_V2 = 0x207, BLOCK_PL_V3 = 0x209, BLOCK_PL_V4 = 0x210,
	BLOCK_PL_V5 = 0x211, BLOCK_PL_V6 = 0x212, BLOCK_PL_V7 = 0x213, BLOCK_PL_V8 = 0x214,
	BLOCK_PL_V9 = 0x215,
	BLOCK_FDL_V1 = 0x203, BLOCK_FDL_V2 = 0x218,
	BLOCK_IL_V1 = 0x205, BLOCK_IL_V2 = 0x219,
	BLOCK_UL_V1 = 0x206, BLOCK_UL_V2 = 0x220,
	BLOCK_EV_V1 = 0x204, BLOCK_EV_V2 = 0x216, BLOCK_EV_V2_LARGE = 0x221,
	BLOCK_EVF_V1 = 0x208, BLOCK_EVF_V2 = 0x217, BLOCK_EVF_V2_LARGE = 0x222,
};

#define BLOCK_PL_V1_OLD 0x8000ABCDu
#define BLOCK_FDL_V1_OLD 0x8001ABCDu
#define BLOCK_MI_OLD 0x8002ABCDu
#define BLOCK_EV_V1_OLD 0x8010ABCDu
#define BLOCK_IL_V1_OLD 0x8011ABCDu
#define BLOCK_UL_V1_OLD 0x8012ABCDu
#define BLOCK_PL_V2_OLD 0x8013ABCDu
#define BLOCK_PL_V3_OLD 0x8014ABCDu
/* clang-format on */

/* What a gzip member has where a block has its type, in the lower 24 bits. */
#define GZIP_MAGIC 0x088B1Fu

#define SHB_MAGIC 0x1A2B3C4Du
#define SHB_MAGIC_SWAPPED 0x4D3C2B1Au
#define SHB_BODY 16 /* magic u32, major u16, minor u16, section length u64 */
#define SCAP_MAJOR 1
#define SCAP_MINOR 2

#define BLOCK_HEADER 8	/* type u32, total length u32 */
#define BLOCK_TRAILER 4 /* total length again */
#define BLOCK_OVERHEAD (BLOCK_HEADER + BLOCK_TRAILER)
#define EVENT_V1_HEADER_SIZE 22 /* without nparams */

/* Body of a block that other readers take for an event not marked large. */
#define EVENT_BLOCK_SMALL 65536u
/* An event and what surrounds it in its block, options included. */
#define EVENT_BLOCK_MAX (EVENT_MAX_LEN + 65536u)
/* One entry of a list: eight strings of 64 KiB and the rest. */
#define ENTRY_MAX (1024u * 1024)

#define MACHINE_INFO_BODY 180
#define MACHINE_HOSTNAME 128
/* Longer strings are refused by other readers. */
#define PATH_LIMIT 1024u
#define ARGS_LIMIT 4096u
#define NAME_LIMIT 255u

/*
 * Behind the last field of a process, ours: 8 bytes of zeros, the tag and u64 clone_ts.  A reader
 * that knows less skips them; one that knows more fields finds zeros where it looks for the next.
 */
#define CLONE_TS_TAG 0x53544C43u /* "CLTS" */

enum { USER_ENTRY = 0, GROUP_ENTRY = 1 };
enum { IFACE_V4 = 1, IFACE_V6 = 2, IFACE_V4_NO_SPEED = 3, IFACE_V6_NO_SPEED = 4 };
#endif
