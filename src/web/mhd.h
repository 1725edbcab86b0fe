/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of libmicrohttpd that we call.  The library is loaded by the first web server, not
 * by every start: it brings ten others along, among them GnuTLS.
 */
#ifndef WEB_MHD_H
#define WEB_MHD_H
#include <microhttpd.h>
#include <stdbool.h>

#define MHD_FUNCTIONS(F)                                                                           \
	F(start_daemon)                                                                            \
	F(stop_daemon)                                                                             \
	F(quiesce_daemon)                                                                          \
	F(get_daemon_info)                                                                         \
	F(get_connection_info)                                                                     \
	F(lookup_connection_value)                                                                 \
	F(create_response_from_buffer)                                                             \
	F(add_response_header)                                                                     \
	F(queue_response)                                                                          \
	F(destroy_response)

struct mhd {
#define MEMBER(name) __typeof__(&MHD_##name) name;
	MHD_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* Set by mhd_load(), then never changed. */
extern struct mhd mhd;

/* Any thread, any number of times.  False with a text of what to do about it in err. */
bool mhd_load(char err[512]);
#endif
